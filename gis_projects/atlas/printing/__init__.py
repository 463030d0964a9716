"""The map on paper: a frame of the plane at an exact scale, drawn as vectors, with legend, grid and who says what."""
