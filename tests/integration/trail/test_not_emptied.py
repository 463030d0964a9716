"""What is kept row by row is not emptied as a whole: asked of the database itself, table by table."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

pytestmark = pytest.mark.django_db

_KEPT = """
    SELECT DISTINCT c.relname, EXISTS (
        SELECT 1 FROM pg_trigger e WHERE e.tgrelid = c.oid AND NOT e.tgisinternal AND e.tgtype & 32 = 32
    )
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND t.tgtype & 11 = 11
"""


def kept() -> dict[str, bool]:
    """Tables that a trigger keeps from losing rows, and whether one keeps them from TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute(_KEPT)
        return dict(cursor.fetchall())


def test_every_table_that_keeps_its_rows_refuses_to_be_emptied():
    found = kept()
    assert {"trail_step", "library_librarymove", "argument_opinion", "siting_check", "layers_feature"} <= set(
        found
    )
    assert [table for table, refuses in found.items() if not refuses] == [], (
        'these want migrations.RunSQL("SELECT trail_keep_filled()", migrations.RunSQL.noop)'
    )


def test_truncate_is_refused_and_nothing_is_lost():
    for table in sorted(kept()):
        with (
            connection.cursor() as cursor,
            pytest.raises(DatabaseError, match="append-only: TRUNCATE refused"),
            transaction.atomic(),
        ):
            cursor.execute(f"TRUNCATE {connection.ops.quote_name(table)} CASCADE")


def test_a_new_table_is_guarded_by_asking_once():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept_sample (id int)")
        cursor.execute(
            "CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON kept_sample FOR EACH ROW"
            " EXECUTE FUNCTION trail_refuse_change()"
        )
        assert kept()["kept_sample"] is False
        cursor.execute("SELECT trail_keep_filled()")
        assert cursor.fetchone() == (1,)
        assert kept()["kept_sample"] is True
        cursor.execute("SELECT trail_keep_filled()")
        assert cursor.fetchone() == (0,)
