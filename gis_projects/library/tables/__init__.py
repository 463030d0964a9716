"""Tables that go out and come back in: one specification of columns gives the template, the reading of the user's own
file, the marked copy of it, the comparison with what is stored, and the export in the same columns.

A room offers a table by listing it as ``TABLES`` in its module ``tables`` (`specification.Table`).
"""

from gis_projects.library.tables.columns import Column, Kind, Option
from gis_projects.library.tables.registry import get, offered, tables
from gis_projects.library.tables.specification import Change, Problem, Row, Table

__all__ = [
    "Change",
    "Column",
    "Kind",
    "Option",
    "Problem",
    "Row",
    "Table",
    "get",
    "offered",
    "tables",
]
