"""Runs inside the sandbox, as a script: opens one file, writes Arrow to the pipe. Never imported by the rest.

Usage: confined_reader.py JSON, where JSON = {path, layer, limits: {cpu, memory, vertices, features}}.
A refusal is one JSON line on standard error {code, params} and exit status 3. The environment
(GDAL_SKIP and others) is set by the parent: it must be there before GDAL is loaded.
"""

import json
import os
import resource
import sys
import zipfile
from collections.abc import Callable
from typing import Any, NoReturn

REFUSED = 3
SAMPLE = 16 << 20


def refuse(code: str, **params: Any) -> NoReturn:
    sys.stderr.write("\n" + json.dumps({"code": code, "params": params}) + "\n")
    sys.stderr.flush()
    os._exit(REFUSED)


def limit(limits: dict[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"]))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def named_encoding(cpg: str) -> str | None:
    name = cpg.strip().upper().replace("_", "-")
    if not name:
        return None
    if "936" in name or name.startswith("GB"):
        return "gb18030"
    if name in ("UTF-8", "UTF8", "65001", "CP65001"):
        return "utf-8"
    try:
        "".encode(name)
    except LookupError:
        return None
    return name.lower()


def decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        # a value cut at the field's width leaves half a character behind
        return error.start >= len(data) - 3
    return True


def dbf_values(data: bytes) -> set[bytes]:
    """The non-ASCII byte strings of the fields and names of a dbf (or of its beginning)."""
    header = int.from_bytes(data[8:10], "little")
    width = int.from_bytes(data[10:12], "little")
    fields, at = [], 32
    while at + 32 <= header and data[at] != 0x0D:
        fields.append((data[at : at + 11].split(b"\0")[0], data[at + 11 : at + 12], data[at + 16]))
        at += 32
    values = {name for name, _, _ in fields if not name.isascii()}
    if width < 1:
        return values
    for row in range(header, len(data) - width + 1, width):
        position = row + 1
        for _, kind, size in fields:
            if kind == b"C":
                value = data[position : position + size].rstrip(b" \0")
                if not value.isascii():
                    values.add(value)
            position += size
        if len(values) > 20000:
            break
    return values


def shapefile_encoding(path: str, stem: str, notices: list[Any]) -> str:
    """The encoding of a dbf: what .cpg says if the bytes agree, else UTF-8 if they do, else GB18030."""
    with zipfile.ZipFile(path) as archive:
        members = {name.lower(): name for name in archive.namelist()}
        with archive.open(members[stem.lower() + ".dbf"]) as file:
            values = dbf_values(file.read(SAMPLE))
        cpg = members.get(stem.lower() + ".cpg")
        told = named_encoding(archive.open(cpg).read(64).decode("ascii", "ignore")) if cpg else None
    if told and all(decodes(value, told) for value in values):
        return told
    for guess in ("utf-8", "gb18030"):
        if all(decodes(value, guess) for value in values):
            if told:
                notices.append({"code": "cpg-wrong", "params": {"told": told, "used": guess}})
            return guess
    return told or "gb18030"


def main() -> None:
    task = json.loads(sys.argv[1])
    limits = task["limits"]
    limit(limits)
    import numpy as np
    import pyarrow as pa
    import pyogrio
    import pyogrio.raw

    allowed = set(task["drivers"])
    if not set(pyogrio.list_drivers()) <= allowed:
        refuse("confinement-broken")
    path, kind = task["path"], task["kind"]
    source = "/vsizip/" + path if kind == "shapefile-zip" else path
    notices: list[dict[str, Any]] = []
    options = {"IMMUTABLE": "YES", "LIST_ALL_TABLES": "NO"} if kind == "geopackage" else {}
    try:
        if kind == "shapefile-zip":
            stems = task["stems"]
            by_name = {os.path.basename(stem): stem for stem in stems}
            layers = sorted(by_name)
        else:
            listed = pyogrio.list_layers(source)
            layers = [name for name, geometry in listed.tolist() if geometry is not None]
        if not layers:
            refuse("no-layer")
        name = task["layer"] or (layers[0] if len(layers) == 1 else None)
        if name is None or name not in layers:
            refuse("which-layer", layers="、".join(layers[:20]))
        recode = None
        if kind == "shapefile-zip":
            recode = shapefile_encoding(path, by_name[name], notices)
            source = f"{source}/{by_name[name]}.shp"
            options = {"encoding": "ISO-8859-1"}  # one character per byte: decoded below, with damage seen
            name = None
        read(source, name, options, recode, limits, notices, pa, pyogrio, np)
    except MemoryError:
        refuse("too-much-memory")
    except zipfile.BadZipFile:
        refuse("zip-broken")
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
    ) as error:
        if "OGR_GEOJSON_MAX_OBJ_SIZE" in str(error):
            refuse("feature-too-large")
        refuse("not-readable", reason=str(error).replace(path, "")[:200])
    except (IndexError, KeyError, ValueError, UnicodeError) as error:
        refuse("not-readable", reason=f"{type(error).__name__}: {error}".replace(path, "")[:200])
    except pa.ArrowException as error:
        text = str(error)
        refuse("too-much-memory" if "alloc" in text else "not-readable", reason=text.replace(path, "")[:200])


def decoder(encoding: str, notices: list[Any]) -> Callable[[str | None], str | None]:
    """Latin-1 text that is bytes in disguise → text; what can't be decoded is replaced and reported."""
    damaged = {"count": 0}

    def decode(text: str | None) -> str | None:
        if text is None or text.isascii():
            return text
        data = text.encode("latin-1")
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start >= len(data) - 3:
                return data[: error.start].decode(encoding)
            damaged["count"] += 1
            if damaged["count"] == 1:
                notices.append({"code": "text-damaged", "params": damaged})
            return data.decode(encoding, "replace")

    return decode


def read(
    source: str,
    layer: str | None,
    options: dict[str, str],
    recode: str | None,
    limits: dict[str, int],
    notices: list[Any],
    pa: Any,
    pyogrio: Any,
    np: Any,
) -> None:
    decode = decoder(recode, notices) if recode else None
    with pyogrio.raw.open_arrow(source, layer=layer, use_pyarrow=True, **options) as (meta, reader):
        geometry = meta["geometry_name"] or "wkb_geometry"
        schema = reader.schema
        at = schema.get_field_index(geometry)
        if at < 0:
            refuse("no-geometry")
        columns = [
            (i, field) for i, field in enumerate(schema) if i != at and field.name != meta.get("fid_column")
        ]
        names = [decode(field.name) if decode else field.name for _, field in columns]
        out = pa.schema(
            [
                pa.field(name, text_or_same(pa, field.type))
                for name, (_, field) in zip(names, columns, strict=True)
            ]
            + [pa.field("__wkb", pa.large_binary())]
        )
        writer = pa.ipc.new_stream(sys.stdout.buffer, out)
        features = 0
        for batch in reader:
            features += batch.num_rows
            if features > limits["features"]:
                refuse("too-many-features", limit=limits["features"])
            wkb = batch.column(at)
            offsets = np.frombuffer(
                wkb.buffers()[1], dtype=np.int64 if pa.types.is_large_binary(wkb.type) else np.int32
            )
            sizes = np.diff(offsets[wkb.offset : wkb.offset + len(wkb) + 1])
            if len(sizes) and sizes.max() > limits["vertices"] * 16:
                refuse("too-many-vertices", count=int(sizes.max()) // 16, limit=limits["vertices"])
            arrays = []
            for (i, _), target in zip(columns, out, strict=False):
                array = batch.column(i)
                if pa.types.is_string(target.type):
                    values = [as_text(value) for value in array.to_pylist()]
                    if decode:
                        known = {value: decode(value) for value in set(values)}
                        values = [known[value] for value in values]
                    array = pa.array(values, pa.string())
                arrays.append(array)
            arrays.append(wkb.cast(pa.large_binary()))
            writer.write_batch(pa.record_batch(arrays, schema=out))
        writer.close()
        sys.stdout.flush()
    sys.stderr.write(json.dumps({"crs": meta["crs"], "encoding": recode, "notices": notices}) + "\n")


def text_or_same(pa: Any, type_: Any) -> Any:
    plain = pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_boolean(type_)
    return type_ if plain else pa.string()


def as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return json.dumps(value, ensure_ascii=False, default=str)


if __name__ == "__main__":
    main()
