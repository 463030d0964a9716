"""Opening untrusted files: what they are is told by their content, and only a confined process opens them.

`inspect` says what is in a file, `open_batches` streams one layer of it, `read_features` reads a small one whole.
Inside: `formats` and `archives` judge by content, `sandbox` confines, `confined` is what runs in there.
"""

from layers.notices import UnreadableFile
from layers.reading.candidates import CrsCandidate
from layers.reading.inspection import FileField, FileLayer, Inspection, inspect
from layers.reading.sandbox import Limits
from layers.reading.shift import suspected_shift
from layers.reading.spreadsheets import Sheet, read_sheets
from layers.reading.streams import DeclaredFeatures, FeatureBatches, open_batches, read_features

__all__ = [
    "CrsCandidate",
    "DeclaredFeatures",
    "FeatureBatches",
    "FileField",
    "FileLayer",
    "Inspection",
    "Limits",
    "Sheet",
    "UnreadableFile",
    "inspect",
    "open_batches",
    "read_features",
    "read_sheets",
    "suspected_shift",
]
