"""A crosswalk: which classes of one system go together with which of another, as dated data with its source.

An entry speaks of every code that begins with one of its codes, so an entry for `01` holds for `0103` too. Two
classes are compatible if one entry names both. A class that no entry names conflicts with every other, and is told.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from layers.notices import Notice, Refused
from layers.standards import code_list
from siting.engine.conflict import BoolArray

FOLDER = Path(__file__).with_name("crosswalks")
MAX_BYTES = 1_000_000
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_CLASS = re.compile(r"[0-9A-Za-z_.-]{1,40}")
_CSV_HEADER = ("a", "b", "note")


@dataclass(frozen=True)
class Entry:
    """Classes of A that are compatible with classes of B, each with all that begins with it."""

    a: tuple[str, ...]
    b: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Crosswalk:
    """One dated version of a crosswalk. `system_a` and `system_b` are code systems (layers/standards)."""

    code: str
    version: int
    name: str
    system_a: str
    system_b: str
    valid_from: date
    source: str
    entries: tuple[Entry, ...] = field(repr=False)

    def compatible(self, a: str, b: str) -> bool:
        return any(_named(a, entry.a) and _named(b, entry.b) for entry in self.entries)

    def knows_a(self, code: str) -> bool:
        return any(_named(code, entry.a) for entry in self.entries)

    def knows_b(self, code: str) -> bool:
        return any(_named(code, entry.b) for entry in self.entries)

    def conflicting(self, classes_a: Sequence[str], classes_b: Sequence[str]) -> BoolArray:
        """Which pairs don't go together, bool (classes of A, classes of B)."""
        found = [[not self.compatible(a, b) for b in classes_b] for a in classes_a]
        return np.array(found, dtype=bool).reshape(len(classes_a), len(classes_b))

    def turned(self) -> Crosswalk:
        """The same, with A and B in each other's place."""
        entries = tuple(Entry(entry.b, entry.a, entry.note) for entry in self.entries)
        return replace(self, system_a=self.system_b, system_b=self.system_a, entries=entries)

    def joins(self, system_a: str, system_b: str) -> bool:
        """Whether it speaks of these two systems, in this order; a system may be called by another name."""
        return same_system(self.system_a, system_a) and same_system(self.system_b, system_b)

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "version": self.version,
            "name": self.name,
            "system_a": self.system_a,
            "system_b": self.system_b,
            "valid_from": self.valid_from.isoformat(),
            "source": self.source,
            "entries": [{"a": list(e.a), "b": list(e.b), "note": e.note} for e in self.entries],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Crosswalk:
        return cls(
            data["code"], data["version"], data["name"], data["system_a"], data["system_b"],
            date.fromisoformat(data["valid_from"]), data["source"],
            tuple(Entry(tuple(e["a"]), tuple(e["b"]), e["note"]) for e in data["entries"]),
        )  # fmt: skip

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of its canonical JSON."""
        text = json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def same_system(one: str, other: str) -> bool:
    """Whether two names mean one code system."""
    return _system(one) == _system(other)


def _system(name: str) -> str:
    known = code_list(name)
    return name if known is None else known.system


def _named(code: str, beginnings: tuple[str, ...]) -> bool:
    return code != "" and code.startswith(beginnings)


# --- reading ---------------------------------------------------------------------------------------


def read(content: bytes) -> Crosswalk:
    """A crosswalk from its TOML file.

    Raises
    ------
    Refused
        Each fault with its place (`field`: `compatible[3].a`).
    """
    try:
        data = tomllib.loads(_text(content))
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists in lists
        raise Refused(
            Notice("crosswalk-syntax", "对照表不是有效的 TOML：%(why)s", {"why": str(error)}, field="file")
        ) from error
    faults: list[Notice] = []
    head = {name: _head(data, name, faults) for name in ("code", "name", "system_a", "system_b", "source")}
    if head["code"] and not _CODE.fullmatch(head["code"]):
        faults.append(Notice("crosswalk-code", "代码只含小写字母、数字和连字符。", field="code"))
    version = data.get("version")
    if type(version) is not int or not 1 <= version < 2**31:
        faults.append(Notice("crosswalk-version", "版本号应为从 1 起的整数。", field="version"))
    day = data.get("valid_from")
    if type(day) is not date:
        faults.append(Notice("crosswalk-date", "应给出启用日期，如 2023-11-22。", field="valid_from"))
    rows = data.get("compatible")
    if not isinstance(rows, list) or not rows:
        faults.append(Notice("crosswalk-empty", "对照表没有一条对应关系。", field="compatible"))
        rows = []
    entries = [_entry(row, f"compatible[{n}]", faults) for n, row in enumerate(rows, 1)]
    if not faults:
        faults = _faults(entries, head["system_a"], head["system_b"])
    if faults:
        raise Refused(*faults)
    return Crosswalk(valid_from=day, version=version, entries=tuple(entries), **head)  # type: ignore[arg-type]


def read_csv(content: bytes, of: Crosswalk, *, valid_from: date, source: str) -> Crosswalk:
    """The next version of a crosswalk from a table with the columns a, b, note; codes in a cell are parted by spaces.

    Raises
    ------
    Refused
        Each fault with its line.
    """
    reader = csv.reader(io.StringIO(_text(content)))
    try:
        header, *rows = [(reader.line_num, row) for row in reader] or [(1, [])]
    except csv.Error as error:  # a cell without an end
        raise Refused(
            Notice("crosswalk-codes", "应列出至少一个类别代码（文本）。", line=reader.line_num)
        ) from error
    if tuple(cell.strip().lower() for cell in header[1])[:2] != _CSV_HEADER[:2]:
        raise Refused(Notice("crosswalk-header", "表头应为 a,b,note。", line=1))
    entries, faults = [], []
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = [*row, "", "", ""]
        found: list[Notice] = []
        data = {"a": cells[0].split(), "b": cells[1].split(), "note": cells[2].strip()}
        entry = _entry(data, "", found)
        found = found or _faults([entry], of.system_a, of.system_b)
        faults += [replace(notice, line=line, field=None) for notice in found]
        entries.append(entry)
    if not entries:
        faults.append(Notice("crosswalk-empty", "对照表没有一条对应关系。", line=1))
    if faults:
        raise Refused(*faults)
    return replace(of, version=of.version + 1, valid_from=valid_from, source=source, entries=tuple(entries))


def shipped() -> list[Crosswalk]:
    """The crosswalks that come with the platform."""
    return [read(path.read_bytes()) for path in sorted(FOLDER.glob("*.toml"))]


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise Refused(Notice("crosswalk-too-large", "对照表文件超过 1 MB。", field="file"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise Refused(
                Notice("crosswalk-encoding", "文件不是 UTF-8 或 GB18030 文本。", field="file")
            ) from error


def _head(data: Mapping[str, Any], name: str, faults: list[Notice]) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 200 or "\0" in value:
        faults.append(Notice("crosswalk-field", "缺少 %(field)s。", {"field": name}, field=name))
        return ""
    return value.strip()


def _entry(row: Any, place: str, faults: list[Notice]) -> Entry:
    sides = []
    for side in ("a", "b"):
        codes = row.get(side) if isinstance(row, dict) else None
        where = f"{place}.{side}" if place else side
        if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
            faults.append(Notice("crosswalk-codes", "应列出至少一个类别代码（文本）。", field=where))
            codes = []
        for code in codes:
            if not _CLASS.fullmatch(code):
                faults.append(
                    Notice("crosswalk-class", "“%(code)s”不是类别代码。", {"code": code[:60]}, field=where)
                )
        sides.append(tuple(codes))
    note = row.get("note", "") if isinstance(row, dict) else ""
    return Entry(sides[0], sides[1], note.replace("\0", "") if isinstance(note, str) else "")


def _faults(entries: Sequence[Entry], system_a: str, system_b: str) -> list[Notice]:
    """Codes that their system hasn't: a slip of the pen would otherwise make ground conflict or agree."""
    found = []
    for side, system in (("a", system_a), ("b", system_b)):
        known = code_list(system)
        if known is None:
            continue
        for n, entry in enumerate(entries, 1):
            for code in getattr(entry, side):
                if not any(one.startswith(code) for one in known.codes):
                    found.append(
                        Notice(
                            "crosswalk-unknown-class", "%(system)s 中没有以 %(code)s 开头的类别。",
                            {"system": known.name, "code": code}, field=f"compatible[{n}].{side}",
                        )
                    )  # fmt: skip
    return found
