"""The trail only grows: the database says so."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION trail_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER trail_step_unchanged BEFORE UPDATE OR DELETE ON trail_step
    FOR EACH ROW EXECUTE FUNCTION trail_refuse_change();
CREATE TRIGGER trail_step_not_emptied BEFORE TRUNCATE ON trail_step
    FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse_change();
"""
BACKWARD = """
DROP TRIGGER trail_step_not_emptied ON trail_step;
DROP TRIGGER trail_step_unchanged ON trail_step;
DROP FUNCTION trail_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
