"""What a review of a check asks, shows, keeps and signs, one module per noun."""
