"""What PostgreSQL lets every role do unless told otherwise: keep large objects, which fill the disk, and hold advisory
locks, by which the inside's own processes wait for each other. The public's role does neither.

The functions are PostgreSQL's own, so only a superuser takes them away from everybody; where the platform's user is none, the
role is left with them, and docs/operations.md says what the database's administrator runs.
"""

from django.db import ProgrammingError, migrations
from psycopg2 import errors

_FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace
    AND proname ~ '^(lo_|lowrite$|loread$|pg_advisory_|pg_try_advisory_)'
"""


def _each(schema_editor, *statements):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        functions = [function for (function,) in cursor.fetchall()]
        cursor.execute("SAVEPOINT taking_functions")
        try:
            for function in functions:
                for statement in statements:
                    cursor.execute(statement.format(function))
        except ProgrammingError as refusal:
            if not isinstance(refusal.__cause__, errors.InsufficientPrivilege):
                raise
            cursor.execute("ROLLBACK TO SAVEPOINT taking_functions")
        cursor.execute("RELEASE SAVEPOINT taking_functions")


def take(apps, schema_editor):
    _each(
        schema_editor,
        "GRANT EXECUTE ON FUNCTION {} TO CURRENT_USER",
        "REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC",
    )


def give_back(apps, schema_editor):
    _each(schema_editor, "GRANT EXECUTE ON FUNCTION {} TO PUBLIC")


class Migration(migrations.Migration):
    dependencies = [("disclosure", "0006_mark")]
    operations = [migrations.RunPython(take, give_back)]
