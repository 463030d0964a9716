"""Coordinates as a person pastes or types them: one point a line, in any of the usual ways.

X and Y in metres with or without the zone's number, degrees, or degrees, minutes and seconds; with or without point
and ring numbers; separated by tabs, spaces, commas or semicolons, narrow or wide. An empty line begins another ring.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace

from siting.engine.boundary import DeclaredBoundary
from siting.engine.notices import Notice, UnusableInput
from siting.formats import coordinate_text, geojson
from siting.formats.answers import Answers
from siting.formats.coordinate_text.lines import PlotLines, PointLine, TextContent
from siting.formats.limits import MAX_BYTES, MAX_POINTS
from siting.formats.remarks import Remarks

_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))
_SEPARATORS = re.compile(r"[\s,;\u3001|]+")
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{0,40})?")
_HEADED = re.compile(r"[\[\u3010]\s*(地块坐标|属性描述)\s*[\]\u3011]|@\s*$", re.MULTILINE)
_TITLE = re.compile(r"点号|序号|圈号|坐标|经度|纬度|^\W*[XYxy]\b")
_LOOKED_AT = 10_000  # bytes
_EXPECTED = {"point-count-missing", "ring-not-closed", "number-missing"}
_SIDE = "NSEW东西南北"
_DMS = re.compile(
    rf"(?P<before>[{_SIDE}])?[纬经]?\s*(?P<sign>-)?(?P<d>\d{{1,3}}(?:\.\d+)?)\s*[°度d\u00ba]\s*"
    rf"(?:(?P<m>\d{{1,2}}(?:\.\d+)?)\s*['′\u2019分m]\s*)?"
    rf"(?:(?P<s>\d{{1,2}}(?:\.\d+)?)\s*(?:[\"″\u201d秒s]|''|′′)?\s*)?(?P<after>[{_SIDE}])?",
    re.IGNORECASE,
)
_DASHED = re.compile(r"(\d{2,3})-(\d{1,2})-(\d{1,2}(?:\.\d+)?)")


@dataclass(frozen=True)
class _Row:
    number: str
    label: str | None
    first: float
    second: float


def read(text: str, *, answers: Answers | None = None) -> DeclaredBoundary:
    """Read pasted coordinates.

    Parameters
    ----------
    text
        Lines of points; a whole coordinate text or GeoJSON is read as what it is.
    answers
        The central meridian where eastings have no zone number; a width makes a line of the points.

    Raises
    ------
    UnusableInput
        Every line that can't be read (at most twenty), with its number; code ``crs-not-given`` asks for
        ``central_meridian``.
    """
    answers = answers or Answers()
    if not text.strip():
        raise UnusableInput(Notice("file-empty", "没有坐标", field="text"))
    if len(text) > MAX_BYTES:
        raise UnusableInput(
            Notice("file-too-large", "文件超过 %(limit)s MB", {"limit": MAX_BYTES // 1024 // 1024})
        )
    if text.lstrip().startswith("{"):
        return geojson.read(text.encode(), answers=answers)
    if _HEADED.search(text):
        return coordinate_text.read(text.encode(), answers=answers)
    remarks = Remarks()
    rows = _rows(text, remarks)
    attributes = ["", "", "", "", "线" if answers.width_m is not None else "面"]
    plot = PlotLines(rows[0].line, attributes, rows)
    declared = coordinate_text.interpret(TextContent(plots=[plot]), remarks, answers, format="pasted")
    # nobody pasted the attributes of a plot line, nor closed the rings of which nobody asked it
    plots = tuple(replace(made, attributes={}) for made in declared.plots)
    notices = tuple(notice for notice in declared.notices if notice.code not in _EXPECTED)
    return replace(declared, plots=plots, notices=notices)


def is_plain(content: bytes) -> bool:
    """Whether a text file is a list of degrees, minutes and seconds, which no coordinate text has."""
    start = content[:_LOOKED_AT]
    try:
        text = start.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = start.decode("gb18030", "replace")
    if _HEADED.search(text):
        return False
    lines = [unicodedata.normalize("NFKC", line).strip() for line in text.splitlines()[:5]]
    return any(_in_parts(line) for line in lines)


def _in_parts(line: str) -> bool:
    if "°" in line or "度" in line:
        found = _DMS.search(line)
        return found is not None and found["m"] is not None
    if len(_DASHED.findall(line)) == 2:
        return True
    fields = [part for part in _SEPARATORS.split(line) if part]
    return len(fields) >= 6 and _six([_figure(part) for part in fields[-6:]])


def _figure(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def _rows(text: str, remarks: Remarks) -> list[PointLine]:
    points: list[PointLine] = []
    problems: list[Notice] = []
    ring = 1
    gap = False
    labels: dict[str, str] = {}
    for line, raw in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        plain = unicodedata.normalize("NFKC", raw.translate(_INVISIBLE)).strip()
        if not plain:
            gap = bool(points)
            continue
        if gap:
            ring, gap = ring + 1, False
        found = _row(plain)
        if isinstance(found, str):
            if _TITLE.search(plain) and not any(map(_NUMBER.fullmatch, _SEPARATORS.split(plain))):
                continue  # a line of column titles
            problems.append(Notice("line-unreadable-pasted", found, {"text": raw.strip()[:60]}, line=line))
            if len(problems) == 20:
                break
            continue
        if len(points) >= MAX_POINTS * 4 // 3:
            raise UnusableInput(
                Notice("too-many-points", "界址点超过 %(limit)s 个", {"limit": MAX_POINTS}, line=line)
            )
        label = f"{ring}/{found.label}" if found.label else str(ring)
        label = labels.setdefault(label, str(len(labels) + 1))
        points.append(PointLine(line, found.number, label, found.first, found.second))
    if problems:
        raise UnusableInput(*problems)
    if not points:
        raise UnusableInput(Notice("no-coordinates", "没有找到坐标：每行应有一个点的两个坐标", field="text"))
    return points


def _row(line: str) -> _Row | str:
    """One line's point, or the sentence that says what is wrong with it."""
    if "°" in line or "度" in line or "\u00ba" in line:
        return _in_sixtieths(line)
    dashed = list(_DASHED.finditer(line))
    if len(dashed) == 2:
        before = [part for part in _SEPARATORS.split(line[: dashed[0].start()]) if part]
        values = [_sixtieths(match[1], match[2], match[3]) for match in dashed]
        if len(before) > 2 or any(value is None for value in values):
            return "度分秒无法读取：“%(text)s”，分、秒应小于 60"
        return _Row(
            before[0] if before else "",
            before[1] if len(before) == 2 else None,
            values[0] or 0,
            values[1] or 0,
        )
    fields = [part for part in _SEPARATORS.split(line) if part]
    numbers = [_figure(part) for part in fields]
    if len(fields) >= 6 and _six(numbers[-6:]):
        values = [_sixtieths(*fields[-6:-3]), _sixtieths(*fields[-3:])]
        if None not in values:
            return _Row(
                fields[0] if len(fields) > 6 else "",
                fields[1] if len(fields) > 7 else None,
                values[0] or 0,
                values[1] or 0,
            )
    if len(fields) < 2:
        return "“%(text)s”里不足两个坐标"
    if len(fields) > 4:
        return "“%(text)s”里的数太多：应为“点号 圈号 X Y”，点号、圈号可以没有"
    first, second = numbers[-2:]
    if math.isnan(first) or math.isnan(second):
        return "“%(text)s”里的坐标不是数"
    return _Row(fields[0] if len(fields) > 2 else "", fields[1] if len(fields) > 3 else None, first, second)


def _six(numbers: list[float]) -> bool:
    """Whether six numbers are degrees, minutes and seconds twice."""
    whole = [numbers[at] for at in (0, 1, 3, 4)]
    return (
        all(number == number and number.is_integer() for number in whole)
        and all(0 <= number < 60 for number in (*numbers[1:3], *numbers[4:6]))
        and 0 <= numbers[0] < 180
        and 0 <= numbers[3] < 180
    )


def _in_sixtieths(line: str) -> _Row | str:
    found = list(_DMS.finditer(line))
    if len(found) != 2:
        return "度分秒无法读取：“%(text)s”里应有经度和纬度各一个"
    values = []
    sides = []
    for match in found:
        value = _sixtieths(match["d"], match["m"] or "0", match["s"] or "0")
        if value is None:
            return "度分秒无法读取：“%(text)s”，分、秒应小于 60"
        side = (match["before"] or match["after"] or "").upper()
        if side in ("S", "W", "南", "西") or match["sign"]:
            return "“%(text)s”不在我国范围内（南纬、西经或负数）"
        values.append(value)
        sides.append(side)
    north = [side in ("N", "北") for side in sides]
    east = [side in ("E", "东") for side in sides]
    if (north[0] and north[1]) or (east[0] and east[1]):
        return "度分秒无法读取：“%(text)s”里应有经度和纬度各一个"
    rest = line[: found[0].start()]
    before = [part for part in _SEPARATORS.split(rest) if part]
    if len(before) > 2:
        return "“%(text)s”里的数太多：应为“点号 圈号 X Y”，点号、圈号可以没有"
    return _Row(before[0] if before else "", before[1] if len(before) == 2 else None, values[0], values[1])


def _sixtieths(degrees: str, minutes: str, seconds: str) -> float | None:
    d, m, s = float(degrees), float(minutes), float(seconds)
    if m >= 60 or s >= 60 or d >= 180 or (m and not d.is_integer()) or (s and not m.is_integer()):
        return None
    return d + m / 60 + s / 3600
