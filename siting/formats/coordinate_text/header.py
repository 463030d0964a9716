"""Names of a coordinate text's header values and plot attributes, and how their values are written."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

PLOT_SECTION = "地块坐标"
HEADER_SECTION = "属性描述"
SHAPES = ("面", "线", "点")

HEADER_KEYS = (
    "格式版本号",
    "数据产生单位",
    "数据产生日期",
    "坐标系",
    "几度分带",
    "投影类型",
    "计量单位",
    "带号",
    "精度",
    "转换参数",
)

_ALIASES = {
    "分带": "几度分带",
    "投影分带": "几度分带",
    "坐标系统": "坐标系",
    "坐标单位": "计量单位",
    "单位": "计量单位",
    "投影带号": "带号",
    "投影": "投影类型",
    "中央经线": "中央子午线",
    "数据生产单位": "数据产生单位",
    "数据生产日期": "数据产生日期",
}

POINT_COUNT, AREA, NUMBER, NAME, SHAPE, SHEET, USE, LAND_CLASS = ATTRIBUTES = (
    "界址点数",
    "地块面积",
    "地块编号",
    "地块名称",
    "记录图形属性",
    "图幅号",
    "地块用途",
    "地类编码",
)


def extra_attribute(position: int) -> str:
    """Name of the attribute in a place (from 1) past the eight that have names of their own."""
    return f"附加属性{position}"


def canonical_key(name: str) -> str:
    """Return the format's own name of a header value, whatever spelling an exporter chose."""
    return _ALIASES.get(name, name)


_AREA = re.compile(r"([+-]?\d{1,15}(?:\.\d{0,15})?)\s*(公顷|ha|hm2|平方米|m2|亩|)", re.IGNORECASE)
_SQUARE_METRES = {
    "": Decimal(10_000),
    "公顷": Decimal(10_000),
    "ha": Decimal(10_000),
    "hm2": Decimal(10_000),
    "平方米": Decimal(1),
    "m2": Decimal(1),
    "亩": Decimal(2000) / Decimal(3),
}


def parse_area(text: str) -> tuple[str, float] | None:
    """Read a declared area, in hectares unless it names its unit.

    Returns
    -------
    tuple or None
        The hectares as the format writes them (no unit) and the same area in m²; None where the text is no
        positive area.
    """
    found = _AREA.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    try:
        amount = Decimal(found[1])
    except InvalidOperation:
        return None
    if amount <= 0:
        return None
    square_metres = amount * _SQUARE_METRES[found[2].lower()]
    if _SQUARE_METRES[found[2].lower()] == 10_000:
        return found[1], float(square_metres)
    hectares = f"{square_metres / 10_000:.6f}"
    if Decimal(hectares) == 0:
        return None
    # what is kept is what will be read again from the hectares
    return hectares, float(Decimal(hectares) * 10_000)
