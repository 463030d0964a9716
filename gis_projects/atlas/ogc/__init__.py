"""OGC API - Features and - Tiles: the layers that a person may read, for QGIS, GDAL and whatever else knows the
standards.

Below ``/ogc/``, by session or by personal token. A collection is a layer in the version in force;
``version`` and ``datetime`` ask for another. The requirements' names in comments are those of OGC 17-069r4 (Features
part 1), 18-058r1 (part 2: coordinate systems), 19-079r2 (part 3: queryables only) and 20-057 (Tiles).
"""
