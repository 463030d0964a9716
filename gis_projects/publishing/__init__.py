"""Showing things to the public and taking them back: who asks, who approves, what is copied into `disclosure`."""
