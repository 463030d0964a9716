"""What the land says: layers, their immutable versions, and every spatial question asked of them."""
