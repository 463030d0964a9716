"""What persons add to sites and checks, one module per noun."""
