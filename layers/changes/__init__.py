"""What a version of a layer adds, removes and alters against any other: counted, listed, mapped, and as area flow."""

from layers.changes import places
from layers.changes.comparison import ChangeKind, ClassChange, Summary, summary
from layers.changes.flow import Flow, flow
from layers.changes.rows import ORDERS, Change, FieldChange, count, every, rows
from layers.changes.tile import tile

__all__ = [
    "ORDERS", "Change", "ChangeKind", "ClassChange", "FieldChange", "Flow", "Summary", "count", "every", "flow",
    "places", "rows", "summary", "tile",
]  # fmt: skip
