"""Opening untrusted files: what they are is told by their content, and only a confined process opens them."""

from layers.notices import UnreadableFile
from layers.reading.sandbox import Limits
from layers.reading.streams import DeclaredFeatures, read_features

__all__ = ["DeclaredFeatures", "Limits", "UnreadableFile", "read_features"]
