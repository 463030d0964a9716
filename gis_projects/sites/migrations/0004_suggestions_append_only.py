"""Searches, what they found and what was chosen are only ever added: the database says so."""

from django.db import migrations

TABLES = [
    "sites_suggestionrun",
    "sites_suggestionstop",
    "sites_suggestionanswer",
    "sites_suggestedpatch",
    "sites_alternativechoice",
]
FORWARD = "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION siting_refuse_change();\n"
    for table in TABLES
)
BACKWARD = "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("sites", "0003_alternatives_and_suggestions"), ("siting", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
