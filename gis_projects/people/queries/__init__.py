"""The only readers of more than one row of people."""
