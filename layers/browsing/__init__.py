"""Looking through the features of one version: chosen, sorted, a page at a time, or all of them in batches.

Every question names its version by number, so it is answered the same while the layer is republished, and a
staged version is looked through like a published one.
"""

from layers.browsing.fields import Field, fields
from layers.browsing.reading import Counted, Page, Row, batches, count, extent, feature, page
from layers.browsing.selection import ORDERS, Place, Selection

__all__ = [
    "ORDERS", "Counted", "Field", "Page", "Place", "Row", "Selection", "batches", "count", "extent", "feature",
    "fields", "page",
]  # fmt: skip
