"""A project that has not begun to be built begins by its registered start only, whatever stages lie between."""

from django.db import migrations, models

FORWARD = """
UPDATE library_project p SET begun = CASE
    WHEN stage = 'construction' OR EXISTS (SELECT 1 FROM library_constructionstart WHERE project_id = p.id) THEN true
    WHEN EXISTS (SELECT 1 FROM trail_step WHERE subject = 'library.project:' || p.id
                 AND (data->'before'->>'stage' = 'construction' OR data->'after'->>'stage' = 'construction')) THEN true
    -- else by the stage that it came with: what a ledger brought as suspended or completed had begun before
    ELSE coalesce((SELECT data->'before'->>'stage' FROM trail_step WHERE subject = 'library.project:' || p.id
                   AND jsonb_exists(data->'before', 'stage') ORDER BY number LIMIT 1), stage)
         NOT IN ('planning', 'preparation')
END;

CREATE FUNCTION library_project_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.begun := NEW.stage NOT IN ('planning', 'preparation');
    ELSE
        NEW.begun := OLD.begun OR NEW.stage = 'construction';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_project_begun BEFORE INSERT OR UPDATE ON library_project
    FOR EACH ROW EXECUTE FUNCTION library_project_begun();

DROP TRIGGER library_project_starts ON library_project;
CREATE TRIGGER library_project_starts AFTER UPDATE ON library_project
    FOR EACH ROW WHEN (
        NEW.stage = 'construction' AND OLD.stage <> 'construction'
        AND (OLD.stage IN ('planning', 'preparation') OR NOT OLD.begun)
    ) EXECUTE FUNCTION library_project_starts();
"""
BACKWARD = """
DROP TRIGGER library_project_starts ON library_project;
CREATE TRIGGER library_project_starts AFTER UPDATE ON library_project
    FOR EACH ROW WHEN (OLD.stage IN ('planning', 'preparation') AND NEW.stage = 'construction')
    EXECUTE FUNCTION library_project_starts();
DROP TRIGGER library_project_begun ON library_project;
DROP FUNCTION library_project_begun();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0012_libraries_guarded"),
        ("trail", "0003_steps_of_projects"),
    ]
    operations = [
        migrations.AddField(
            "project",
            "begun",
            models.BooleanField(default=False, editable=False, verbose_name="曾经在建"),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
