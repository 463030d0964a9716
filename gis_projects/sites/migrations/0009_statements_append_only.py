"""What was written into a chapter once stays written."""

from django.db import migrations

FORWARD = (
    "CREATE TRIGGER sites_statement_append_only BEFORE UPDATE OR DELETE ON sites_statement "
    "FOR EACH ROW EXECUTE FUNCTION siting_refuse_change();"
)
BACKWARD = "DROP TRIGGER sites_statement_append_only ON sites_statement;"


class Migration(migrations.Migration):
    dependencies = [("sites", "0008_statements"), ("siting", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
