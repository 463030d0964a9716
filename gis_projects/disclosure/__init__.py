"""What the public may see: its own tables, read through its own database role."""
