"""The first line of a table as text: its encoding, its delimiter, and which columns are the geometry.

The standard library alone: the parent asks it too, to tell a table from any other text.
"""

WKT = ("wkt", "wkt_geom", "geometry", "geom", "the_geom", "shape", "几何", "图形")
PAIRS = (
    ("lon", "lat"), ("lng", "lat"), ("long", "lat"), ("longitude", "latitude"), ("经度", "纬度"), ("x", "y"),
    ("x坐标", "y坐标"), ("坐标x", "坐标y"), ("easting", "northing"), ("东坐标", "北坐标"), ("横坐标", "纵坐标"),
)  # fmt: skip


def geometry_columns(header: list[str]) -> tuple[int, ...] | None:
    """Which columns are the geometry: one of WKT, or an x and a y."""
    plain = [name.strip().lower() for name in header]
    for name in WKT:
        if name in plain:
            return (plain.index(name),)
    for x, y in PAIRS:
        if x in plain and y in plain:
            return plain.index(x), plain.index(y)
    return None


def decodes(data: bytes, encoding: str) -> bool:
    """Whether a value is text in that encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        # a value cut at the field's width leaves half a character behind
        return error.start >= len(data) - 3
    return True


def encoding_of(sample: bytes) -> str:
    """Told by the mark at the beginning, else by what the bytes can be."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if decodes(sample, "utf-8"):
        return "utf-8-sig"
    # GBK read as UTF-8 is damaged nearly everywhere, UTF-8 with an accident in it nearly nowhere
    text = sample.decode("utf-8", "replace")
    damaged = text.count("\N{REPLACEMENT CHARACTER}")
    return "utf-8-sig" if sum(not c.isascii() for c in text) > 4 * damaged else "gb18030"


def delimiter_of(line: str) -> str:
    """The mark that stands most often between the names of the header."""
    return max(",\t;|", key=line.count)
