"""What is kept row by row is not emptied as a whole either.

A trigger that refuses to delete a row doesn't see TRUNCATE. ``trail_keep_filled()`` gives every table that has such a
trigger (one before the deletion of a row) another one that refuses TRUNCATE. A migration that guards new tables calls
it once more: ``migrations.RunSQL("SELECT trail_keep_filled()", migrations.RunSQL.noop)``.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION trail_keep_filled() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    guarded regclass;
    number integer := 0;
BEGIN
    FOR guarded IN
        SELECT DISTINCT t.tgrelid::regclass FROM pg_trigger t
        WHERE NOT t.tgisinternal
          AND t.tgtype & 11 = 11  -- for each row (1), before (2), a deletion (8)
          AND NOT EXISTS (
              SELECT 1 FROM pg_trigger e
              WHERE e.tgrelid = t.tgrelid AND NOT e.tgisinternal AND e.tgtype & 32 = 32  -- TRUNCATE
          )
    LOOP
        EXECUTE format(
            'CREATE TRIGGER not_emptied BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse_change()',
            guarded
        );
        number := number + 1;
    END LOOP;
    RETURN number;
END $$;
"""
BACKWARD = "DROP FUNCTION trail_keep_filled();"


class Migration(migrations.Migration):
    dependencies = [("trail", "0003_steps_of_projects")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
