"""Whether a project should be, where, and with whose money: arguments in parallel, reviews, the committee."""
