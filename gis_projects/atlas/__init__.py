"""The one map (一张图): map page, layer catalogue, tiles, publication of layers."""
