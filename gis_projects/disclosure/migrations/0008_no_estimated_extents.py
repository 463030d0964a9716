"""PostGIS lets every role ask where the shapes of any table lie, by a function that runs with its owner's rights: the
public's role would learn the extent of tables that it can't read. (Its own tables it can measure by itself.)
"""

from django.db import ProgrammingError, migrations
from psycopg2 import errors

_FUNCTIONS = "SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'st_estimatedextent' AND prosecdef"


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
            # Only who installed PostGIS takes it away; docs/operations.md says what the administrator runs otherwise.
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
    dependencies = [("disclosure", "0007_nothing_large_and_no_locks")]
    operations = [migrations.RunPython(take, give_back)]
