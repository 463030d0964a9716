"""From bytes to header values, plot lines and point lines, each with its line number."""

from __future__ import annotations

import codecs
import math
import re
import unicodedata
from dataclasses import dataclass, field

from siting.engine.notices import Notice, UnusableInput
from siting.formats.coordinate_text.header import PLOT_SECTION, SHAPES, canonical_key
from siting.formats.limits import MAX_BYTES, MAX_PLOTS, MAX_POINTS
from siting.formats.remarks import Remarks

_LINE_END = re.compile(r"\r\n|\r|\n")
_OPENING, _CLOSING = ("[", "【", "\uff3b"), ("]", "】", "\uff3d")
_LONGEST_LINE = 4_000
_MOST_LINES = 1_000_000
_MOST_HEADER_VALUES = 500
_BINARY = re.compile(r"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]")
_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,4})?°?")
# what nearly every line of a good file is; the long way round gives the same
_PLAIN_POINT = re.compile(
    r"([^,\s\uff0c]{1,40}),([0-9]{1,4}),([0-9]{1,9}(?:\.[0-9]{1,12})?),([0-9]{1,9}(?:\.[0-9]{1,12})?)"
)
_NOT_A_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity|1\.#\w+)", re.IGNORECASE)
_LABEL = re.compile(r"\d{1,4}")
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))
# by code point, as their glyphs are hard to tell from the narrow ones: , ; = @ :
_FULL_WIDTH = {0xFF0C: ",", 0xFF1B: ";", 0xFF1D: "=", 0xFF20: "@", 0xFF1A: ":"}
_PLOT_ENDS = ("@", "\uff20")
_COLUMN_TITLE = re.compile(r"点号|圈号|坐标|^[XYxy][,\s]")


@dataclass(frozen=True)
class PointLine:
    """One point: its number, ring label (None where the file has no such column) and two coordinates.

    ``first`` and ``second`` are in the order of the file.
    """

    line: int
    number: str
    label: str | None
    first: float
    second: float


@dataclass
class PlotLines:
    """A plot's attribute fields (None where its line is missing) and its points."""

    line: int
    fields: list[str] | None
    points: list[PointLine] = field(default_factory=list)


@dataclass
class TextContent:
    """Everything a coordinate text says, before it is interpreted."""

    header: dict[str, str] = field(default_factory=dict)
    header_lines: dict[str, int] = field(default_factory=dict)
    plots: list[PlotLines] = field(default_factory=list)


def decode(content: bytes) -> str:
    """Decode as UTF-8 (with or without BOM), UTF-16 with BOM, else GB18030.

    Raises
    ------
    UnusableInput
        Where the content is empty, too big or no text; with the line of the first byte that isn't.
    """
    if not content.strip():
        raise UnusableInput(Notice("file-empty", "文件是空的"))
    if len(content) > MAX_BYTES:
        raise UnusableInput(
            Notice("file-too-large", "文件超过 %(limit)s MB", {"limit": MAX_BYTES // 1024 // 1024})
        )
    text = _decode(content)
    text = text.removesuffix("\x1a")  # the end-of-file mark that DOS programs write
    if found := _BINARY.search(text):
        raise UnusableInput(
            Notice(
                "not-text",
                "文件不是文本：含有二进制字符（代码 %(code)s）",
                {"code": f"0x{ord(found[0]):02X}"},
                line=len(_LINE_END.findall(text, 0, found.start())) + 1,
            )
        )
    return text


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    broken_at = 0
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            broken_at = max(broken_at, error.start)  # the right encoding is the one that gets furthest
    raise UnusableInput(
        Notice(
            "not-text",
            "文件不是 UTF-8 或 GB18030 编码的文本",
            line=len(re.findall(rb"\r\n|\r|\n", content[:broken_at])) + 1,
        )
    )


def take_apart(text: str, remarks: Remarks) -> TextContent:
    """Sort the lines into header values, plots and points.

    Raises
    ------
    UnusableInput
        At a line of the plot section that is neither, or past the limits.
    """
    content = TextContent()
    section: str | None = None
    points = 0
    if text.count("\n") + text.count("\r") > 2 * _MOST_LINES:
        raise _past_limit("too-many-lines", "文件超过 %(limit)s 行", _MOST_LINES, None)
    for number, raw in enumerate(_LINE_END.split(text), start=1):
        line = raw.translate(_INVISIBLE).strip()
        if not line:
            continue
        if len(line) > _LONGEST_LINE:
            raise _past_limit("line-too-long", "这一行超过 %(limit)s 个字符", _LONGEST_LINE, number)
        if line.startswith(_OPENING) and line.endswith(_CLOSING):
            section = line[1:-1].strip()
            continue
        if section != PLOT_SECTION:
            if _header_value(line, number, section, content, remarks):
                continue
            if not _begins_plots(line, section):
                remarks.add("line-ignored", "这一行无法识别，已忽略", line=number)
                continue
            remarks.add("header-missing", "缺少[地块坐标]标题，从这一行起按坐标读取", line=number)
            section = PLOT_SECTION
        plain = _PLAIN_POINT.fullmatch(line)
        if plain is not None:
            point: PointLine | None = PointLine(number, plain[1], plain[2], float(plain[3]), float(plain[4]))
        elif (fields := _plot_fields(line)) is not None:
            if len(content.plots) >= MAX_PLOTS:
                raise _past_limit("too-many-plots", "地块超过 %(limit)s 个", MAX_PLOTS, number)
            content.plots.append(PlotLines(number, fields))
            continue
        else:
            point = _point(line, number, remarks)
        if point is None:
            continue
        if not content.plots:
            remarks.add("plot-line-missing", "缺少以 @ 结尾的地块属性行，按一个地块读取", line=number)
            content.plots.append(PlotLines(number, None))
        points += 1
        # closing points repeat the first ones: a ring of n points takes n + 1 lines
        if points > MAX_POINTS * 4 // 3:
            raise _past_limit("too-many-points", "界址点超过 %(limit)s 个", MAX_POINTS, number)
        content.plots[-1].points.append(point)
    return content


def _past_limit(code: str, template: str, limit: int, line: int | None) -> UnusableInput:
    return UnusableInput(Notice(code, template, {"limit": limit}, line=line))


def _header_value(
    line: str, number: int, section: str | None, content: TextContent, remarks: Remarks
) -> bool:
    """Keep ``name=value``; False where the line is none."""
    if line.translate(_FULL_WIDTH).endswith("@"):
        return False
    name, equals, value = line.partition("=")
    if not equals:
        name, equals, value = line.translate(_FULL_WIDTH).partition("=")
    if not equals and "," not in line:
        name, equals, value = line.translate(_FULL_WIDTH).partition(":")
    if not equals or not name.strip():
        return False
    name, value = name.strip(), value.strip()
    key = canonical_key(name) if section in (None, "属性描述") else f"[{section}]{name}"
    if key in content.header:
        if content.header[key] != value:
            raise UnusableInput(
                Notice(
                    "header-contradicts",
                    "“%(name)s”出现两次，前为“%(before)s”，后为“%(after)s”",
                    {"name": name, "before": content.header[key], "after": value},
                    line=number,
                    field=name,
                )
            )
        remarks.add("header-repeated", "“%(name)s”重复出现", line=number, field=name, name=name)
    if len(content.header) >= _MOST_HEADER_VALUES:
        raise _past_limit("header-too-long", "属性描述超过 %(limit)s 项", _MOST_HEADER_VALUES, number)
    content.header[key] = value
    content.header_lines[key] = number
    return True


def _begins_plots(line: str, section: str | None) -> bool:
    if section not in (None, "属性描述"):
        return False
    if _plot_fields(line) is not None:
        return True
    return sum(_coordinate(part) is not None for part in _point_fields(line)) >= 2


def _plot_fields(line: str) -> list[str] | None:
    """Fields of a plot's attribute line without the ``@``; None where the line is none."""
    # a name may hold a full-width comma, so those separate only where there are hardly any others
    text = line if line.count(",") >= 4 else line.translate(_FULL_WIDTH)
    if "," not in text and "\t" in text:
        text = text.replace("\t", ",")
    fields = [part.strip() for part in text.split(",")]
    while len(fields) > 1 and not fields[-1]:
        fields.pop()
    if fields[-1] in _PLOT_ENDS:
        return fields[:-1]
    if fields[-1].endswith(_PLOT_ENDS):
        return [*fields[:-1], fields[-1][:-1].strip()]
    return fields if len(fields) >= 5 and any(part in SHAPES for part in fields[3:5]) else None


def _point_fields(line: str) -> list[str]:
    text = line.replace("\uff0c", ",")
    for separator in (",", "\t", ";", "\uff1b"):
        if separator in text:
            fields = [part.strip() for part in text.split(separator)]
            break
    else:
        fields = text.split()
    while fields and not fields[-1]:
        fields.pop()
    return fields


def _coordinate(text: str) -> float | None:
    text = unicodedata.normalize("NFKC", text)
    return float(text.rstrip("°")) if _NUMBER.fullmatch(text) else None


def _point(line: str, number: int, remarks: Remarks) -> PointLine | None:
    fields = _point_fields(line)
    values = [_coordinate(part) for part in fields]
    for part, value in zip(fields, values, strict=True):
        if _NOT_A_NUMBER.fullmatch(part) or (value is not None and not math.isfinite(value)):
            raise UnusableInput(
                Notice("number-not-finite", "坐标“%(text)s”不是有限的数", {"text": part[:40]}, line=number)
            )
    point = _arranged(fields, values, number, remarks)
    if point is not None:
        return point
    if _COLUMN_TITLE.search(line) and not any(value is not None for value in values):
        return None  # a line of column titles
    raise UnusableInput(
        Notice(
            "line-unreadable",
            "无法读取“%(text)s”：应为“点号，地块圈号，X,Y”，或以 @ 结尾的地块属性行",
            {"text": line[:60]},
            line=number,
        )
    )


def _arranged(fields: list[str], values: list[float | None], line: int, remarks: Remarks) -> PointLine | None:
    """Find number, ring label, X and Y among the fields; None where that can't be done."""
    if len(fields) == 2 and values[0] is not None and values[1] is not None:
        remarks.add("number-missing", "没有点号，已按顺序编号", line=line)
        return PointLine(line, "", None, values[0], values[1])
    if len(fields) < 3:
        return None
    label_column = len(fields) > 3 and not _is_long(fields[1], values[1])
    label = (unicodedata.normalize("NFKC", fields[1]) or None) if label_column else None
    rest = values[2:] if label_column else values[1:]
    texts = fields[2:] if label_column else fields[1:]
    if len(rest) < 2 or rest[0] is None or rest[1] is None:
        return None
    first, second = rest[0], rest[1]
    if len(rest) > 2 and first == second and rest[2] is not None:
        second = rest[2]
        rest, texts = rest[1:], texts[1:]
        remarks.add("x-written-twice", "X 坐标写了两遍，已去掉重复的一个", line=line)
    if len(rest) > 2:
        remarks.add(
            "extra-columns", "坐标后面多出的“%(text)s”未使用", line=line, text=",".join(texts[2:])[:40]
        )
    return PointLine(line, fields[0], label, first, second)


def _is_long(text: str, value: float | None) -> bool:
    """Whether a second field is a coordinate already, not a ring label."""
    return value is not None and not _LABEL.fullmatch(unicodedata.normalize("NFKC", text))
