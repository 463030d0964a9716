"""Sites of completed projects are no longer live: nobody builds on what was built."""

from django.db import migrations

FORWARD = """
UPDATE siting_site s SET is_live = (p.stage <> 'completed') FROM library_project p
WHERE p.site_id = s.id AND s.is_live <> (p.stage <> 'completed');
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0003_investment_append_only"), ("siting", "0004_answers")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
