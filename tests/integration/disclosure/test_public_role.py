"""The database role of the public pages, signed in for real: what it reaches, and all that it does not."""

import pytest
from django.db import DatabaseError, connections, transaction

pytestmark = pytest.mark.django_db(databases=["default", "public"])

# A new public table is a decision: it is named here too.
READABLE = {
    f"disclosure_{name}"
    for name in (
        "articlefile", "disclosedevent", "disclosedmedia", "disclosedproject", "disclosedresult", "edition",
        "handlingmatter", "handlingstep", "publicchange", "publicoutline", "publicquestion", "publishedarticle",
        "questionstatus", "revision",
    )
}  # fmt: skip
#: The one table that it writes, row by row, and never reads.
INBOX = "disclosure_inboxquestion"
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


def test_it_reads_the_public_tables_and_nothing_else(public):
    found = {name for _, name in relations()}
    assert found >= READABLE | {"people_user", "library_project", "layers_feature", "siting_siteversion"}
    readable = {
        name for schema, name in relations() if not refused(f'SELECT * FROM "{schema}"."{name}" LIMIT 1')
    }
    assert readable == READABLE | POSTGIS


def test_it_writes_nowhere(public):
    for schema, name in relations("BASE TABLE"):
        table = f'"{schema}"."{name}"'
        inserting = f"INSERT INTO {table} DEFAULT VALUES"
        for statement in (
            *([] if name == INBOX else [inserting]),
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
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE' "
            "AND columns.is_generated = 'NEVER'"  # nobody sets what is computed
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
        "SET SESSION AUTHORIZATION app",
        "SET session_replication_role = replica",
        "SELECT ST_EstimatedExtent('layers_feature', 'geom')",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_get(1)",
        "SELECT lo_put(1, 0, 'x')",
        "SELECT lo_unlink(1)",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_xact_lock(1, 2)",
        "COPY disclosure_disclosedproject FROM '/etc/hostname'",
        "COPY people_user TO STDOUT",
        "SELECT pg_read_binary_file('/etc/hostname')",
        "SELECT pg_stat_file('/etc/hostname')",
        "SELECT lo_import('/etc/hostname')",
        "SELECT lo_export(1, '/tmp/out')",
        "SELECT pg_reload_conf()",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user",
        "CREATE FUNCTION public.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW public.own AS SELECT 1",
        "CREATE EXTENSION dblink",
        "CREATE TRIGGER own AFTER INSERT ON disclosure_inboxquestion EXECUTE FUNCTION disclosure_revise()",
        "DROP TABLE disclosure_disclosedproject",
        "COMMENT ON TABLE disclosure_disclosedproject IS 'x'",
        "CREATE INDEX own ON disclosure_disclosedproject (name)",
        f"SELECT * FROM {INBOX}",
        f"UPDATE {INBOX} SET text = 'x'",
        f"SELECT count(*) FROM {INBOX}",
    ],
)
def test_it_has_no_way_around(public, statement):
    public.execute("SELECT usename FROM pg_user WHERE usesysid = 10")
    statement = statement.replace("SET ROLE app", f'SET ROLE "{public.fetchone()[0]}"')
    assert refused(statement)


def test_statistics_show_no_values_of_other_tables(public):
    public.execute("SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'")
    assert {name for (name,) in public.fetchall()} <= READABLE | POSTGIS


def test_no_function_lends_it_the_rights_of_another():
    """Whatever it may call runs with its own rights."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text, p.prosecdef, p.prorettype::regtype::text FROM pg_proc AS p "
            "JOIN pg_namespace AS n ON n.oid = p.pronamespace "
            "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') "
            "AND has_function_privilege('gis_projects_public', p.oid, 'EXECUTE') "
            "AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')"
        )
        own = cursor.fetchall()
        # Triggers' functions can't be called, only fired by a change of their table.
        assert [name for name, definer, returns in own if definer and returns != "trigger"] == []
        cursor.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND prorettype <> 'trigger'::regtype "
            "AND has_function_privilege('gis_projects_public', oid, 'EXECUTE')"
        )
        assert cursor.fetchall() == []


def test_what_it_puts_into_the_inbox_it_does_not_get_back(public):
    public.execute(
        "SELECT column_name FROM information_schema.column_privileges "
        "WHERE grantee = current_user AND table_name = %s AND privilege_type = 'INSERT'",
        [INBOX],
    )
    assert "id" not in {name for (name,) in public.fetchall()}
    assert refused(f"INSERT INTO {INBOX} (text) VALUES ('x') RETURNING text")
    assert refused(f"DELETE FROM {INBOX}")


def test_a_long_statement_is_cut_off():
    with connections["public"].cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("5s",)
        cursor.execute("SHOW default_transaction_read_only")
        assert cursor.fetchone() == ("on",)
