"""What an opinion states besides its text: the fields and checkpoints that the routing table asks of its items.

Pure functions; numbers are Decimal and are kept as text with all their digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from gis_projects.argument.routing.reading import Field, Item, Named, Table
from siting.engine.notices import Notice

NOT_SUPPORTED = Named("none", "不符合支持领域", "No area supported")
ANSWERS = (Named("yes", "符合", "Yes"), Named("no", "不符合", "No"), Named("na", "不涉及", "Not applicable"))
_PLACES = Decimal("0.0001")
_MOST = Decimal(10) ** 17


@dataclass(frozen=True)
class Asked:
    """One field as it is asked: of an item, and of one source of funds where it is asked once for each."""

    item: Item
    field: Field
    options: tuple[Named, ...] = ()
    source: str = ""

    @property
    def key(self) -> str:
        """The name under which its value is sent and kept."""
        return f"{self.item.code}.{self.field.code}" + (f".{self.source}" if self.source else "")


def asked(table: Table, items: Iterable[str], sources: Iterable[str]) -> Iterator[Asked]:
    """The fields of a task's items, one by one, in the table's order."""
    for code in items:
        item = table.item(code)
        for field in item.fields:
            if field.per != "source":
                yield Asked(item, field, field.options)
                continue
            for source in sources:
                if source in item.when.sources:
                    areas = table.support.get(source, ()) if field.options_of == "support" else field.options
                    yield Asked(item, field, (*areas, NOT_SUPPORTED), source)


def points(table: Table, items: Iterable[str]) -> Iterator[tuple[str, Item, Named]]:
    """The checkpoints of a task's items: key, item, point."""
    for code in items:
        item = table.item(code)
        for point in item.points:
            yield f"point.{item.code}.{point.code}", item, point


def stated(
    table: Table,
    items: Iterable[str],
    sources: Iterable[str],
    given: Mapping[str, Any],
    *,
    complete: bool,
) -> tuple[dict[str, str], list[Notice]]:
    """What was stated, as it is kept, and what is wrong with it.

    Parameters
    ----------
    given
        By `Asked.key`, and by the keys of `points`; what the table doesn't ask is left out.
    complete
        Whether all that isn't optional has to be there (an opinion that is handed in); a draft may lack it.
    """
    items = list(items)
    kept: dict[str, str] = {}
    problems: list[Notice] = []
    fields = list(asked(table, items, sources))
    for each in fields:
        if each.field.kind == "ratio":
            continue
        value = str(given.get(each.key, "") or "").replace("\0", "").strip()
        if not value:
            if complete and not each.field.optional:
                problems.append(
                    Notice("field-missing", "请填写“%(name)s”", {"name": each.field.name}, field=each.key)
                )
            continue
        problem = _problem(each, value)
        if problem is None:
            kept[each.key] = _plain(each.field.kind, value)
        else:
            problems.append(problem)
    for each in fields:
        if each.field.kind == "ratio" and (ratio := ratio_of(each, kept)) is not None:
            kept[each.key] = f"{ratio:f}"
    for key, _item, point in points(table, items):
        answer = str(given.get(key, "") or "")
        if answer in {each.code for each in ANSWERS}:
            kept[key] = answer
        elif complete:
            problems.append(Notice("point-missing", "请核对要点“%(name)s”", {"name": point.name}, field=key))
    return kept, problems


def _problem(each: Asked, value: str) -> Notice | None:
    kind = each.field.kind
    if kind == "choice":
        if value in {option.code for option in each.options}:
            return None
        return Notice("field-choice", "“%(name)s”没有这个选项", {"name": each.field.name}, field=each.key)
    if kind == "text":
        if len(value) <= 2000:
            return None
        return Notice("text-too-long", "文字不能超过 %(limit)s 个字", {"limit": 2000}, field=each.key)
    if number(value) is None:
        return Notice(
            "field-number",
            "“%(name)s”须为不小于 0 的数，最多两位小数",
            {"name": each.field.name},
            field=each.key,
        )
    return None


def number(value: str) -> Decimal | None:
    """A number as people type it (thousands may be separated), not below 0 and to two places; None if it is none."""
    try:
        found = Decimal(value.replace(",", "").replace("\uff0c", ""))
    except InvalidOperation:
        return None
    if not found.is_finite() or not 0 <= found < _MOST or found != found.quantize(Decimal("0.01")):
        return None
    return found


def _plain(kind: str, value: str) -> str:
    if kind in ("text", "choice"):
        return value
    found = number(value)
    assert found is not None, "what is kept was checked"
    return f"{found:f}"


def ratio_of(each: Asked, kept: Mapping[str, str]) -> Decimal | None:
    """Numerator over denominator to four places, half up; None where one is missing or the denominator is 0."""
    above = kept.get(f"{each.item.code}.{each.field.numerator}")
    below = kept.get(f"{each.item.code}.{each.field.denominator}")
    if above is None or below is None or Decimal(below) == 0:
        return None
    return (Decimal(above) / Decimal(below)).quantize(_PLACES, rounding=ROUND_HALF_UP)


def too_low(each: Asked, kept: Mapping[str, str]) -> bool:
    """Whether a ratio lies below what the table asks at least."""
    value = kept.get(each.key)
    return each.field.at_least is not None and value is not None and Decimal(value) < each.field.at_least


def quotas(table: Table, items: Iterable[str], kept: Mapping[str, str]) -> dict[str, Decimal]:
    """What an opinion takes from the ledgers, by kind of quota; nothing where it takes 0."""
    found: dict[str, Decimal] = {}
    for each in asked(table, items, ()):
        if each.field.kind == "quota" and (value := kept.get(each.key)) and Decimal(value) > 0:
            found[each.field.quota] = found.get(each.field.quota, Decimal(0)) + Decimal(value)
    return found
