"""Where a project may stand: boundaries, rules, checks and their evidence."""
