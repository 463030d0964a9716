"""The API of the one map, one module per noun."""
