"""The only readers of more than one row of the desk."""
