"""For migrations: what the public's database role may do with a public table, and that its changes are noticed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import migrations
from psycopg2 import sql

_WATCH = """
CREATE TRIGGER disclosure_revised AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION disclosure_revise()
"""


def public_table(name: str, *, columns: tuple[str, ...] = (), watched: bool = True) -> Any:
    """A migration's operation: the role may read the table (or only ``columns``); its changes replace the revision."""
    return migrations.RunPython(
        lambda apps, editor: _give(editor, name, columns, watched),
        lambda apps, editor: _take(editor, name, watched),
    )


def inbox_table(name: str, columns: tuple[str, ...]) -> Any:
    """A migration's operation: the role may put rows into these columns, and read none of them, not even its own."""
    return migrations.RunPython(
        lambda apps, editor: _run(
            editor,
            "GRANT INSERT ({columns}) ON {table} TO {role}",
            table=sql.Identifier(name),
            columns=_listed(columns),
        ),
        lambda apps, editor: _run(editor, "REVOKE ALL ON {table} FROM {role}", table=sql.Identifier(name)),
    )


def _listed(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _give(editor: Any, name: str, columns: tuple[str, ...], watched: bool) -> None:
    chosen = sql.SQL(" ({})").format(_listed(columns)) if columns else sql.SQL("")
    _run(editor, "GRANT SELECT{chosen} ON {table} TO {role}", table=sql.Identifier(name), chosen=chosen)
    if watched:
        _run(editor, _WATCH, table=sql.Identifier(name))


def _take(editor: Any, name: str, watched: bool) -> None:
    if watched:
        _run(editor, "DROP TRIGGER disclosure_revised ON {table}", table=sql.Identifier(name))
    _run(editor, "REVOKE ALL ON {table} FROM {role}", table=sql.Identifier(name))


def _run(editor: Any, statement: str, **names: sql.Composable) -> None:
    with editor.connection.cursor() as cursor:
        cursor.cursor.execute(
            sql.SQL(statement).format(role=sql.Identifier(settings.PUBLIC_DATABASE_ROLE), **names)
        )
