"""The pages of the one map, one module per noun."""
