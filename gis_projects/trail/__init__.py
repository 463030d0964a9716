"""Who did what, when: an append-only, hash-chained record, and the jobs that follow from it."""
