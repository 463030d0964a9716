"""KML and the KML of a KMZ, by a streaming parser: memory doesn't grow with the file, nothing is fetched or expanded.

A layer is what lies in folders of one name; fields are `name`, `description` and the extended data. Heights, styles,
overlays and tracks are left aside. A document type is refused at its first byte, so no entity is ever declared.
"""

import struct
import zipfile
from collections.abc import Iterator
from typing import IO, Any
from xml.parsers import expat

import numpy as np
import pyarrow as pa

from .bounds import refuse
from .sources import MAX_LAYERS, Batch, Head, Opened, without_first

_CHUNK = 1 << 16
MAX_DEPTH = 100
MAX_TEXT = 16 << 20  # of one element
MAX_FIELDS = 1000
ALL = "*"  # all folders together
_CONTAINERS = ("Document", "Folder")
_CAPTURED = ("name", "description", "value", "SimpleData", "coordinates")
_SHAPES = {"Point": 1, "LineString": 2, "LinearRing": 2, "Polygon": 3, "MultiGeometry": 7}

Placemark = tuple[str, dict[str, str], bytes | None]


class _Parser:
    """Collects placemarks as the document goes by: folder, values, WKB."""

    def __init__(self) -> None:
        self.found: list[Placemark] = []
        self.links = self.broken = 0
        self._path: list[str] = []
        self._folders: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._values: dict[str, str] | None = None
        self._field = ""
        self._shapes: list[tuple[str, list[Any]]] = []
        self._whole: bytes | None = None
        self._bad = False
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.buffer_size = _CHUNK
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._characters
        self.expat.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        refuse("xml-entities")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._path.append(name)
        if len(self._path) > MAX_DEPTH:
            refuse("too-deep", limit=MAX_DEPTH)
        if name in _CAPTURED:
            self._text, self._length = [], 0
        if name in _CONTAINERS:
            self._folders.append("")
        elif name == "Placemark":
            self._values, self._whole, self._shapes, self._bad = {}, None, [], False
        elif name == "NetworkLink":
            self.links += 1
        elif name in ("Data", "SimpleData"):
            self._field = attributes.get("name", "")
        elif name in _SHAPES and self._values is not None:
            self._shapes.append((name, []))

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)
            self._length += len(text)
            if self._length > MAX_TEXT:
                refuse("feature-too-large")

    def _end(self, tag: str) -> None:
        name = self._path.pop()
        parent = self._path[-1] if self._path else ""
        text = "".join(self._text) if self._text is not None and name in _CAPTURED else ""
        if name in _CAPTURED:
            self._text = None
        if name == "coordinates" and self._shapes:
            self._shapes[-1][1].append(self._points(text))
        elif name in _SHAPES and self._shapes:
            self._close()
        elif name == "Placemark":
            self.broken += self._bad
            self.found.append((self._folder(), self._values or {}, None if self._bad else self._whole))
            self._values = None
        elif name in _CONTAINERS and self._folders:
            self._folders.pop()
        elif name == "name" and parent in _CONTAINERS and self._folders:
            self._folders[-1] = text.strip()
        elif self._values is not None:
            if name in ("name", "description") and parent == "Placemark":
                self._values[name] = text.strip()
            elif name in ("value", "SimpleData") and self._field:
                self._values[self._field] = text.strip()

    def _folder(self) -> str:
        return next((folder for folder in reversed(self._folders) if folder), "kml")[:200]

    def _points(self, text: str) -> np.ndarray:
        tuples = text.split()
        try:
            if tuples and tuples[0].count(",") in (1, 2):
                width = tuples[0].count(",") + 1
                return np.array(",".join(tuples).split(","), dtype="<f8").reshape(-1, width)[:, :2]
            return np.array([t.split(",")[:2] for t in tuples], dtype="<f8").reshape(-1, 2)
        except ValueError:
            self._bad = True
            return np.empty((0, 2))

    def _close(self) -> None:
        name, parts = self._shapes.pop()
        if name == "LinearRing" and self._shapes and self._shapes[-1][0] == "Polygon":
            self._shapes[-1][1].extend(parts)
            return
        if name == "MultiGeometry":
            made = struct.pack("<BII", 1, 7, len(parts)) + b"".join(parts)
        elif name == "Polygon":
            made = struct.pack("<BII", 1, 3, len(parts)) + b"".join(
                struct.pack("<I", len(ring)) + ring.tobytes() for ring in parts
            )
        elif not parts or not len(parts[0]):
            self._bad = True
            return
        elif name == "Point":
            made = struct.pack("<BI", 1, 1) + parts[0][0].tobytes()
        else:
            made = struct.pack("<BII", 1, 2, len(parts[0])) + parts[0].tobytes()
        if self._shapes:
            self._shapes[-1][1].append(made)
        else:
            self._whole = made


class Kml:
    """A KML document. Its coordinates are longitude and latitude on WGS 84, by the format's definition."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.notices: list[dict[str, Any]] = []
        self._path, self._member = task["path"], task.get("member")
        self._whole = bool(task.get("whole_drawing"))
        self._heads: dict[str, Head] = {}
        self._fields: dict[str, dict[str, None]] = {}
        for folder, values, wkb in self._placemarks(tell=True):
            folder = ALL if self._whole else folder
            if len(self._heads) >= MAX_LAYERS and folder not in self._heads:
                continue
            head = self._heads.setdefault(folder, Head(folder, None, 0, "EPSG:4326"))
            head.count = (head.count or 0) + 1
            if wkb is not None:
                kind = {1: "Point", 2: "LineString", 3: "Polygon"}.get(wkb[1], "GeometryCollection")
                head.geometry_type = kind if head.geometry_type in (None, kind) else "Unknown"
            fields = self._fields.setdefault(folder, {})
            if len(fields) < MAX_FIELDS:
                fields.update(dict.fromkeys(values))

    def _file(self) -> IO[bytes]:
        if self._member is None:
            return open(self._path, "rb")
        return zipfile.ZipFile(self._path).open(self._member)

    def _placemarks(self, *, tell: bool = False) -> Iterator[Placemark]:
        parser = _Parser()
        with self._file() as file:
            while True:
                chunk = file.read(_CHUNK)
                try:
                    parser.expat.Parse(chunk, not chunk)
                except expat.ExpatError as error:
                    refuse("xml-broken", line=error.lineno)
                yield from parser.found
                parser.found.clear()
                if not chunk:
                    break
        if tell and parser.links:
            self.notices.append({"code": "kml-links", "params": {"count": parser.links}})
        if tell and parser.broken:
            self.notices.append({"code": "geometry-broken", "params": {"count": parser.broken}})

    def names(self) -> list[str]:
        return list(self._heads)

    def open(self, name: str, *, skip: int, size: int) -> Opened:
        """The placemarks of the folders of that name."""
        fields = list(self._fields[name])

        def batches() -> Iterator[Batch]:
            rows: list[Placemark] = []
            weight = 0
            for row in self._placemarks():
                if name not in (row[0], ALL):
                    continue
                rows.append(row)
                weight += len(row[2] or b"")
                if len(rows) >= size or weight > _CHUNK << 8:
                    yield _batch(rows, fields)
                    rows, weight = [], 0
            if rows:
                yield _batch(rows, fields)

        return Opened(
            self._heads[name], [(field, pa.string()) for field in fields], without_first(batches(), skip)
        )


def _batch(rows: list[Placemark], fields: list[str]) -> Batch:
    columns = [pa.array([values.get(field) for _, values, _ in rows], pa.string()) for field in fields]
    return columns, pa.array([wkb for _, _, wkb in rows], pa.binary())
