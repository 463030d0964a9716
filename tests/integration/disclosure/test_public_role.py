"""The database role of the public pages, signed in for real: what it reaches, and all that it does not."""

import pytest
from django.db import DatabaseError, connections, transaction

pytestmark = pytest.mark.django_db(databases=["default", "public"])

READABLE = {"disclosure_disclosedproject", "disclosure_publicoutline"}
# PostGIS lets every role read its table of coordinate systems and its two views, which show a role only what
# that role may read anyway.
POSTGIS = {"spatial_ref_sys", "geometry_columns", "geography_columns"}


def relations(*kinds):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = ANY(%s)",
            [list(kinds or ("BASE TABLE", "VIEW", "FOREIGN"))],
        )
        return cursor.fetchall()


def refused(statement, params=()):
    """Whether the statement fails for want of permission (and not for another reason)."""
    try:
        with transaction.atomic(using="public"), connections["public"].cursor() as cursor:
            cursor.execute(statement, params)
    except DatabaseError as error:
        return error.__cause__.pgcode == "42501"
    return False


def writable(cursor):
    """Read-only transactions are a second line; the first one is tested without it."""
    cursor.execute("SET default_transaction_read_only = off")
    cursor.execute("SET TRANSACTION READ WRITE")


@pytest.fixture
def public():
    with connections["public"].cursor() as cursor:
        writable(cursor)
        yield cursor


def test_it_is_that_role(public):
    public.execute("SELECT current_user, session_user")
    assert public.fetchone() == ("gis_projects_public", "gis_projects_public")


def test_it_reads_two_tables_and_nothing_else(public):
    found = {name for _, name in relations()}
    assert found >= READABLE | {"people_user", "library_project", "layers_feature", "siting_siteversion"}
    readable = {
        name for schema, name in relations() if not refused(f'SELECT * FROM "{schema}"."{name}" LIMIT 1')
    }
    assert readable == READABLE | POSTGIS


def test_it_writes_nowhere(public):
    for schema, name in relations("BASE TABLE"):
        table = f'"{schema}"."{name}"'
        for statement in (
            f"INSERT INTO {table} DEFAULT VALUES",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        ):
            assert refused(statement), statement


def test_it_updates_nothing(public):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (table_schema, table_name) table_schema, table_name, column_name "
            "FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'"
        )
        columns = cursor.fetchall()
    assert columns
    for schema, name, column in columns:
        statement = f'UPDATE "{schema}"."{name}" SET "{column}" = NULL'
        assert refused(statement), statement


def test_it_moves_no_sequence(public):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT schemaname, sequencename FROM pg_sequences")
        sequences = cursor.fetchall()
    assert sequences
    for schema, name in sequences:
        assert refused("SELECT nextval(%s)", [f'"{schema}"."{name}"']), name


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.own (id int)",
        "CREATE TEMPORARY TABLE own (id int)",
        "CREATE SCHEMA own",
        "CREATE ROLE other",
        "SET ROLE app",
        "COPY disclosure_disclosedproject TO '/tmp/out'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT pg_ls_dir('/')",
        "SELECT rolpassword FROM pg_authid",
        "ALTER TABLE disclosure_disclosedproject ADD COLUMN x int",
        "GRANT SELECT ON people_user TO gis_projects_public",
    ],
)
def test_it_has_no_way_around(public, statement):
    public.execute("SELECT usename FROM pg_user WHERE usesysid = 10")
    statement = statement.replace("SET ROLE app", f'SET ROLE "{public.fetchone()[0]}"')
    assert refused(statement)


def test_statistics_show_no_values_of_other_tables(public):
    public.execute("SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'")
    assert {name for (name,) in public.fetchall()} <= READABLE | POSTGIS


def test_a_long_statement_is_cut_off():
    with connections["public"].cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("5s",)
        cursor.execute("SHOW default_transaction_read_only")
        assert cursor.fetchone() == ("on",)
