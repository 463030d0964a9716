"""What runs inside the sandbox. Nothing here knows the rest of the project, which asks `table_head` alone.

`run` is where a process begins; `vector` and `raster` are the two programs. The environment (GDAL_SKIP and others)
is set by the parent: it must be there before GDAL is loaded, so GDAL is imported only inside functions.
"""
