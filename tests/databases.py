"""The databases that tests stand on: migrated once, copied for every run, and emptied between transactional tests.

Applying all migrations takes most of a minute of processor time. A template keeps the result under a name that says
what it was made from; a test database is a copy of it, which takes a second. Emptying deletes rows instead of
truncating every table, of which most are empty: that writes hundreds of files, which the next checkpoint waits for.

The database user must be a superuser, as the one of the private cluster is: PostGIS can't be installed without, and
emptying goes past the triggers that protect records.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import re
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from psycopg2 import sql

PREFIX = "test_template_"
#: Templates that stay: of this state of the migrations, and of the latest others (another branch, the one before).
STAYING = 3
#: Key of the advisory lock under which one process makes the template and the others wait for it.
_MAKING = 0x7E57_7E37
_OURS = re.compile(r"^\s*(?:from|import) ((?:gis_projects|siting|layers)\.[\w.]+)", re.MULTILINE)

_KEEP_FIRST_ROWS = """
DO $$
DECLARE t regclass; filled boolean;
BEGIN
    DROP SCHEMA IF EXISTS first_rows CASCADE;  -- of the template that this one goes on from
    CREATE SCHEMA first_rows;
    FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
             AND NOT relispartition AND relname <> 'spatial_ref_sys'
    LOOP
        EXECUTE format('SELECT EXISTS (TABLE %s)', t) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE first_rows.%I AS TABLE %s', t::text, t); END IF;
    END LOOP;
END $$
"""
# As a replica: no trigger fires and no foreign key is asked, so the tables' order doesn't matter.
_EMPTY = """
DO $$
DECLARE t record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR t IN
        SELECT public.oid::regclass AS name, first.oid::regclass AS first
        FROM pg_class AS public LEFT JOIN pg_class AS first
            ON first.relname = public.relname AND first.relnamespace = 'first_rows'::regnamespace
        WHERE public.relnamespace = 'public'::regnamespace AND public.relkind IN ('r', 'p')
            AND NOT public.relispartition AND public.relname <> 'spatial_ref_sys'
    LOOP
        EXECUTE format('DELETE FROM %s', t.name);
        IF t.first IS NOT NULL THEN
            EXECUTE format('INSERT INTO %s OVERRIDING SYSTEM VALUE TABLE %s', t.name, t.first);
        END IF;
    END LOOP;
END $$
"""


def copied_from_template(*, unless_there: bool = False) -> None:
    """From here on Django makes the test database as a copy of the template, which is made where there is none.

    With ``unless_there``, a test database of that name is going to be used again, and nothing is copied.
    """
    if not (unless_there and _exists(settings_of_tests()["NAME"])):
        settings_of_tests()["TEMPLATE"] = template()


def _exists(name: str) -> bool:
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [name])
        return bool(cursor.fetchone()[0])


def settings_of_tests() -> dict[str, Any]:
    return connections["default"].settings_dict["TEST"]


def template() -> str:
    """Name of the database with every migration applied and nothing else done to it."""
    connection = connections["default"]
    with connection._nodb_cursor() as cursor:
        state = state_of_migrations(cursor)
        name = PREFIX + hashlib.sha256(json.dumps(state).encode()).hexdigest()[:16]
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MAKING])
        if not _exists(name):
            _make(connection, cursor, name, state)
    return name


def state_of_migrations(cursor: Any) -> dict[str, str]:
    """All that decides what is in a migrated database, each with a digest.

    The migrations of every application, the modules of ours that they import, and the versions of what applies them.
    """
    cursor.execute(
        "SELECT version(), (SELECT default_version FROM pg_available_extensions WHERE name = 'postgis')"
    )
    texts = {"": repr((cursor.fetchone(), settings.PUBLIC_DATABASE_ROLE))}
    for migration in MigrationLoader(None).disk_migrations.values():
        texts[migration.__module__] = _source(migration.__module__)
    texts |= {name: _source(name) for text in list(texts.values()) for name in _OURS.findall(text)}
    return {name: hashlib.sha256(texts[name].encode()).hexdigest()[:12] for name in sorted(texts)}


def _source(module: str) -> str:
    return inspect.getsource(importlib.import_module(module))


def _make(connection: BaseDatabaseWrapper, cursor: Any, name: str, state: dict[str, str]) -> None:
    """Migrate beside it and rename at the end, so that a template is always a whole one."""
    ours, called = settings_of_tests(), connection.settings_dict["NAME"]
    usual = dict(ours)
    ours |= {"NAME": f"{PREFIX}unfinished", "TEMPLATE": _earlier(cursor, state)}
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        with connection.cursor() as inside:
            inside.execute(_KEEP_FIRST_ROWS)
    finally:
        connection.close()
        ours.clear()
        ours.update(usual)
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = called
    names = {"unfinished": sql.Identifier(f"{PREFIX}unfinished"), "finished": sql.Identifier(name)}
    for statement in (
        "COMMENT ON DATABASE {unfinished} IS {state}",
        "ALTER DATABASE {unfinished} ALLOW_CONNECTIONS false",  # what somebody is in can't be copied
        "ALTER DATABASE {unfinished} RENAME TO {finished}",
    ):
        cursor.cursor.execute(sql.SQL(statement).format(**names, state=sql.Literal(json.dumps(state))))
    for old, _state in _templates(cursor)[STAYING:]:
        cursor.cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))


def _templates(cursor: Any) -> list[tuple[str, dict[str, str]]]:
    """The finished templates, latest first, and what each was made from."""
    cursor.execute(
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE datname LIKE %s AND datname <> %s ORDER BY oid DESC",
        [f"{PREFIX}%", f"{PREFIX}unfinished"],
    )
    return [(name, json.loads(state or "{}")) for name, state in cursor.fetchall()]


def _earlier(cursor: Any, state: dict[str, str]) -> str | None:
    """The latest template to which migrations need only be added."""
    return next((name for name, its in _templates(cursor) if its and its.items() <= state.items()), None)


def ready(connection: BaseDatabaseWrapper) -> None:
    """Make a test database what tests expect: as quick as its content is worthless, and with the template's rights.

    What may be done *to a database* isn't copied with it. Commits of tests needn't outlive a power cut; that is set for
    this database alone.
    """
    name = str(connection.settings_dict["NAME"])
    # pytest-django makes no test database when no collected test asks for one by its mark.
    assert name.startswith("test_"), "tests never touch another database"
    names = {"database": sql.Identifier(name), "role": sql.Identifier(settings.PUBLIC_DATABASE_ROLE)}
    with connection.cursor() as cursor:
        for statement in (
            "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
            "GRANT CONNECT ON DATABASE {database} TO {role}",
            "ALTER DATABASE {database} SET synchronous_commit TO off",
        ):
            cursor.cursor.execute(sql.SQL(statement).format(**names))
        cursor.execute("SELECT to_regnamespace('first_rows') IS NULL")
        if cursor.fetchone()[0]:  # kept from before there were templates
            cursor.execute(_KEEP_FIRST_ROWS)
    empty(connection)  # a run that was killed leaves in a kept database what it had committed
    connection.close()  # settings of a database hold from the next session on


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete all rows but those that the migrations made."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)


if __name__ == "__main__":  # beside something else that takes a minute of one core alone
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_projects.settings")
    django.setup()
    template()
