"""The database role of the public pages, and what it may read: two tables. Records of publication only grow."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import migrations
from psycopg2 import errors, sql

READABLE = ("disclosure_disclosedproject", "disclosure_publicoutline")
SETTINGS = {
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    "default_transaction_read_only": "on",
}


def _role_exists(cursor, role):
    cursor.execute(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication "
        "OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid), coalesce(rolconfig, '{}') "
        "FROM pg_roles WHERE rolname = %s",
        [role],
    )
    return cursor.fetchone()


def _create(cursor, role):
    """Roles belong to the whole cluster: another database's migration may have made it, even just now."""
    cursor.execute("SAVEPOINT making_the_role")
    try:
        cursor.cursor.execute(
            sql.SQL(
                "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS"
            ).format(sql.Identifier(role))
        )
    except (errors.DuplicateObject, errors.UniqueViolation):
        cursor.execute("ROLLBACK TO SAVEPOINT making_the_role")
    except errors.InsufficientPrivilege as refusal:
        raise ImproperlyConfigured(
            f"The database user may not create roles, and the public pages need the role {role!r}. "
            f"Ask the database's administrator to run:  CREATE ROLE {role} LOGIN NOINHERIT PASSWORD '…';  "
            "then set PUBLIC_DATABASE_URL and migrate again."
        ) from refusal
    cursor.execute("RELEASE SAVEPOINT making_the_role")


def _limit(cursor, role, present):
    """Settings of the role are shared by all databases of the cluster, so they are only written where they differ."""
    for name, value in SETTINGS.items():
        if f"{name}={value}" in present:
            continue
        cursor.execute("SAVEPOINT limiting_the_role")
        try:
            cursor.cursor.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
                )
            )
        except errors.InsufficientPrivilege as refusal:
            raise ImproperlyConfigured(
                f"The role {role!r} lacks a setting that this database user may not give it. "
                f"Ask the database's administrator to run:  ALTER ROLE {role} SET {name} = '{value}';"
            ) from refusal
        cursor.execute("RELEASE SAVEPOINT limiting_the_role")


def grant(apps, schema_editor):
    role = settings.PUBLIC_DATABASE_ROLE
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if _role_exists(cursor, role) is None:
            _create(cursor, role)
        powerful, present = _role_exists(cursor, role)
        if powerful:
            raise ImproperlyConfigured(
                f"The role {role!r} is meant to read two tables, but it has powers of its own or belongs to another role."
            )
        _limit(cursor, role, present)
        names = {"role": sql.Identifier(role), "database": sql.Identifier(connection.settings_dict["NAME"])}
        for statement in (
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}",
            # What every role may do unless told otherwise: make tables, and temporary ones that fill the disk.
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
            "GRANT CONNECT ON DATABASE {database} TO {role}",
            "GRANT USAGE ON SCHEMA public TO {role}",
        ):
            cursor.cursor.execute(sql.SQL(statement).format(**names))
        for table in READABLE:
            cursor.cursor.execute(
                sql.SQL("GRANT SELECT ON {table} TO {role}").format(table=sql.Identifier(table), **names)
            )


def take_back(apps, schema_editor):
    """The role itself stays: other databases of the cluster may use it."""
    connection = schema_editor.connection
    names = {
        "role": sql.Identifier(settings.PUBLIC_DATABASE_ROLE),
        "database": sql.Identifier(connection.settings_dict["NAME"]),
    }
    with connection.cursor() as cursor:
        for statement in (
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            "REVOKE USAGE ON SCHEMA public FROM {role}",
            "REVOKE CONNECT ON DATABASE {database} FROM {role}",
        ):
            cursor.cursor.execute(sql.SQL(statement).format(**names))


RECORDS_ONLY_GROW = """
CREATE FUNCTION disclosure_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER disclosure_record_unchanged BEFORE UPDATE OR DELETE ON disclosure_publicationrecord
    FOR EACH ROW EXECUTE FUNCTION disclosure_refuse_change();
"""
RECORDS_MAY_CHANGE = """
DROP TRIGGER disclosure_record_unchanged ON disclosure_publicationrecord;
DROP FUNCTION disclosure_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("disclosure", "0001_initial")]
    operations = [
        migrations.RunPython(grant, take_back),
        migrations.RunSQL(RECORDS_ONLY_GROW, RECORDS_MAY_CHANGE),
    ]
