"""What a table is: its columns, who may write it, how its rows are read and written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from gis_projects.library.tables.columns import CellError, Column
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from siting.engine.notices import Notice

Row = Mapping[str, Any]
"""Column key → value, as `Column.parse` gives it."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in one row: the column that it is in (None: the row as a whole), and why."""

    column: str | None
    notice: Notice

    @staticmethod
    def of(column: str | None, error: CellError) -> Problem:
        return Problem(column, error.notice)


@dataclass(frozen=True)
class Change:
    """One row to be written: what the file says, and what is stored under its key (None: nothing yet).

    ``values`` holds the columns that the file has; ``line`` is where.
    """

    key: str
    values: Row
    before: Row | None
    line: int

    def value(self, name: str, default: Any = None) -> Any:
        """What the row will say in a column: the file's word, else what is stored."""
        if name in self.values:
            return self.values[name]
        return default if self.before is None else self.before.get(name, default)


@dataclass(frozen=True)
class Table:
    """A table that goes out and comes in.

    Parameters
    ----------
    name
        Stands in addresses.
    columns
        Asked with the table's options (``planning-rows`` needs to know its list).
    key
        The column that says which row is which; a file names each at most once. Reading a file a second time therefore
        changes nothing.
    permission
        Who may bring rows. Which rows of whom is for ``check`` to say.
    reading
        Who may take it out.
    rows
        ``(user, options)`` → the stored rows that the user may read, in the order of the export.
    existing
        ``(user, keys, options)`` → the stored rows of these keys that the user may change, as rows by key.
    taken
        Of these keys, those that are somebody else's: a row can't have them.
    check
        What is wrong in a row beyond its cells; may be asked for 10,000 rows, so it asks the database nothing that
        ``prepare`` hasn't read.
    prepare
        Reads what ``check`` needs for a batch of rows.
    write
        Writes all changes, in the caller's transaction, with their steps in the trail.
    """

    name: str
    title: str
    columns: Callable[[Mapping[str, Any]], Sequence[Column]]
    write: Callable[[User | None, Sequence[Change], Mapping[str, Any]], None]
    rows: Callable[[User, Mapping[str, Any]], Iterable[Row]]
    existing: Callable[[User | None, Collection[str], Mapping[str, Any]], Mapping[str, Row]]
    permission: Permission
    reading: Permission
    key: str = "code"
    about: str = ""
    taken: Callable[[User | None, Collection[str], Mapping[str, Any]], Collection[str]] = field(
        default=lambda by, keys, options: ()
    )
    check: Callable[[User | None, Change, Any], Iterator[Problem]] = field(
        default=lambda by, change, prepared: iter(())
    )
    prepare: Callable[[User | None, Sequence[Row], Mapping[str, Any]], Any] = field(
        default=lambda by, rows, options: None
    )
    #: Options that an import or export of this table must name, such as the list whose rows they are.
    needs: tuple[str, ...] = ()
    #: Whether a user may name this value of a needed option.
    allows: Callable[[User, str, str], bool] = field(default=lambda user, name, value: False)
    #: Where its rows are shown (a URL name).
    address: str = ""
    max_rows: int = 20_000

    def heading(self) -> str:
        return gettext(self.title)

    def column(self, key: str, options: Mapping[str, Any]) -> Column:
        return next(column for column in self.columns(options) if column.key == key)
