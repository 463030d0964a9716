"""Evidence and files beside a project only grow; an engagement names a project that there is."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER library_evidence_unchanged BEFORE UPDATE OR DELETE ON library_evidence
    FOR EACH ROW EXECUTE FUNCTION library_refuse_change();
CREATE TRIGGER library_attachment_unchanged BEFORE UPDATE OR DELETE ON library_attachment
    FOR EACH ROW EXECUTE FUNCTION library_refuse_change();
ALTER TABLE people_engagement ADD CONSTRAINT people_engagement_project
    FOREIGN KEY (project) REFERENCES library_project (id) DEFERRABLE INITIALLY DEFERRED;
"""
BACKWARD = """
ALTER TABLE people_engagement DROP CONSTRAINT people_engagement_project;
DROP TRIGGER library_attachment_unchanged ON library_attachment;
DROP TRIGGER library_evidence_unchanged ON library_evidence;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0006_three_libraries_and_evidence"),
        ("people", "0003_functions_and_engagements"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
