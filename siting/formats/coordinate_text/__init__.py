"""Boundary coordinate text (勘测定界坐标 TXT): read liberally, written strictly.

The ministry's submission text, which every bureau exchanges and every exporter writes a little differently.
``lines`` takes the text apart, ``header`` knows the attribute names, ``rings`` finds where rings begin and
end, ``zones`` finds the coordinate system, ``reading`` and ``writing`` put them together. X is the northing
and comes first in the file; inside, the easting comes first.
"""

from siting.formats.coordinate_text.lines import decode
from siting.formats.coordinate_text.reading import interpret, read
from siting.formats.coordinate_text.writing import write

__all__ = ["decode", "interpret", "read", "write"]
