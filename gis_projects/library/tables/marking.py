"""The user's own file again, with what is wrong beside each line.

A CSV keeps its encoding and its mark between cells. A workbook keeps everything that it holds: only the lines with
problems are touched, in the sheet's own XML, and the cells at fault get a copy of their format with a red ground.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext
from lxml import etree
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from gis_projects.library.tables.columns import Column, clean
from gis_projects.library.tables.reading import OWN_HEADINGS, Source, plain
from gis_projects.library.tables.specification import Problem
from gis_projects.sentences import sentence

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ROW = re.compile(rb"<(?:\w+:)?row\b(?:[^>]*?/>|.*?</(?:\w+:)?row>)", re.DOTALL)
_NUMBER = re.compile(rb"^<(?:\w+:)?row\b[^>]*?\sr=[\"'](\d+)[\"']")
_GROUND = "FFFFC7CE"  # the light red that spreadsheets themselves use for what is wrong
_LONGEST = 32_000  # characters that a cell may hold, nearly


def marked(
    content: bytes, source: Source, columns: Sequence[Column], problems: Mapping[int, Sequence[Problem]]
) -> bytes:
    """The copy. ``problems`` are by line."""
    names = {column.key: column.heading() for column in columns}
    told = {line: _told(found, names) for line, found in problems.items()}
    if source.kind == "csv":
        return _csv(content, source, told)
    at_fault = {line: {problem.column for problem in found} for line, found in problems.items()}
    return _xlsx(content, source, told, at_fault)


def _told(problems: Sequence[Problem], names: Mapping[str, str]) -> str:
    return "；".join(
        sentence(problem.notice)
        if problem.column is None
        else gettext("%(column)s：%(problem)s")
        % {"column": names[problem.column], "problem": sentence(problem.notice)}
        for problem in problems
    )[:_LONGEST]


def _csv(content: bytes, source: Source, told: Mapping[int, str]) -> bytes:
    text = content.decode(source.encoding)
    own = next((at for at, cell in enumerate(source.header) if plain(str(cell)) in OWN_HEADINGS), None)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=source.delimiter)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=source.delimiter, strict=True)
    began, width = 1, len(source.header)
    for cells in reader:
        if began >= source.header_line:
            said = gettext("导入错误") if began == source.header_line else told.get(began, "")
            if own is None:
                cells = [*cells, *[""] * (width - len(cells)), said]
            else:
                cells = [*cells, *[""] * (own + 1 - len(cells))]
                cells[own] = said
        writer.writerow(cells)
        began = reader.line_num + 1
    if source.encoding == "utf-16":
        return codecs.BOM_UTF16_LE + out.getvalue().encode("utf-16-le")
    return out.getvalue().encode(source.encoding)


def _xlsx(
    content: bytes, source: Source, told: Mapping[int, str], at_fault: Mapping[int, set[str | None]]
) -> bytes:
    part = source.sheet_part.lstrip("/")
    own = next(
        (at for at, cell in enumerate(source.header) if cell and plain(str(cell)) in OWN_HEADINGS),
        len(source.header),
    )
    place = {column.key: at + 1 for at, column in source.columns.items()}
    styles = _Styles()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = {info.filename: info for info in old.infolist()}
        if "xl/styles.xml" in names:
            styles.read(old.read("xl/styles.xml"))
        last = 0

        def row(found: re.Match[bytes]) -> bytes:
            nonlocal last
            number = _NUMBER.match(found[0])
            last = int(number[1]) if number else last + 1
            if last == source.header_line:
                return _changed(found[0], last, {}, own + 1, gettext("导入错误"), styles)
            if last not in told:
                return found[0]
            wrong = {place[name] for name in at_fault[last] if name in place}
            return _changed(found[0], last, wrong, own + 1, told[last], styles)

        sheet = _ROW.sub(row, old.read(part))
        for name, info in names.items():
            if name == part:
                new.writestr(info.filename, sheet)
            elif name == "xl/styles.xml" and styles.changed:
                new.writestr(info.filename, styles.written())
            else:
                new.writestr(info, old.read(name))
    return out.getvalue()


class _Styles:
    """The workbook's formats, and copies of them with a red ground."""

    def __init__(self) -> None:
        self._root: Any = None
        self._red: dict[str, str] = {}
        self._fill = ""

    @property
    def changed(self) -> bool:
        return bool(self._red)

    def read(self, xml: bytes) -> None:
        self._root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))

    def red(self, style: str) -> str:
        """The format that is like ``style`` but for its ground."""
        if self._root is None:
            return style
        if style in self._red:
            return self._red[style]
        formats = self._root.find(f"{{{_MAIN}}}cellXfs")
        fills = self._root.find(f"{{{_MAIN}}}fills")
        if formats is None or fills is None or int(style) >= len(formats):
            return style
        if not self._fill:
            fill = etree.SubElement(fills, f"{{{_MAIN}}}fill")
            pattern = etree.SubElement(fill, f"{{{_MAIN}}}patternFill", patternType="solid")
            etree.SubElement(pattern, f"{{{_MAIN}}}fgColor", rgb=_GROUND)
            etree.SubElement(pattern, f"{{{_MAIN}}}bgColor", indexed="64")
            fills.set("count", str(len(fills)))
            self._fill = str(len(fills) - 1)
        copy = etree.fromstring(etree.tostring(formats[int(style)]))
        copy.set("fillId", self._fill)
        copy.set("applyFill", "1")
        formats.append(copy)
        formats.set("count", str(len(formats)))
        self._red[style] = str(len(formats) - 1)
        return self._red[style]

    def written(self) -> bytes:
        return etree.tostring(self._root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _changed(
    xml: bytes, line: int, wrong: set[int] | dict[int, str], own: int, said: str, styles: _Styles
) -> bytes:
    """One row's XML with the cells at fault on red and the words in the column ``own`` (from 1)."""
    prefix = re.match(rb"<((?:\w+:)?)row", xml)
    assert prefix is not None
    space = prefix[1].decode().rstrip(":")
    declared = f'xmlns:{space}="{_MAIN}"' if space else f'xmlns="{_MAIN}"'
    others = "".join(
        f' xmlns:{name.decode()}="urn:kept:{name.decode()}"'
        for name in {*re.findall(rb"[\s<](\w+):\w+[=\s>/]", xml)} - {space.encode(), b"xml", b"xmlns"}
    )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=False)
    root = etree.fromstring(f"<kept {declared}{others}>".encode() + xml + b"</kept>", parser)
    row = root[0]
    tag = f"{{{_MAIN}}}c"
    cells: dict[int, Any] = {}
    column = 0
    for cell in row.findall(tag):
        where = cell.get("r")
        column = column_index_from_string(coordinate_from_string(where)[0]) if where else column + 1
        cell.set("r", f"{get_column_letter(column)}{line}")
        cells[column] = cell
    for at in {*wrong, own}:
        if at not in cells:
            cell = etree.Element(tag, r=f"{get_column_letter(at)}{line}")
            after = [column for column in cells if column < at]
            row.insert(row.index(cells[max(after)]) + 1 if after else 0, cell)
            cells[at] = cell
    for at in wrong:
        cells[at].set("s", styles.red(cells[at].get("s", "0")))
    mine = cells[own]
    for child in list(mine):
        mine.remove(child)
    mine.set("t", "inlineStr")
    text = etree.SubElement(etree.SubElement(mine, f"{{{_MAIN}}}is"), f"{{{_MAIN}}}t")
    text.text = clean(said)
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    if "spans" in row.attrib:
        del row.attrib["spans"]  # only a hint, and no longer true
    written = etree.tostring(row, encoding="UTF-8", with_tail=False)
    # what stood on the wrapper is declared on the sheet already
    for declaration in (declared, *others.split()):
        written = written.replace(f" {declaration}".encode(), b"", 1)
    return written
