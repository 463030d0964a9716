"""What the one map keeps, one module per noun."""

from gis_projects.atlas.models.bookmarks import Bookmark
from gis_projects.atlas.models.publications import Publication
from gis_projects.atlas.models.uploads import Upload

__all__ = ["Bookmark", "Publication", "Upload"]
