"""What the pages inside ask."""
