"""What GDAL reads, one driver at a time: shapefile, GeoPackage, file geodatabase, GeoJSON, FlatGeobuf."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

from . import shapefiles
from .bounds import refuse
from .sources import MAX_LAYERS, Batch, Head, Opened

_OPTIONS = {"geopackage": {"IMMUTABLE": "YES", "LIST_ALL_TABLES": "NO"}}


class Gdal:
    """A file that one of GDAL's drivers opens."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.path, self.kind = task["path"], task["kind"]
        self.limits = task["limits"]
        self.notices: list[dict[str, Any]] = []
        self._stack = ExitStack()
        self._options = _OPTIONS.get(self.kind, {})
        self._source = self.path
        member = task.get("member")
        if member is not None:
            self._source = f"/vsizip/{self.path}/{member}".rstrip("/")
        if self.kind == "geopackage":
            _check_tables(self.path)

    def names(self) -> list[str]:
        """The layers with geometry."""
        import pyogrio

        listed = pyogrio.list_layers(self._source).tolist()
        if not listed:
            refuse("nothing-inside")
        return [name for name, geometry in listed if geometry is not None][:MAX_LAYERS]

    def open(self, name: str, *, skip: int, size: int) -> Opened:
        """A layer for streaming."""
        opened = self._open(self._source, name, self._options, skip=skip, size=size)
        if self.kind == "geopackage":
            with closing(_sqlite(self.path)) as database:
                (opened.rows,) = database.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()
            opened.head.count = opened.rows
        return opened

    def _open(
        self, source: str, name: str | None, options: dict[str, str], *, skip: int, size: int
    ) -> Opened:
        import pyogrio
        import pyogrio.raw

        info = pyogrio.read_info(source, layer=name, **options)
        where: dict[str, Any] = {"skip_features": skip} if skip else {}
        if skip and self.kind == "geopackage":
            where = self._from_row(name, info["fid_column"], skip)
        meta, reader = self._stack.enter_context(
            pyogrio.raw.open_arrow(
                source,
                layer=name,
                use_pyarrow=True,
                batch_size=size,
                datetime_as_string=True,
                **where,
                **options,
            )
        )
        schema = reader.schema
        at = schema.get_field_index(meta["geometry_name"] or "wkb_geometry")
        if at < 0:
            refuse("no-geometry")
        kept = [
            i
            for i, field in enumerate(schema)
            if i != at and field.name != (meta.get("fid_column") or "OGC_FID")
        ]

        def batches() -> Iterator[Batch]:
            for batch in reader:
                yield [batch.column(i) for i in kept], batch.column(at)

        bounds = info["total_bounds"]
        return Opened(
            Head(
                name=name or info["layer_name"],
                geometry_type=info["geometry_type"],
                count=info["features"] if info["features"] >= 0 else None,
                crs=meta["crs"],
                bounds=None if bounds is None else tuple(map(float, bounds)),  # type: ignore[arg-type]
            ),
            [(schema.field(i).name, schema.field(i).type) for i in kept],
            batches(),
        )

    def _from_row(self, table: str | None, fid: str, skip: int) -> dict[str, Any]:
        """A condition that leaves out the first rows: GDAL would read and drop them one by one."""
        column = _quoted(fid)
        with closing(_sqlite(self.path)) as database:
            found = database.execute(
                f"SELECT {column} FROM {_quoted(str(table))} ORDER BY {column} LIMIT 1 OFFSET ?", [skip]
            ).fetchone()
        return {"where": f"{column} >= {int(found[0])}" if found else "0 = 1"}


class Shapefile(Gdal):
    """Shapefiles in a zip, read in place; text comes as bytes, so that damage is seen."""

    def __init__(self, task: dict[str, Any]) -> None:
        super().__init__(task)
        short = {os.path.basename(shown): stem for shown, stem in task["stems"]}
        self._stems = short if len(short) == len(task["stems"]) else dict(task["stems"])

    def names(self) -> list[str]:
        return sorted(self._stems)[:MAX_LAYERS]

    def open(self, name: str, *, skip: int, size: int) -> Opened:
        stem = self._stems[name]
        shapefiles.check_records(self.path, stem, self.limits["vertices"])
        shapefiles.check_lengths(self.path, stem, self.notices)
        encoding = shapefiles.encoding_of(self.path, stem, self.notices)
        opened = self._open(
            f"/vsizip/{self.path}/{stem}.shp", None, {"encoding": "ISO-8859-1"}, skip=skip, size=size
        )
        opened.head.name, opened.head.encoding, opened.latin1 = name, encoding, encoding
        return opened


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sqlite(path: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)


def _check_tables(path: str) -> None:
    """Refuse a GeoPackage whose layers aren't plain tables: views and virtual tables run what the file says."""
    try:
        with closing(_sqlite(path)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            found = database.execute(
                "SELECT c.table_name, m.type, coalesce(m.sql, '') FROM gpkg_contents c"
                " LEFT JOIN sqlite_master m ON lower(m.name) = lower(c.table_name) AND m.type IN ('table', 'view')"
                " WHERE c.data_type = 'features' LIMIT 2000"
            ).fetchall()
    except sqlite3.Error as error:
        refuse("not-readable", reason=str(error)[:200])
    for name, kind, sql in found:
        if kind == "view" or " ".join(str(sql).upper().split()).startswith("CREATE VIRTUAL"):
            refuse("gpkg-not-a-table", name=str(name)[:80])
