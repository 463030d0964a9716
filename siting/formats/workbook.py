"""Coordinate tables (坐标成果表) as Excel workbooks: written with openpyxl, read in the confined reader.

Columns: 界址点号, 纵坐标X, 横坐标Y, 反算边长(米), 地块圈号, 备注. What people bring has them in other orders, under
other names, under two rows of titles, in several sheets, with the edge lengths in rows of their own.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from layers.notices import Refused
from layers.reading import Limits, Sheet, read_sheets
from layers.reading.spreadsheets import Cell
from siting.engine.boundary import DeclaredBoundary
from siting.engine.notices import Notice, UnusableInput
from siting.formats import coordinate_table
from siting.formats.answers import Answers
from siting.formats.areas import plot_areas_m2
from siting.formats.coordinate_text import interpret
from siting.formats.coordinate_text.lines import PlotLines, PointLine, TextContent
from siting.formats.limits import MAX_PLOTS, MAX_POINTS
from siting.formats.opened import unusable
from siting.formats.plane import in_plane
from siting.formats.remarks import Remarks

TITLE = "坐标成果表"
HEAD = ("界址点号", "纵坐标X", "横坐标Y", "反算边长(米)", "地块圈号", "备注")
_LIMITS = Limits(cpu=20, wall=30.0, output=1 << 27, features=MAX_POINTS * 2)
_MOST_PROBLEMS = 20
_NUMBER, _X, _Y, _RING, _PLOT, _NAME, _USE = range(7)
_TITLES = (
    (_NUMBER, re.compile(r"(界址)?点(号|名|编号)|序号|编号")),
    (
        _X,
        re.compile(
            r"(纵坐标)?X(坐标|\(m\)|\(米\))*|纵坐标(X)?(\(m\)|\(米\))?|X坐标.*|北坐标.*|纬度.*|北纬.*"
        ),
    ),
    (
        _Y,
        re.compile(
            r"(横坐标)?Y(坐标|\(m\)|\(米\))*|横坐标(Y)?(\(m\)|\(米\))?|Y坐标.*|东坐标.*|经度.*|东经.*"
        ),
    ),
    (_RING, re.compile(r"(地块)?圈号|环号")),
    (_PLOT, re.compile(r"地块(编号|号)|宗地(编号|号)")),
    (_NAME, re.compile(r"地块名称|宗地名称")),
    (_USE, re.compile(r"地块用途|用途")),
)
_LABELS = {"地块编号": _PLOT, "地块名称": _NAME, "地块用途": _USE}
_HEADER_LABELS = ("坐标系", "带号", "中央子午线", "几度分带", "计量单位", "投影类型")
_AREA = re.compile(r"(地块)?面积\((公顷|平方米|亩)\)")
_NUMERIC = re.compile(r"[+-]?\d{1,20}(\.\d{0,40})?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass
class _Block:
    """A plot being read: what the rows above its points say of it, and its points."""

    said: dict[int, str]
    area: str
    points: list[PointLine]
    line: int


def read(content: bytes, *, answers: Answers | None = None) -> DeclaredBoundary:
    """Read a workbook's coordinate tables.

    Parameters
    ----------
    content
        The xlsx. Rows are counted through all visible sheets' own numbers; a refusal names sheet and cell.
    answers
        The central meridian where eastings have no zone number; a width makes lines of the points.

    Raises
    ------
    UnusableInput
        With row (``line``) and sheet and cell (``field``) wherever there is one.
    """
    answers = answers or Answers()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "boundary.xlsx"
        path.write_bytes(content)
        try:
            sheets = read_sheets(path, limits=_LIMITS)
        except Refused as refusal:
            raise unusable(refusal) from refusal
    text = TextContent()
    remarks = Remarks()
    blocks: list[_Block] = []
    problems: list[Notice] = []
    for sheet in sheets:
        blocks += _blocks(sheet, text, problems)
        if len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise UnusableInput(*problems[:_MOST_PROBLEMS])
    blocks = [block for block in blocks if block.points]
    if not blocks:
        raise UnusableInput(
            Notice(
                "no-coordinate-table",
                "工作簿里没有坐标成果表：要有一行标题，写着界址点号、纵坐标X、横坐标Y",
            )
        )
    if len(blocks) > MAX_PLOTS:
        raise UnusableInput(Notice("too-many-plots", "地块超过 %(limit)s 个", {"limit": MAX_PLOTS}))
    shape = "线" if answers.width_m is not None else "面"
    for block in blocks:
        said = block.said
        fields = ["", block.area, said.get(_PLOT, ""), said.get(_NAME, ""), shape, "", said.get(_USE, "")]
        text.plots.append(PlotLines(block.line, fields, block.points))
    declared = interpret(text, remarks, answers, format="workbook")
    notices = tuple(notice for notice in declared.notices if notice.code != "point-count-missing")
    plots = tuple(
        replace(
            plot,
            attributes={name: value for name, value in plot.attributes.items() if name in _KEPT and value},
        )
        for plot in declared.plots
    )
    return replace(declared, plots=plots, notices=notices)


_KEPT = ("地块面积", "地块编号", "地块名称", "地块用途")


def _blocks(sheet: Sheet, text: TextContent, problems: list[Notice]) -> Iterator[_Block]:
    columns: dict[int, int] = {}
    block = _Block({}, "", [], 1)
    half: dict[int, int] = {}
    for line, cells in sheet.rows:
        found = _head(cells)
        if {_X, _Y} <= found.keys() or {_X, _Y} <= (half | found).keys():
            if block.points:
                yield block
                block = _Block({}, "", [], line)
            columns, half = half | found, {}
            continue
        half = found if _NUMBER in found else {}
        if half and not columns:
            continue
        if _labels(cells, text, line):
            if block.points:
                yield block
                block = _Block({}, "", [], line)
                columns = {}
            _say(cells, block)
            continue
        if not columns:
            continue
        point = _point(sheet.name, line, cells, columns, problems)
        if len(problems) >= _MOST_PROBLEMS:
            return
        if point is None:
            continue
        own = {at: _text(cells, columns[at]) for at in (_PLOT, _NAME, _USE) if at in columns}
        key = own.get(_PLOT) or own.get(_NAME)
        if key and block.points and key != (block.said.get(_PLOT) or block.said.get(_NAME)):
            yield block
            block = _Block({}, "", [], line)
        block.said |= {at: value for at, value in own.items() if value}
        block.points.append(point)
    if block.points:
        yield block


def _plain(cell: Cell) -> str:
    text = unicodedata.normalize("NFKC", "" if cell is None else str(cell))
    return "".join(text.split())


def _text(cells: Sequence[Cell], at: int) -> str:
    value = cells[at] if at < len(cells) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _head(cells: Sequence[Cell]) -> dict[int, int]:
    """Which columns a row names: the column's meaning and its place."""
    found: dict[int, int] = {}
    for at, cell in enumerate(cells):
        if not isinstance(cell, str):
            continue
        title = _plain(cell).upper()
        for meaning, pattern in _TITLES:
            if meaning not in found and re.fullmatch(pattern, title.replace("M)", "m)")):
                found[meaning] = at
                break
    return found


def _labels(cells: Sequence[Cell], text: TextContent, line: int) -> bool:
    """Keep what a row of labels and values says of the whole table; True where it says something of a plot."""
    of_plot = False
    for at, cell in enumerate(cells):
        name = _plain(cell).rstrip(":")
        if name in _HEADER_LABELS and _text(cells, at + 1):
            text.header.setdefault(name, _text(cells, at + 1))
            text.header_lines.setdefault(name, line)
        of_plot |= name in _LABELS
    return of_plot


def _say(cells: Sequence[Cell], block: _Block) -> None:
    for at, cell in enumerate(cells):
        name = _plain(cell).rstrip(":")
        if name in _LABELS:
            block.said[_LABELS[name]] = _text(cells, at + 1)
        elif area := _AREA.fullmatch(name):
            block.area = _text(cells, at + 1) + area[2] if _text(cells, at + 1) else ""


def _point(
    sheet: str, line: int, cells: Sequence[Cell], columns: dict[int, int], problems: list[Notice]
) -> PointLine | None:
    texts = [_text(cells, columns[at]) for at in (_X, _Y)]
    number = _text(cells, columns[_NUMBER]) if _NUMBER in columns else ""
    if not any(texts) and not number:
        return None  # an edge length between two points, or a remark
    if not any(map(_NUMERIC.fullmatch, map(_number_text, texts))) and not (
        number and _looks_like_point(number, texts)
    ):
        return None  # a foot line: 制表, 审核, 面积 …
    values = []
    for at, text in zip((_X, _Y), texts, strict=True):
        plain = _number_text(text)
        cell = f"{sheet}!{_letters(columns[at])}{line}"
        if not text:
            template = "单元格 %(cell)s 是空的，这里应有坐标；如果是公式，请在 Excel 中重新计算并保存"
            problems.append(Notice("cell-empty", template, {"cell": cell}, line=line, field=cell))
        elif not _NUMERIC.fullmatch(plain) or not math.isfinite(float(plain)):
            template = "单元格 %(cell)s 里的“%(text)s”不是坐标"
            problems.append(
                Notice(
                    "cell-not-a-number", template, {"cell": cell, "text": text[:40]}, line=line, field=cell
                )
            )
        else:
            values.append(float(plain))
    if len(values) < 2:
        return None
    label = _text(cells, columns[_RING]) if _RING in columns else ""
    return PointLine(line, number, label or None, values[0], values[1])


def _looks_like_point(number: str, texts: Sequence[str]) -> bool:
    """Whether a row without coordinates is a point that lost them, not a line of words."""
    return bool(re.fullmatch(r"[A-Za-z]{0,3}\d{1,6}", number)) and all(len(text) < 30 for text in texts)


def _number_text(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")


def _letters(column: int) -> str:
    return chr(65 + column) if column < 26 else chr(64 + column // 26) + chr(65 + column % 26)


def write(declared: DeclaredBoundary, *, title: str = TITLE) -> bytes:
    """Write a workbook: one sheet, each plot's number, name, use and area above the table of its points.

    Coordinates are numbers of the plane (longitude/latitude goes out in its own 3° zone), shown to 1 mm; each ring ends
    with its first point. Text that begins like a formula is marked as text.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Border, Font, Side

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(TITLE)
    for letter, width in zip("ABCDEF", (14, 18, 18, 14, 10, 12), strict=True):
        sheet.column_dimensions[letter].width = width
    line = Side(style="thin", color="808080")
    frame = Border(left=line, right=line, top=line, bottom=line)

    def cell(value: Any, *, bold: bool = False, framed: bool = False, form: str = "General") -> Any:
        made = WriteOnlyCell(sheet, value=value)
        if isinstance(value, str):
            made.value = ILLEGAL_CHARACTERS_RE.sub("", value)
            made.data_type = "s"  # openpyxl takes text that begins with = for a formula
            made.quotePrefix = value.startswith(_FORMULA)
        made.number_format = form
        if bold:
            made.font = Font(bold=True)
        if framed:
            made.border = frame
            made.alignment = Alignment(horizontal="center")
        return made

    plane = in_plane(declared)
    crs = plane.crs
    zone = str(crs.zone) if crs.has_prefix else ""
    sheet.append([cell(title, bold=True)])
    sheet.append([cell("坐标系"), cell("2000国家大地坐标系"), cell("几度分带"), cell(str(crs.zone_width))])
    sheet.append(
        [
            cell("带号"),
            cell(zone),
            cell("中央子午线"),
            cell(f"{crs.central_meridian:.0f}"),
            cell("计量单位"),
            cell("米"),
        ]
    )
    tables = coordinate_table.rows(declared)
    for plot, area, rows in zip(plane.plots, plot_areas_m2(declared), tables, strict=True):
        stated = plot.declared_area_m2 if plot.declared_area_m2 is not None else area
        sheet.append([])
        sheet.append([cell("地块编号"), cell(plot.number), cell("地块名称"), cell(plot.name)])
        sheet.append(
            [
                cell("地块用途"),
                cell(plot.use),
                cell("地块面积(公顷)"),
                cell(round(stated / 1e4, 4), form="0.0000"),
            ]
        )
        sheet.append([cell(text, bold=True, framed=True) for text in HEAD])
        for row in rows:
            sheet.append(
                [
                    cell(row.number, framed=True),
                    cell(row.x, framed=True, form="0.000"),
                    cell(row.y, framed=True, form="0.000"),
                    cell(None if row.edge_m is None else round(row.edge_m, 3), framed=True, form="0.00"),
                    cell(row.ring, framed=True),
                    cell(row.remark, framed=True),
                ]
            )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
