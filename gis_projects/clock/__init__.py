"""Working days by the official calendar, and statutory limits that count them."""
