"""Boundaries, checks, findings and rulebooks are inserted and never changed: the database says so."""

from django.db import migrations

TABLES = ["siting_siteversion", "siting_check", "siting_finding", "siting_rulebook", "siting_rule"]

FORWARD = """
CREATE FUNCTION siting_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION siting_refuse_change();\n"
    for table in TABLES
)
BACKWARD = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in TABLES)
    + "DROP FUNCTION siting_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("siting", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
