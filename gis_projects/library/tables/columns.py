"""What a column of a table holds: how a cell becomes a value, and a value a cell again, without loss."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext, override

from siting.engine.notices import Notice

if TYPE_CHECKING:
    from gis_projects.library.tables.lookups import Lookups


class Kind(StrEnum):
    """What cells of a column say."""

    TEXT = "text"
    LONG = "long"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    WORDS = "words"
    REGION = "region"
    ORGANISATION = "organisation"
    ORGANISATIONS = "organisations"


@dataclass(frozen=True)
class Option:
    """One thing that may be chosen: what is stored, and what people write for it in either language."""

    value: str
    label: str
    label_en: str = ""
    offered: bool = True  # False: retired; stays where it is

    @property
    def shown(self) -> str:
        return self.label_en if self.label_en and (get_language() or "").startswith("en") else self.label


class CellError(ValueError):
    """A cell doesn't say what its column holds; ``notice`` says why."""

    def __init__(self, code: str, template: str, **params: Any) -> None:
        self.notice = Notice(code, template, params)
        super().__init__(str(self.notice))


@dataclass(frozen=True)
class Formula:
    """A cell that is computed: what it shows depends on who opens it, so it is never taken for a value."""

    text: str


@dataclass(frozen=True)
class Broken:
    """A cell that shows an error (``#N/A``)."""

    text: str


# How amounts are written beside their unit; stored is 元.
UNITS = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
_UNITS_EN = {"元": "yuan", "万元": "10,000 yuan", "亿元": "100 million yuan"}
# From here on a double, which is what spreadsheets keep, has too few digits for the fen.
_EXACT = Decimal(10) ** 13
# Between several things in one cell: the first wherever there is one, else the second; a label may hold those.
_FIRST_SEPARATORS = re.compile(r"[；;\n]+")
_SECOND_SEPARATORS = re.compile(r"[、，,]+")
_DATES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_YES = {"是", "yes", "y", "true", "1", "√"}
_NO = {"否", "no", "n", "false", "0", "×"}


@dataclass(frozen=True)
class Column:
    """One column.

    ``label`` is the Chinese heading and the message id of its translation; files may use either. ``choices`` are asked
    when they are needed: they may be rows of the database. ``check`` is called with the value and raises
    ``ValidationError``. ``fixed``: the column can't be changed in a row that is there already. ``only_out``: it is
    exported, and ignored when it comes back (a computed figure). ``keeps``: an empty cell says nothing, so what is
    stored stays (a secrecy is never lowered by leaving it out).
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    required: bool = False
    help: str = ""
    choices: Callable[[], Sequence[Option]] | None = None
    max_length: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    places: int | None = None
    check: Callable[[Any], None] | None = None
    fixed: bool = False
    only_out: bool = False
    keeps: bool = False
    example: str = ""

    def heading(self) -> str:
        """The heading in the language of the moment; an amount's names its unit."""
        name = gettext(self.label)
        return gettext("%(name)s（元）") % {"name": name} if self.kind is Kind.MONEY else name

    def names(self) -> dict[str, Decimal]:
        """Every heading that means this column, as `plain` writes it, with the unit that amounts are then in."""
        found: dict[str, Decimal] = {}
        for language in ("zh-hans", "en"):
            with override(language):
                name = gettext(self.label)
            if self.kind is not Kind.MONEY:
                found[plain(name)] = Decimal(1)
                continue
            for unit, factor in UNITS.items():
                for said in (unit, _UNITS_EN[unit]):
                    found[plain(f"{name}({said})")] = factor
        return found

    def parse(self, cell: Any, lookups: Lookups, *, unit: Decimal = Decimal(1)) -> Any:
        """The value of a cell; None (or an empty text or list) where it is empty.

        Raises
        ------
        CellError
            It doesn't say what the column holds.
        """
        if isinstance(cell, Formula):
            raise CellError("cell-formula", "单元格是公式，请粘贴为数值")
        if isinstance(cell, Broken):
            raise CellError("cell-broken", "单元格是错误值 %(text)s", text=cell.text)
        if isinstance(cell, str):
            cell = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
        if cell is None or cell == "":
            if self.required:
                raise CellError("cell-required", "必填")
            return self.empty
        value = getattr(self, f"_{self.kind}")(cell, lookups, unit)
        if self.check is not None:
            try:
                self.check(value)
            except ValidationError as error:
                raise CellError("cell-invalid", "%(reason)s", reason=" ".join(error.messages)) from error
        return value

    @property
    def empty(self) -> Any:
        """The value of an empty cell."""
        if self.kind in (Kind.TEXT, Kind.LONG):
            return ""
        return () if self.kind in (Kind.CHOICES, Kind.WORDS, Kind.ORGANISATIONS) else None

    def cell(self, value: Any, lookups: Lookups) -> Any:
        """What an export writes for a value: a number, a date or a text that `parse` takes for it again."""
        if value is None or value == "" or value == ():
            return None
        match self.kind:
            case Kind.CHOICE:
                return lookups.shown(self, value)
            case Kind.CHOICES:
                return "；".join(lookups.shown(self, one) for one in value)
            case Kind.WORDS:
                return "；".join(value)
            case Kind.BOOLEAN:
                return gettext("是") if value else gettext("否")
            case Kind.REGION:
                return lookups.region_text(value)
            case Kind.ORGANISATION:
                return lookups.organisation_text(value)
            case Kind.ORGANISATIONS:
                return "；".join(lookups.organisation_text(one) for one in value)
            case Kind.MONEY:
                return value if abs(value) < _EXACT else f"{value:f}"
            case _:
                return value

    def options(self) -> Sequence[Option]:
        return self.choices() if self.choices is not None else ()

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values are the same to this column."""
        return self._comparable(one) == self._comparable(other)

    def _comparable(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if self.kind in (Kind.TEXT, Kind.LONG):
            return clean(str(value)).replace("\r\n", "\n").strip() or None
        if self.kind in (Kind.CHOICES, Kind.WORDS, Kind.ORGANISATIONS):
            return sorted(str(one) for one in value) or None
        return value

    # One method for each kind.

    def _text(self, cell: Any, lookups: Lookups, unit: Decimal) -> str:
        text = clean(_written(cell))
        if self.kind is Kind.TEXT:
            text = re.sub(r"\s*\n\s*", " ", text)
        if self.max_length is not None and len(text) > self.max_length:
            raise CellError(
                "cell-too-long",
                "超过 %(limit)s 个字（现有 %(length)s 个）",
                limit=self.max_length,
                length=len(text),
            )
        return text

    _long = _text

    def _number(self, cell: Any, lookups: Lookups, unit: Decimal) -> Decimal:
        if isinstance(cell, bool | date | datetime):
            raise CellError("cell-no-number", "不是数")
        text = unicodedata.normalize("NFKC", _written(cell)).replace(" ", "")
        if not re.fullmatch(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d{1,2})?", text):
            raise CellError("cell-no-number", "不是数")
        try:
            value = Decimal(text.replace(",", ""))
        except InvalidOperation as error:
            raise CellError("cell-no-number", "不是数") from error
        return self._bounded(value)

    def _bounded(self, value: Decimal) -> Decimal:
        if self.minimum is not None and value < self.minimum:
            raise CellError("cell-too-small", "不能小于 %(limit)s", limit=f"{self.minimum:f}")
        if self.maximum is not None and value > self.maximum:
            raise CellError("cell-too-large", "不能大于 %(limit)s", limit=f"{self.maximum:f}")
        if self.places is not None and value != round(value, self.places):
            raise CellError("cell-too-exact", "小数最多 %(places)s 位", places=self.places)
        return value

    def _integer(self, cell: Any, lookups: Lookups, unit: Decimal) -> int:
        value = self._number(cell, lookups, unit)
        if value != value.to_integral_value():
            raise CellError("cell-no-integer", "不是整数")
        return int(value)

    def _money(self, cell: Any, lookups: Lookups, unit: Decimal) -> Decimal:
        """元 to the fen. A unit in the cell goes before the heading's."""
        if isinstance(cell, str):
            text = re.sub(r"\s", "", unicodedata.normalize("NFKC", cell)).lstrip("¥")
            for name in ("亿元", "万元", "元"):
                if text.endswith(name):
                    cell, unit = text.removesuffix(name), UNITS[name]
                    break
            else:
                cell = text
        # Bounds hold for 元, so the number is read without them first.
        value = Column(self.key, self.label, Kind.NUMBER)._number(cell, lookups, unit) * unit
        if value < 0 and self.minimum is None:
            raise CellError("cell-negative", "金额不能为负")
        if value >= Decimal(10) ** 16:
            raise CellError("cell-too-much", "金额过大")
        if value != round(value, 2):
            raise CellError("cell-below-fen", "金额最多精确到分")
        return self._bounded(round(value, 2))

    def _date(self, cell: Any, lookups: Lookups, unit: Decimal) -> date:
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        text = re.sub(r"\s", "", unicodedata.normalize("NFKC", _written(cell)))
        for pattern in _DATES:
            if found := pattern.fullmatch(text):
                try:
                    return date(*(int(part) for part in found.groups()))
                except ValueError as error:
                    raise CellError("cell-no-day", "没有 %(text)s 这一天", text=text) from error
        raise CellError("cell-no-date", "不是日期，请写成 2026-03-31")

    def _boolean(self, cell: Any, lookups: Lookups, unit: Decimal) -> bool:
        if isinstance(cell, bool):
            return cell
        text = plain(_written(cell))
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise CellError("cell-no-boolean", "请填“是”或“否”")

    def _choice(self, cell: Any, lookups: Lookups, unit: Decimal) -> str:
        return self._chosen(_written(cell), lookups)

    def _choices(self, cell: Any, lookups: Lookups, unit: Decimal) -> tuple[str, ...]:
        words = _several(_written(cell), lambda word: lookups.chosen(self, word) is not None)
        return tuple(dict.fromkeys(self._chosen(word, lookups) for word in words))

    def _chosen(self, word: str, lookups: Lookups) -> str:
        value = lookups.chosen(self, word)
        if value is None:
            options = [option.shown for option in self.options() if option.offered]
            raise CellError(
                "cell-no-choice",
                "没有“%(word)s”这一项，可以是：%(options)s",
                word=word[:40],
                options=[*options[:12], *(["…"] if len(options) > 12 else [])],
            )
        return value

    def _words(self, cell: Any, lookups: Lookups, unit: Decimal) -> tuple[str, ...]:
        words = [clean(word) for word in _several(_written(cell), lambda word: False)]
        if long := [word for word in words if len(word) > (self.max_length or 60)]:
            raise CellError("cell-long-word", "“%(word)s…”过长", word=long[0][:20])
        return tuple(dict.fromkeys(words))

    def _region(self, cell: Any, lookups: Lookups, unit: Decimal) -> str:
        return lookups.region(_written(cell))

    def _organisation(self, cell: Any, lookups: Lookups, unit: Decimal) -> int:
        return lookups.organisation(_written(cell))

    def _organisations(self, cell: Any, lookups: Lookups, unit: Decimal) -> tuple[int, ...]:
        words = _several(_written(cell), lookups.knows_organisation)
        return tuple(dict.fromkeys(lookups.organisation(word) for word in words))


def _several(text: str, known: Callable[[str], bool]) -> list[str]:
    """The things that one cell names."""
    words: list[str] = []
    for part in _FIRST_SEPARATORS.split(text):
        words += [part] if known(part.strip()) else _SECOND_SEPARATORS.split(part)
    return [word.strip() for word in words if word.strip()]


def plain(text: str) -> str:
    """A heading or a choice as it is compared: half-width, without spaces, marks of what is required and case."""
    return re.sub(r"[\s*＊]", "", unicodedata.normalize("NFKC", text)).casefold()


def clean(text: str) -> str:
    """Without characters that control, which neither a spreadsheet nor the database keeps."""
    return "".join(
        letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")
    )


def _written(cell: Any) -> str:
    """A cell as somebody would have typed it."""
    if isinstance(cell, bool):
        return gettext("是") if cell else gettext("否")
    if isinstance(cell, float):
        if abs(cell) >= 1e15:
            raise CellError(
                "cell-lost-digits", "数字过长，电子表格已丢失末尾几位，请把这一列设为文本格式后重填"
            )
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, int):
        if abs(cell) >= 10**15:
            raise CellError(
                "cell-lost-digits", "数字过长，电子表格已丢失末尾几位，请把这一列设为文本格式后重填"
            )
        return str(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(cell)
