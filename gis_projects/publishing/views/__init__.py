"""The pages inside."""
