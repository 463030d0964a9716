"""Bringing a table: a file is read and compared, shown, confirmed by who brought it, and written as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from gis_projects import files
from gis_projects.library.models import ImportState, TableImport
from gis_projects.library.tables import importing
from gis_projects.library.tables.specification import Problem, Table
from gis_projects.people.models import User
from gis_projects.people.permissions import require
from gis_projects.trail import actions as trail
from gis_projects.trail import jobs
from siting.engine.notices import Notice, UnusableInput

MAX_OBJECTS = 1_000
#: Two files for one table are written one after the other: the second is held against what the first has written.
_LOCK = 7_042_005
OPEN = (ImportState.READING, ImportState.READY, ImportState.APPLYING)
CHANGED_MEANWHILE = gettext_noop("预览之后数据已有变化，已重新比较，请再确认一次。")
COLLIDED = gettext_noop("写入时与他人刚做的修改冲突，没有导入任何一行，请再确认一次。")


def bring(*, by: User, table: Table, name: str, content: bytes, options: Mapping[str, Any]) -> TableImport:
    """Take a file and have it read in the background.

    Raises
    ------
    UnusableInput
        It is empty, too large, or neither a workbook nor text.
    """
    require(by, table.permission)
    plain = files.safe_name(name)
    kind = files.refuse_unknown(plain, content)
    if kind.code not in ("xlsx", "text"):
        raise UnusableInput(Notice("table-kind", "请上传 Excel（xlsx）或 CSV 文件", field="file"))
    with transaction.atomic():
        row = TableImport.objects.create(
            table=table.name,
            by=by,
            name=plain,
            sha256=files.keep(content),
            size=len(content),
            options={
                **{key: options[key] for key in table.needs},
                "kind": kind.code,
                "language": get_language() or "zh-hans",
            },
        )
        from gis_projects.library.jobs import read_table_file  # which calls the actions of this module

        row.job = jobs.start(
            read_table_file, by=by, kind="library.read_table", subject=f"library.import:{row.pk}", row=row.pk
        )
        row.save(update_fields=["job"])
    return row


def confirm(*, by: User, row: TableImport) -> TableImport:
    """Have a file written that was read without a fault and shown."""
    _mine(by, row)
    with transaction.atomic():
        if not TableImport.objects.filter(pk=row.pk, state=ImportState.READY).update(
            state=ImportState.APPLYING, message=""
        ):
            raise ValidationError(_("这个文件现在不能导入。"), code="state")
        from gis_projects.library.jobs import write_table_file

        row.refresh_from_db()
        row.job = jobs.start(
            write_table_file,
            by=by,
            kind="library.write_table",
            subject=f"library.import:{row.pk}",
            row=row.pk,
        )
        row.save(update_fields=["job"])
    return row


def cancel(*, by: User, row: TableImport) -> TableImport:
    """Let a file be: one that is being written stops, and nothing of it stays."""
    _mine(by, row)
    if not TableImport.objects.filter(pk=row.pk, state__in=OPEN).update(
        state=ImportState.CANCELLED, finished_at=timezone.now()
    ):
        raise ValidationError(_("这个文件已经处理完，不能取消。"), code="state")
    row.refresh_from_db()
    return row


def _mine(by: User, row: TableImport) -> None:
    if row.by_id != by.pk:
        raise PermissionDenied


class Stale(Exception):
    """What would be written is no longer what was confirmed."""

    def __init__(self, parsed: importing.Parsed, compared: importing.Compared) -> None:
        self.parsed, self.compared = parsed, compared


class Cancelled(Exception):
    """Its owner no longer wants it."""


def write(
    *,
    by: User,
    table: Table,
    parsed: importing.Parsed,
    options: Mapping[str, Any],
    digest: str,
    row: TableImport,
) -> importing.Compared:
    """Write a parsed file in one transaction, if that is still what was confirmed.

    Raises
    ------
    Stale
        It would write something else by now.
    Cancelled
        Its owner has taken it back meanwhile.
    """
    with transaction.atomic():
        _one_at_a_time()
        compared = importing.compare(parsed, table, by, options)
        if parsed.problems or compared.digest() != digest:
            raise Stale(parsed, compared)
        _write(by, table, compared, options, row.name, row.sha256)
        done = TableImport.objects.filter(pk=row.pk, state=ImportState.APPLYING).update(
            state=ImportState.APPLIED, finished_at=timezone.now(), message=""
        )
        if not done:
            raise Cancelled
    return compared


@dataclass(frozen=True)
class Outcome:
    """What rows of a request did, or would do; ``problems`` by their number from 1."""

    new: int
    changed: int
    unchanged: int
    problems: Mapping[int, Sequence[Any]]


def write_objects(
    *,
    by: User,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
    dry_run: bool,
    new_only: bool = False,
) -> Outcome:
    """Write the objects of a request, all or none; a second time they change nothing.

    With ``new_only`` none of them may be there already.

    Raises
    ------
    IntegrityError
        Somebody else has just written one of them.
    """
    require(by, table.permission)
    parsed = importing.parse_objects(rows, table, options)
    with transaction.atomic():
        _one_at_a_time()
        compared = importing.compare(parsed, table, by, options)
        if new_only:
            taken = Notice("row-key-there", "已经有了")
            new = {change.line for change in compared.new}
            for row in parsed.rows:
                if row.line not in new and row.line not in parsed.problems:
                    parsed.complain(row.line, Problem(table.key, taken))
        if not parsed.problems and not dry_run:
            _write(by, table, compared, options, "", "")
    return Outcome(len(compared.new), len(compared.changed), compared.unchanged, parsed.problems)


def _write(
    by: User | None,
    table: Table,
    compared: importing.Compared,
    options: Mapping[str, Any],
    name: str,
    sha256: str,
) -> None:
    if not compared.changes:
        return
    table.write(by, compared.changes, options)
    trail.record(
        by=by,
        verb="library.import_table",
        subject=f"library.table:{table.name}",
        data={
            "new": len(compared.new),
            "changed": len(compared.changed),
            "unchanged": compared.unchanged,
            "file": name,
            "sha256": sha256,
        },
    )


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


__all__ = [
    "CHANGED_MEANWHILE", "COLLIDED", "MAX_OBJECTS", "OPEN", "Cancelled", "IntegrityError", "Outcome", "Stale",
    "bring", "cancel", "confirm", "write", "write_objects",
]  # fmt: skip
