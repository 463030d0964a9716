"""The only writers of the atlas, one module per noun."""
