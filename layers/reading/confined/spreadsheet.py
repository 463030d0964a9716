"""The program that reads an Excel workbook (xlsx): the values of its cells, row by row, as JSON lines to the pipe.

Formulas are not computed: what Excel kept as their last result is read. Charts, pictures, links and macros are left
aside.
"""

import datetime as dt
import json
import math
import sys
import warnings
import zipfile
import zlib
from typing import Any
from xml.etree.ElementTree import ParseError

from .bounds import answer, refuse

MAX_SHEETS = 100
MAX_COLUMNS = 60
MAX_TEXT = 2_000  # characters of a cell


def main(task: dict[str, Any]) -> None:
    """Write one line per sheet (its name) and per row with something in it (its number, its cells)."""
    import openpyxl

    limit = task["limits"]["features"]
    rows = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl can't keep, and nobody asks it to
            book = openpyxl.load_workbook(task["path"], read_only=True, data_only=True, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            if len(sheets) > MAX_SHEETS:
                refuse("too-many-sheets", limit=MAX_SHEETS)
            for sheet in sheets:
                _tell({"sheet": sheet.title[:100]})
                sheet.reset_dimensions()  # what a sheet says of its size may be a lie
                for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1):
                    filled = max((at for at, value in enumerate(row, 1) if value is not None), default=0)
                    if not filled:
                        continue
                    rows += 1
                    if rows > limit:
                        refuse("too-many-rows", limit=limit)
                    _tell({"row": number, "cells": [_plain(value) for value in row[:filled]]})
    except MemoryError:
        refuse("too-much-memory")
    except zipfile.BadZipFile:
        refuse("zip-broken")
    except (
        ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, RuntimeError,
        zlib.error,
    ) as error:  # fmt: skip
        refuse("not-readable", reason=f"{type(error).__name__}: {error}".replace(task["path"], "")[:200])
    sys.stdout.flush()
    answer({"notices": []})


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value if not isinstance(value, int) or abs(value) < 1 << 62 else str(value)[:MAX_TEXT]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dt.date | dt.time | dt.datetime):
        return value.isoformat()
    return str(value).replace("\0", "")[:MAX_TEXT]
