"""What waits for somebody: notices of what happened to what they are responsible for."""
