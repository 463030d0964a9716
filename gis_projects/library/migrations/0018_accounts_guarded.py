"""A project is completed on one day, and its two accounts follow in their order."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION library_completion_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM library_project WHERE id = NEW.project_id AND stage = 'completed' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'project % is not completed', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_completion_gate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_completion_gate BEFORE INSERT ON library_completion
    FOR EACH ROW EXECUTE FUNCTION library_completion_gate();
CREATE TRIGGER library_completion_unchanged BEFORE UPDATE OR DELETE ON library_completion
    FOR EACH ROW EXECUTE FUNCTION library_refuse_change();

CREATE FUNCTION library_account_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM library_completion WHERE project_id = NEW.project_id AND completed_on <= NEW.concluded_on
    ) OR NEW.kind = 'final' AND NOT EXISTS (
        SELECT 1 FROM library_completionaccount
        WHERE project_id = NEW.project_id AND kind = 'settlement' AND concluded_on <= NEW.concluded_on
    ) THEN
        RAISE EXCEPTION '% of project % before what it follows', NEW.kind, NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_account_gate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_account_gate BEFORE INSERT ON library_completionaccount
    FOR EACH ROW EXECUTE FUNCTION library_account_gate();
CREATE TRIGGER library_account_unchanged BEFORE UPDATE OR DELETE ON library_completionaccount
    FOR EACH ROW EXECUTE FUNCTION library_refuse_change();
"""
BACKWARD = """
DROP TRIGGER library_account_unchanged ON library_completionaccount;
DROP TRIGGER library_account_gate ON library_completionaccount;
DROP TRIGGER library_completion_unchanged ON library_completion;
DROP TRIGGER library_completion_gate ON library_completion;
DROP FUNCTION library_account_gate();
DROP FUNCTION library_completion_gate();
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0017_completions_and_accounts"), ("trail", "0004_not_emptied")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunSQL("SELECT trail_keep_filled()", migrations.RunSQL.noop),
    ]
