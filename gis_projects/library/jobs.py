"""What the library does in the background: reading and writing the tables that people bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import override

from gis_projects import files
from gis_projects.library.actions import tables as actions
from gis_projects.library.models import ImportState, TableImport
from gis_projects.library.tables import importing, marking, reading
from gis_projects.library.tables.registry import get
from gis_projects.library.tables.specification import Table
from gis_projects.people.permissions import require
from gis_projects.trail.jobs import Progress, job
from siting.engine.notices import Notice, UnusableInput

SHOWN_PROBLEMS = 200
SHOWN_CHANGES = 50


@job
def read_table_file(progress: Progress, *, row: int) -> dict[str, Any]:
    """Read a file, hold it against what is stored, and leave the numbers or the marked copy. Repeatable: it writes
    nothing but its own row.
    """
    found = TableImport.objects.select_related("by", "job").get(pk=row)
    with override(found.options["language"]):
        return _guarded(found, lambda: _read(progress, found))


@job
def write_table_file(progress: Progress, *, row: int) -> dict[str, Any]:
    """Write what was confirmed. A run that is repeated finds its row applied and writes nothing."""
    found = TableImport.objects.select_related("by", "job").get(pk=row)
    with override(found.options["language"]):
        return _guarded(found, lambda: _write(progress, found))


def _guarded(row: TableImport, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Whatever ends the work unforeseen ends the import too; the job tells the log."""
    try:
        return work()
    except actions.Cancelled:
        return {"cancelled": True}
    except BaseException:
        TableImport.objects.filter(pk=row.pk, state__in=actions.OPEN).update(
            state=ImportState.FAILED, finished_at=timezone.now()
        )
        raise


def _read(progress: Progress, row: TableImport) -> dict[str, Any]:
    table = get(row.table)
    require(row.by, table.permission)
    try:
        source, parsed = _parsed(row, table, lambda done: _tell(progress, row, done, 0))
    except UnusableInput as refusal:
        _settle(
            row,
            state=ImportState.REFUSED,
            problems={"file": [_plain(notice) for notice in refusal.notices]},
            finished_at=timezone.now(),
        )
        return {"refused": True}
    total = len(parsed.rows)
    compared = importing.compare(
        parsed, table, row.by, row.options, lambda done: _tell(progress, row, done, total)
    )
    _show(row, table, source, parsed, compared)
    return {"rows": total, "refused": len(parsed.problems)}


def _write(progress: Progress, row: TableImport) -> dict[str, Any]:
    if row.state != ImportState.APPLYING:
        return {"applied": row.state == ImportState.APPLIED}
    table = get(row.table)
    require(row.by, table.permission)
    source, parsed = _parsed(row, table, lambda done: _tell(progress, row, done, 0))
    try:
        compared = actions.write(
            by=row.by, table=table, parsed=parsed, options=row.options, digest=row.options["digest"], row=row
        )
    except actions.Stale as stale:
        _show(row, table, source, stale.parsed, stale.compared, actions.CHANGED_MEANWHILE)
        return {"stale": True}
    except IntegrityError:
        source, parsed = _parsed(row, table, lambda done: None)
        compared = importing.compare(parsed, table, row.by, row.options)
        _show(row, table, source, parsed, compared, actions.COLLIDED)
        return {"collided": True}
    return {"new": len(compared.new), "changed": len(compared.changed)}


def _parsed(row: TableImport, table: Table, tell: importing.Tell) -> tuple[reading.Source, importing.Parsed]:
    content = files.stored(row.sha256)
    if content is None:
        raise UnusableInput(Notice("table-gone", "文件已不在，请重新上传", field="file"))
    source = reading.open_table(content, row.options["kind"], table.columns(row.options), table.key)
    return source, importing.parse(source, table, row.options, tell)


def _tell(progress: Progress, row: TableImport, done: int, total: int) -> None:
    """Reading is the first half of the way, comparing the second."""
    if TableImport.objects.filter(pk=row.pk, state=ImportState.CANCELLED).exists():
        raise actions.Cancelled
    share = 50 + 49 * done / total if total else 49 * min(1.0, done / 20_000)
    progress.report(share, f"{done:,}" + (f"/{total:,}" if total else ""))


def _show(
    row: TableImport,
    table: Table,
    source: reading.Source,
    parsed: importing.Parsed,
    compared: importing.Compared,
    message: str = "",
) -> None:
    """Leave what the page shows: numbers, the first problems and changes, the marked copy where rows are refused."""
    columns = table.columns(row.options)
    report = ""
    if parsed.problems:
        content = files.stored(row.sha256)
        assert content is not None
        report = files.keep(marking.marked(content, source, columns, parsed.problems))
    by_key = {column.key: column for column in columns}
    lookups = importing.Lookups()
    changes = [
        {
            "line": change.line,
            "key": change.key,
            "new": change.before is None,
            "fields": []
            if change.before is None
            else [
                [
                    name,
                    str(by_key[name].cell(change.before.get(name), lookups) or ""),
                    str(by_key[name].cell(change.values[name], lookups) or ""),
                ]
                for name in importing.differing(change, by_key)
            ],
        }
        for change in compared.changes[:SHOWN_CHANGES]
    ]  # fmt: skip
    _settle(
        row,
        state=ImportState.REFUSED if parsed.problems else ImportState.READY,
        total=len(parsed.rows),
        new=len(compared.new),
        changed=len(compared.changed),
        unchanged=compared.unchanged,
        refused=len(parsed.problems),
        report_sha256=report,
        message=message,
        finished_at=timezone.now() if parsed.problems else None,
        problems={
            "rows": [
                {"line": line, "problems": [{"column": one.column, **_plain(one.notice)} for one in found]}
                for line, found in sorted(parsed.problems.items())[:SHOWN_PROBLEMS]
            ],
            "unknown": source.unknown[:50],
            "changes": changes,
            "sheet": source.sheet,
            "encoding": source.encoding,
        },
        options={**row.options, "digest": compared.digest()},
    )


def _settle(row: TableImport, **fields: Any) -> None:
    """Unless its owner has cancelled it meanwhile."""
    if not TableImport.objects.filter(pk=row.pk, state__in=actions.OPEN).update(**fields):
        raise actions.Cancelled


def _plain(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code,
        "template": notice.template,
        "params": dict(notice.params),
        "line": notice.line,
    }
