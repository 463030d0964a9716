"""What it adds up to: statistics as of a date."""
