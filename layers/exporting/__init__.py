"""A version's features, all or chosen, as a file that others go on working with.

What a file holds comes back through `layers.reading` with the same content hashes: from GeoPackage and GeoParquet
in EPSG:4490 exactly. A shapefile cuts names to 10 bytes and texts to 254, knows no empty text and keeps 15 digits of
a number; CSV and GeoJSON round coordinates to 1e-9°; CSV and the text formats mark what a spreadsheet would run.
"""

from layers.exporting.metadata import metadata
from layers.exporting.schema import Column, Outline, outline
from layers.exporting.writing import EPSG_CODES, FORMATS, Format, Written, write

__all__ = ["EPSG_CODES", "FORMATS", "Column", "Format", "Outline", "Written", "metadata", "outline", "write"]
