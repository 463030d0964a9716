"""A routing table as data, checked and in the words of the code.

The file (TOML, `argument/data/routing.toml`) says in its comments what its entries mean.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

from siting.engine.notices import Notice, UnusableInput

DEFAULT_PATH = Path(__file__).resolve().parents[1] / "data" / "routing.toml"
KINDS = ("total_structure", "site", "fiscal")
TIMEOUTS = ("none", "agree", "escalate")
FIELD_KINDS = ("text", "number", "money", "choice", "ratio", "quota")
QUOTAS = ("land", "debt")
SEVERITIES = ("P", "R", "C", "I")
#: Functions that are found for each project rather than named.
SECTOR, BY_FINDING = "@sector", "@finding"


@dataclass(frozen=True)
class Named:
    """Something with a code and a name in two languages."""

    code: str
    name: str
    name_en: str = ""

    def __str__(self) -> str:
        return said(self.name, self.name_en)


@dataclass(frozen=True)
class Field(Named):
    """One thing that an opinion states of an item. ``at_least`` is told of a ratio that lies below it."""

    kind: str = "text"
    unit: str = ""
    optional: bool = False
    options: tuple[Named, ...] = ()
    options_of: str = ""
    per: str = ""
    quota: str = ""
    numerator: str = ""
    denominator: str = ""
    at_least: Decimal | None = None


@dataclass(frozen=True)
class When:
    """What a project must be for an item to be asked; what is left out asks every project."""

    investment: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    at_least_yuan: Decimal | None = None


@dataclass(frozen=True)
class Item(Named):
    """What a department is asked in a case of a kind."""

    kind: str = ""
    function: str = ""
    row: str = ""
    when: When = When()
    follows: str = "findings"
    layers: tuple[str, ...] = ()
    map: bool = False
    points: tuple[Named, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class FindingRule:
    """Departments that findings of a rule, or of a layer, ask."""

    functions: tuple[str, ...]
    rule: str = ""
    layer: str = ""


@dataclass(frozen=True)
class Limits:
    working_days: int
    reconfirm_days: int
    pause_on_escalation: bool
    timeout: str
    objection_needs_consultation: bool


@dataclass(frozen=True)
class Table:
    """A routing table."""

    name: str
    name_en: str
    source: str
    source_en: str
    limits: Limits
    after: Mapping[str, tuple[str, ...]]
    items: tuple[Item, ...]
    severities: frozenset[str]
    fallback: str
    findings: tuple[FindingRule, ...]
    authorities: Mapping[str, tuple[str, ...]]
    sector: Mapping[str, str]
    support: Mapping[str, tuple[Named, ...]]
    by_code: Mapping[str, Item] = field(default_factory=dict)

    def item(self, code: str) -> Item:
        return self.by_code[code]

    def functions(self) -> set[str]:
        """Every function code that the table may ask."""
        named = {item.function for item in self.items if not item.function.startswith("@")}
        of_findings = {code for rule in self.findings for code in rule.functions}
        of_names = {code for codes in self.authorities.values() for code in codes}
        return named | of_findings | of_names | set(self.sector.values()) | {self.fallback}


def said(chinese: str, english: str) -> str:
    """Data that brings its own English, in the reader's language."""
    return english if english and (get_language() or "").startswith("en") else chinese


def read(content: bytes) -> dict[str, Any]:
    """A routing file's content as JSON data, checked.

    Raises
    ------
    UnusableInput
        It is no TOML, or no routing table; each fault with its place.
    """
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UnusableInput(Notice("routing-encoding", "分派表须为 UTF-8 编码")) from None
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(
            Notice("routing-toml", "分派表不是有效的 TOML：%(detail)s", {"detail": str(error)})
        ) from None
    if faults := problems(data):
        raise UnusableInput(*faults)
    return data


def problems(data: Mapping[str, Any]) -> list[Notice]:
    """Everything that keeps data from being a routing table; ``field`` is the place."""
    try:
        made = _table(data)
    except (KeyError, TypeError, AttributeError, ValueError, InvalidOperation) as error:
        return [
            Notice("routing-shape", "分派表缺少条目或条目类型有误：%(detail)s", {"detail": str(error)[:200]})
        ]
    return [*_of_limits(made.limits), *_of_items(made), *_of_kinds(made)]


def _of_limits(limits: Limits) -> Iterable[Notice]:
    for name in ("working_days", "reconfirm_days"):
        days = getattr(limits, name)
        if not 1 <= days <= 250:
            yield _fault(f"limits.{name}", "routing-days", "办理期限须为 1 到 250 个工作日")
    if limits.timeout not in TIMEOUTS:
        yield _fault("limits.timeout", "routing-timeout", "超期规则只能是 none、agree 或 escalate")


def _of_kinds(table: Table) -> Iterable[Notice]:
    for kind, before in table.after.items():
        for name in (kind, *before):
            if name not in KINDS:
                yield _fault(f"kinds.{kind}", "routing-kind", "没有这种论证：%(kind)s", kind=name)
    if not table.severities <= set(SEVERITIES):
        yield _fault("findings.severities", "routing-severity", "管控级别只能是 P、R、C、I")


def _of_items(table: Table) -> Iterable[Notice]:
    codes = [item.code for item in table.items]
    for code in {code for code in codes if codes.count(code) > 1}:
        yield _fault("item", "routing-item-twice", "事项代码重复：%(item)s", item=code)
    for at, item in enumerate(table.items):
        place = f"item[{at}]"
        if item.kind not in KINDS:
            yield _fault(f"{place}.kind", "routing-kind", "没有这种论证：%(kind)s", kind=item.kind)
        if item.follows not in ("findings", "boundary"):
            yield _fault(f"{place}.follows", "routing-follows", "follows 只能是 findings 或 boundary")
        if item.function.startswith("@") and item.function not in (SECTOR, BY_FINDING):
            yield _fault(
                f"{place}.function", "routing-function", "没有这种承办：%(function)s", function=item.function
            )
        known = {each.code for each in item.fields}
        for each in item.fields:
            where = f"{place}.field.{each.code}"
            if each.kind not in FIELD_KINDS:
                yield _fault(where, "routing-field-kind", "没有这种填报项：%(kind)s", kind=each.kind)
            if each.kind == "quota" and each.quota not in QUOTAS:
                yield _fault(where, "routing-field-quota", "没有这种额度：%(kind)s", kind=each.quota)
            if each.kind == "ratio" and not {each.numerator, each.denominator} <= known:
                yield _fault(where, "routing-field-ratio", "比值的分子、分母须是同一事项的填报项")
            if each.kind == "choice" and not each.options and not each.options_of:
                yield _fault(where, "routing-field-options", "选择项没有选项")
    if not any(item.function == BY_FINDING for item in table.items):
        yield _fault("item", "routing-no-finding-item", "分派表须有一个由检查发现分派的事项（@finding）")


def _fault(place: str, code: str, template: str, **params: Any) -> Notice:
    return Notice(code, template, params, field=place)


def table_of(data: Mapping[str, Any], sha256: str) -> Table:
    """A stored version's content as a table; kept by its hash, since it never changes."""
    return _kept(sha256) or _keep(sha256, _table(data))


_TABLES: dict[str, Table] = {}


def _kept(sha256: str) -> Table | None:
    return _TABLES.get(sha256)


def _keep(sha256: str, table: Table) -> Table:
    if len(_TABLES) >= 64:
        _TABLES.clear()
    return _TABLES.setdefault(sha256, table)


@lru_cache(maxsize=1)
def default() -> Table:
    """The table that comes with the platform."""
    return _table(read(DEFAULT_PATH.read_bytes()))


def _table(data: Mapping[str, Any]) -> Table:
    limits = data["limits"]
    items = tuple(_item(entry) for entry in data["item"])
    found = data["findings"]
    return Table(
        name=str(data["name"]),
        name_en=str(data.get("name_en", "")),
        source=str(data.get("source", "")),
        source_en=str(data.get("source_en", "")),
        limits=Limits(
            working_days=int(limits["working_days"]),
            reconfirm_days=int(limits["reconfirm_days"]),
            pause_on_escalation=bool(limits["pause_on_escalation"]),
            timeout=str(limits["timeout"]),
            objection_needs_consultation=bool(limits["objection_needs_consultation"]),
        ),
        after={kind: tuple(entry.get("after", ())) for kind, entry in data["kinds"].items()},
        items=items,
        severities=frozenset(found["severities"]),
        fallback=str(found["fallback"]),
        findings=tuple(
            FindingRule(tuple(entry["functions"]), entry.get("rule", ""), entry.get("layer", ""))
            for entry in data.get("finding", ())
        ),
        authorities={entry["name"]: tuple(entry["functions"]) for entry in data.get("authority", ())},
        sector={str(code): str(function) for code, function in data["sector"].items()},
        support={
            entry["source"]: tuple(_named(area) for area in entry["areas"])
            for entry in data.get("support", ())
        },
        by_code={item.code: item for item in items},
    )


def _named(entry: Mapping[str, Any]) -> Named:
    return Named(str(entry["code"]), str(entry["name"]), str(entry.get("name_en", "")))


def _item(entry: Mapping[str, Any]) -> Item:
    when = entry.get("when", {})
    least = when.get("at_least_yuan")
    return Item(
        code=str(entry["code"]),
        name=str(entry["name"]),
        name_en=str(entry.get("name_en", "")),
        kind=str(entry["kind"]),
        function=str(entry["function"]),
        row=str(entry.get("row", "")),
        when=When(
            tuple(when.get("investment", ())),
            tuple(when.get("levels", ())),
            tuple(when.get("sources", ())),
            None if least is None else Decimal(str(least)),
        ),
        follows=str(entry.get("follows", "findings")),
        layers=tuple(entry.get("layers", ())),
        map=bool(entry.get("map", False)),
        points=tuple(_named(point) for point in entry.get("points", ())),
        fields=tuple(_field(each) for each in entry.get("field", ())),
    )


def _field(entry: Mapping[str, Any]) -> Field:
    least = entry.get("at_least")
    return Field(
        code=str(entry["code"]),
        name=str(entry["name"]),
        name_en=str(entry.get("name_en", "")),
        kind=str(entry["kind"]),
        unit=str(entry.get("unit", "")),
        optional=bool(entry.get("optional", False)),
        options=tuple(_named(option) for option in entry.get("options", ())),
        options_of=str(entry.get("options_of", "")),
        per=str(entry.get("per", "")),
        quota=str(entry.get("quota", "")),
        numerator=str(entry.get("numerator", "")),
        denominator=str(entry.get("denominator", "")),
        at_least=None if least is None else Decimal(str(least)),
    )
