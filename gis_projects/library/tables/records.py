"""Tables whose rows are rows of one model: how they are read, held to what is the user's, and written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import ManyToManyField, Model, QuerySet
from django.utils import timezone

from gis_projects.library.tables.columns import Column, Kind
from gis_projects.library.tables.specification import Change, Problem, Row
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, Scoped, may, visible
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice

CHUNK = 1000


class Records:
    """The rows of one model whose columns are its fields of the same name.

    ``subject`` is how the trail names a row (``library.policy``), ``verb`` what it says of one that was written.
    """

    def __init__(
        self,
        model: type[Model],
        columns: Sequence[Column],
        *,
        verb: str,
        subject: str,
        permission: Permission,
        reading: Permission,
        key: str = "code",
    ) -> None:
        self.model, self.columns, self.key = model, tuple(columns), key
        self.verb, self.subject = verb, subject
        self.permission, self.reading = permission, reading
        self._many = {
            column.key for column in columns if isinstance(model._meta.get_field(column.key), ManyToManyField)
        }

    def visible(self, user: User | None, permission: Permission) -> QuerySet[Any]:
        every = self.model._default_manager.all()
        if user is None or not issubclass(self.model, Scoped):
            return every
        return visible(user, permission, every)

    def of(self, query: QuerySet[Any], options: Mapping[str, Any]) -> QuerySet[Any]:
        """Those rows that the options speak of."""
        return query

    def row(self, found: Any) -> dict[str, Any]:
        return {column.key: self._value(found, column) for column in self.columns}

    def _value(self, found: Any, column: Column) -> Any:
        match column.kind:
            case Kind.REGION | Kind.ORGANISATION:
                return getattr(found, f"{column.key}_id")
            case Kind.ORGANISATIONS:
                return tuple(sorted(one.pk for one in getattr(found, column.key).all()))
            case Kind.CHOICES | Kind.WORDS:
                return tuple(getattr(found, column.key))
            case _:
                return getattr(found, column.key)

    def rows(self, user: User, options: Mapping[str, Any]) -> Iterator[Row]:
        query = self.of(self.visible(user, self.reading), options).order_by(self.key)
        for found in query.prefetch_related(*self._many).iterator(chunk_size=CHUNK):
            yield self.row(found)

    def existing(self, by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> dict[str, Row]:
        query = self.of(self.visible(by, self.permission), options).filter(**{f"{self.key}__in": list(keys)})
        return {
            str(getattr(found, self.key)): self.row(found) for found in query.prefetch_related(*self._many)
        }

    def taken(self, by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> set[str]:
        query = self.of(self.model._default_manager.all(), options).filter(**{f"{self.key}__in": list(keys)})
        return {str(key) for key in query.values_list(self.key, flat=True)}

    def in_reach(self, by: User | None, change: Change, prepared: Any) -> Iterator[Problem]:
        """What a row becomes must be the user's as well as what it is."""
        if by is None or not issubclass(self.model, Scoped):
            return
        scope = Scope(
            region=change.value("region"), secrecy=str(change.value("secrecy", "internal") or "internal")
        )
        if not may(by, self.permission, scope):
            yield Problem("region", Notice("row-out-of-reach", "不在您的权限范围内"))

    def write(self, by: User | None, changes: Sequence[Change], options: Mapping[str, Any]) -> None:
        new = [(change, self.made(change, options)) for change in changes if change.before is None]
        self.model._default_manager.bulk_create([row for _, row in new], batch_size=CHUNK)
        steps = [self._step(change, row) for change, row in new]
        many = [(change, row) for change, row in new if self._many & set(change.values)]
        changed = {change.key: change for change in changes if change.before is not None}
        stored = self.of(self.model._default_manager.select_for_update(), options)
        stored = stored.filter(**{f"{self.key}__in": list(changed)})
        rows = list(stored.order_by("pk"))
        fields = set()
        for row in rows:
            change = changed[str(getattr(row, self.key))]
            for column in self._given(change):
                self._set(row, column, change.values[column.key])
                fields.add(column.key)
            steps.append(self._step(change, row))
            many.append((change, row))
        plain = sorted(fields - self._many)
        if rows and plain:
            stamps = ["updated_at"] if any(f.name == "updated_at" for f in self.model._meta.fields) else []
            for row in rows:
                for stamp in stamps:
                    setattr(row, stamp, timezone.now())
            self.model._default_manager.bulk_update(rows, [*plain, *stamps], batch_size=CHUNK)
        for change, row in many:
            for name in self._many & set(change.values):
                getattr(row, name).set(change.values[name])
        trail.record_many(by=by, steps=steps)

    def _given(self, change: Change) -> list[Column]:
        return [column for column in self.columns if column.key in change.values and not column.only_out]

    def made(self, change: Change, options: Mapping[str, Any]) -> Any:
        """A row that isn't stored yet."""
        row = self.model()
        for column in self._given(change):
            self._set(row, column, change.values[column.key])
        return row

    def _set(self, row: Any, column: Column, value: Any) -> None:
        if column.key in self._many:
            return
        if column.kind in (Kind.REGION, Kind.ORGANISATION):
            setattr(row, f"{column.key}_id", value)
        elif column.kind in (Kind.CHOICES, Kind.WORDS):
            setattr(row, column.key, list(value))
        elif value is None and not row._meta.get_field(column.key).null:
            return  # an empty cell of what the model itself has a word for
        else:
            setattr(row, column.key, value)

    def _step(self, change: Change, row: Any) -> tuple[str, str, dict[str, Any]]:
        names = [
            column.key
            for column in self._given(change)
            if change.before is None or not column.same(change.values[column.key], change.before[column.key])
        ]
        after = {name: said(change.values[name]) for name in names}
        data: dict[str, Any] = {"key": change.key, "after": after}
        if change.before is not None:
            data["before"] = {name: said(change.before[name]) for name in names}
        return self.verb, f"{self.subject}:{row.pk}", data


def said(value: Any) -> Any:
    """As the trail keeps it: text for amounts and days."""
    if isinstance(value, tuple | list):
        return [said(one) for one in value]
    return str(value) if isinstance(value, date | Decimal) else value
