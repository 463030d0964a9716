"""Differences as tables of cells: what the page, its downloads and the command show alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gis_projects.sentences import word
from layers.changes import Change, ChangeKind, FieldChange, Flow

_CENT = Decimal("0.01")
_SHOWN = 0.005  # m²; less is 0.00 in every table


def kind_label(kind: ChangeKind) -> str:
    """What a kind of change is called."""
    return {
        ChangeKind.ADDED: pgettext("change", "新增"),
        ChangeKind.REMOVED: pgettext("change", "删除"),
        ChangeKind.GEOMETRY: _("图形变化"),
        ChangeKind.ATTRIBUTES: _("属性变化"),
        ChangeKind.BOTH: _("图形和属性变化"),
    }[kind]


def field_label(name: str) -> str:
    """A field's name; a version's own columns have words of ours."""
    return {"class_code": _("类别代码"), "name": _("名称")}.get(name, name)


def value_text(value: Any) -> str:
    """A value of a field as people read it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value)


def field_text(change: FieldChange) -> str:
    return f"{field_label(change.name)}: {value_text(change.before)} → {value_text(change.after)}"


def rows_header() -> list[str]:
    return [
        _("要素标识"), _("名称"), _("变化"), _("原类别代码"), _("原类别"), _("现类别代码"), _("现类别"),
        _("原面积（m²）"), _("现面积（m²）"), _("增减（m²）"), _("变化字段"), _("经度"), _("纬度"),
    ]  # fmt: skip


def rows_table(
    rows: Iterable[Change], names_before: Mapping[str, str], names_after: Mapping[str, str]
) -> Iterator[list[Any]]:
    """One row of cells per difference, under `rows_header`."""
    for change in rows:
        before, after = change.area_before, change.area_after
        yield [
            change.key,
            change.name,
            kind_label(change.kind),
            change.class_before or "",
            word(names_before.get(change.class_before or "", "")),
            change.class_after or "",
            word(names_after.get(change.class_after or "", "")),
            None if before is None else round(before, 2),
            None if after is None else round(after, 2),
            round((after or 0.0) - (before or 0.0), 2),
            _("；").join(field_text(field) for field in change.fields),
            round(change.place[0], 7),
            round(change.place[1], 7),
        ]


def _cents(value: float) -> Decimal:
    return Decimal(value).quantize(_CENT)


def flow_header(flow: Flow, names: Mapping[str, str]) -> list[str]:
    """Headings of `flow_table`: the classes after, then what only the version before has."""
    return [
        _("原类别 \\ 现类别"), *(_titled(code, names) for code in flow.classes_after), _("仅在原版本"),
        _("残差（含取整）"), _("合计"),
    ]  # fmt: skip


def _titled(code: str, names: Mapping[str, str]) -> str:
    return f"{code} {word(names.get(code, ''))}".strip() or "—"


def flow_table(flow: Flow, names_before: Mapping[str, str]) -> list[list[Any]]:
    """The matrix with its margins, m² to two decimals: every row and every column adds up to its total.

    Rounding goes into the residual, which is told in a row and a column of its own.
    """
    assert flow.m2 is not None
    assert flow.only_before is not None
    assert flow.only_after is not None
    cells = [[_cents(value) for value in row] for row in flow.m2]
    only_before, only_after = map(_all_cents, (flow.only_before, flow.only_after))
    totals_before, totals_after = map(_all_cents, (flow.totals_before, flow.totals_after))
    table: list[list[Any]] = []
    for code, row, only, total in zip(flow.classes_before, cells, only_before, totals_before, strict=True):
        table.append([_titled(code, names_before), *row, only, total - sum(row, Decimal(0)) - only, total])
    columns = [sum(column, Decimal(0)) for column in zip(*cells, strict=True)]
    empty: list[Any] = [None, None]
    table.append([_("仅在现版本"), *only_after, *empty, sum(only_after, Decimal(0))])
    residual = [
        total - column - only for total, column, only in zip(totals_after, columns, only_after, strict=True)
    ]
    table.append([_("残差（含取整）"), *residual, *empty, sum(residual, Decimal(0))])
    sides = [sum((row[n] for row in table[: len(cells)]), Decimal(0)) for n in (-3, -2)]
    table.append([_("合计"), *totals_after, *sides, None])
    return table


def condensed(flow: Flow) -> Flow:
    """The matrix without the classes that neither lost nor gained anything: what it still shows adds up as before."""
    assert flow.m2 is not None
    assert flow.only_before is not None
    assert flow.only_after is not None
    same = np.array([[a == b for b in flow.classes_after] for a in flow.classes_before], dtype=bool)
    moved = ~same & (flow.m2 >= _SHOWN)
    lost = moved.any(axis=1) | (flow.only_before >= _SHOWN)
    gained = moved.any(axis=0) | (flow.only_after >= _SHOWN)
    codes = {code for code, yes in zip(flow.classes_before, lost, strict=True) if yes}
    codes |= {code for code, yes in zip(flow.classes_after, gained, strict=True) if yes}
    rows = np.array([code in codes for code in flow.classes_before], dtype=bool)
    columns = np.array([code in codes for code in flow.classes_after], dtype=bool)
    return Flow(
        classes_before=tuple(code for code in flow.classes_before if code in codes),
        classes_after=tuple(code for code in flow.classes_after if code in codes),
        totals_before=flow.totals_before[rows],
        totals_after=flow.totals_after[columns],
        changed_before=flow.changed_before[rows],
        changed_after=flow.changed_after[columns],
        m2=flow.m2[rows][:, columns],
        only_before=flow.only_before[rows],
        only_after=flow.only_after[columns],
    )


def _all_cents(values: Sequence[float] | Any) -> list[Decimal]:
    return [_cents(float(value)) for value in values]
