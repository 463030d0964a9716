"""Rows of an untrusted Excel workbook, read in confinement."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from layers.notices import UnreadableFile
from layers.reading import archives
from layers.reading.refusals import refused
from layers.reading.sandbox import Confined, Limits

Cell = str | int | float | bool | None


@dataclass
class Sheet:
    """A visible sheet: for each row with something in it its number (from 1) and its cells (at most sixty).

    A formula's cell holds its last result, None where the program that wrote the file kept none.
    """

    name: str
    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)


def read_sheets(path: Path, *, limits: Limits | None = None, bwrap: str = "bwrap") -> list[Sheet]:
    """Read the cells of an xlsx workbook.

    Parameters
    ----------
    path
        The file; judged by its zip directory before it is opened.
    limits
        Bounds; `features` is the number of rows.

    Raises
    ------
    UnreadableFile
        With notices in Chinese.
    """
    archives.check_directory(path)
    limits = limits or Limits()
    sheets: list[Sheet] = []
    with Confined("spreadsheet", {}, path, "data.xlsx", (), limits=limits, bwrap=bwrap) as run:
        told = run.output.read()
        run.finish()
    try:
        for line in told.splitlines():
            item = json.loads(line)
            if "sheet" in item:
                sheets.append(Sheet(str(item["sheet"])))
            else:
                sheets[-1].rows.append((int(item["row"]), list(item["cells"])))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UnreadableFile(refused({"code": "incomplete"})) from error
    return sheets
