"""Plan against plan as persons work with it: how a patch is dealt with, and what pages, programs and files are told."""
