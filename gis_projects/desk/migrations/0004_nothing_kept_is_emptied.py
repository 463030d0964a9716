"""Every table of the rooms and floors below that keeps its rows keeps them from TRUNCATE too."""

from django.db import migrations

BACKWARD = """
DO $$
DECLARE
    guarded regclass;
BEGIN
    FOR guarded IN SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = 'not_emptied' LOOP
        EXECUTE format('DROP TRIGGER not_emptied ON %s', guarded);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("argument", "0006_committee_guarded"),
        ("atlas", "0002_uploads"),
        ("clock", "0002_guarded"),
        ("desk", "0003_guarded"),
        ("disclosure", "0004_revision"),
        ("layers", "0009_rows_come_with_a_version"),
        ("library", "0013_project_begun"),
        ("people", "0006_no_made_up_passwords"),
        ("publishing", "0001_initial"),
        ("sites", "0009_statements_append_only"),
        ("siting", "0009_passing_answers"),
        ("trail", "0004_not_emptied"),
    ]
    operations = [migrations.RunSQL("SELECT trail_keep_filled()", BACKWARD)]
