"""Who may: users, roles, regions and the one permission question."""
