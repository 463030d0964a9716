"""Chains of approval, their levels and sign-ins are inserted and never changed: the database says so."""

from django.db import migrations

TABLES = ["people_approvalchain", "people_chainlevel", "people_signin"]

FORWARD = """
CREATE FUNCTION people_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION people_refuse_change();\n"
    for table in TABLES
)
BACKWARD = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in TABLES)
    + "DROP FUNCTION people_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("people", "0004_regions_units_chains")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
