"""Steps about several projects are found by each of them, and those of one thing by its name."""

from django.db import migrations

FORWARD = """
CREATE INDEX trail_step_of_projects ON trail_step USING gin ((data -> 'projects') jsonb_path_ops);
"""
BACKWARD = "DROP INDEX trail_step_of_projects;"


class Migration(migrations.Migration):
    dependencies = [("trail", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
