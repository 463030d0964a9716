"""What is changed, accepted, completed and accounted for is asked of the database as it is of the actions.

Each gate takes the project's row for itself before it looks at what else there is: of two who write at once the second
sees what the first has written.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION library_refuse_unbuilt(project bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    stands text;
    reached text;
BEGIN
    SELECT library, stage INTO stands, reached FROM library_project WHERE id = project FOR UPDATE;
    IF (stands, reached) IS DISTINCT FROM ('implementation', 'construction') THEN
        RAISE EXCEPTION '%: project % is not under construction in the implementation library', what, project
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_refuse_unbuilt';
    END IF;
END $$;

CREATE FUNCTION library_refuse_open_change(project bigint, asked_by text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM library_buildingchange WHERE project_id = project AND state = 'applied') THEN
        RAISE EXCEPTION 'project % has an open change', project
            USING ERRCODE = 'check_violation', CONSTRAINT = asked_by;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION library_change_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'applied' THEN
        RAISE EXCEPTION 'a change that begins as decided'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_change_gate';
    END IF;
    PERFORM library_refuse_unbuilt(NEW.project_id, 'change');
    IF EXISTS (SELECT 1 FROM library_acceptance
               WHERE project_id = NEW.project_id AND state = 'applied' AND kind IN ('joint', 'own')) THEN
        RAISE EXCEPTION 'the whole of project % is being accepted', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_change_gate';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION library_acceptance_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'applied' THEN
        RAISE EXCEPTION 'an acceptance that begins as concluded'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_acceptance_gate';
    END IF;
    PERFORM library_refuse_unbuilt(NEW.project_id, 'acceptance');
    PERFORM library_refuse_open_change(NEW.project_id, 'library_acceptance_gate');
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION library_acceptance_concluded_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'applied' OR NEW.state = 'applied'
       OR (NEW.project_id, NEW.kind, NEW.subject, NEW.note, NEW.facts, NEW.applied_by_id, NEW.applied_at)
          IS DISTINCT FROM
          (OLD.project_id, OLD.kind, OLD.subject, OLD.note, OLD.facts, OLD.applied_by_id, OLD.applied_at) THEN
        RAISE EXCEPTION 'acceptance %: % refused', OLD.id, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_acceptance_concluded_once';
    END IF;
    IF NEW.state = 'passed' THEN
        PERFORM library_refuse_unbuilt(NEW.project_id, 'acceptance');
        PERFORM library_refuse_open_change(NEW.project_id, 'library_acceptance_concluded_once');
    END IF;
    RETURN NEW;
END $$;

-- completed by an acceptance, and for good ----------------------------------------------------------------------
CREATE FUNCTION library_project_completes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage = 'completed' THEN
        IF EXISTS (SELECT 1 FROM library_constructionstart WHERE project_id = NEW.id)
           AND NOT EXISTS (SELECT 1 FROM library_acceptance
                           WHERE project_id = NEW.id AND state = 'passed' AND kind IN ('joint', 'own')) THEN
            RAISE EXCEPTION 'project % is completed without an acceptance', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'library_project_completes';
        END IF;
    ELSIF EXISTS (SELECT 1 FROM library_completion WHERE project_id = NEW.id) THEN
        RAISE EXCEPTION 'project % was completed on a day that is registered', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_project_completes';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER library_project_completes AFTER UPDATE ON library_project
    FOR EACH ROW WHEN (OLD.stage <> NEW.stage AND 'completed' IN (OLD.stage, NEW.stage))
    EXECUTE FUNCTION library_project_completes();

CREATE OR REPLACE FUNCTION library_completion_gate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reached text;
    last library_completion;
BEGIN
    SELECT stage INTO reached FROM library_project WHERE id = NEW.project_id FOR UPDATE;
    IF reached IS DISTINCT FROM 'completed' THEN
        RAISE EXCEPTION 'project % is not completed', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_completion_gate';
    END IF;
    IF NEW.completed_on > (now() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION 'project % completed on a day to come', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_completion_gate';
    END IF;
    SELECT * INTO last FROM library_completion WHERE project_id = NEW.project_id ORDER BY id DESC LIMIT 1;
    IF last.id IS NOT NULL AND (last.acceptance_id IS NOT NULL OR NEW.acceptance_id IS NOT NULL OR NEW.reason !~ '\\S')
       OR last.id IS NULL AND NEW.reason <> '' THEN
        RAISE EXCEPTION 'project %: a completion is corrected with a reason, and not what an acceptance says',
            NEW.project_id USING ERRCODE = 'check_violation', CONSTRAINT = 'library_completion_gate';
    END IF;
    IF NEW.acceptance_id IS NULL THEN
        IF EXISTS (SELECT 1 FROM library_constructionstart WHERE project_id = NEW.project_id) THEN
            RAISE EXCEPTION 'project % began here and is completed by an acceptance', NEW.project_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'library_completion_gate';
        END IF;
    ELSIF NOT EXISTS (SELECT 1 FROM library_acceptance
                      WHERE id = NEW.acceptance_id AND project_id = NEW.project_id AND state = 'passed'
                      AND kind IN ('joint', 'own') AND accepted_on = NEW.completed_on) THEN
        RAISE EXCEPTION 'acceptance % does not complete project % on %', NEW.acceptance_id, NEW.project_id,
            NEW.completed_on USING ERRCODE = 'check_violation', CONSTRAINT = 'library_completion_gate';
    END IF;
    IF EXISTS (
        SELECT 1 FROM (
            SELECT DISTINCT ON (kind) concluded_on FROM library_completionaccount
            WHERE project_id = NEW.project_id ORDER BY kind, id DESC) standing
        WHERE concluded_on < NEW.completed_on
    ) THEN
        RAISE EXCEPTION 'project %: completed after its accounts', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_completion_gate';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION library_account_gate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    completed date;
    settled date;
    final date;
    again boolean;
BEGIN
    PERFORM 1 FROM library_project WHERE id = NEW.project_id FOR UPDATE;
    SELECT completed_on INTO completed FROM library_completion
    WHERE project_id = NEW.project_id ORDER BY id DESC LIMIT 1;
    SELECT concluded_on INTO settled FROM library_completionaccount
    WHERE project_id = NEW.project_id AND kind = 'settlement' ORDER BY id DESC LIMIT 1;
    SELECT concluded_on INTO final FROM library_completionaccount
    WHERE project_id = NEW.project_id AND kind = 'final' ORDER BY id DESC LIMIT 1;
    IF completed IS NULL OR NEW.concluded_on < completed
       OR NEW.concluded_on > (now() AT TIME ZONE 'Asia/Shanghai')::date
       OR NEW.kind = 'final' AND (settled IS NULL OR NEW.concluded_on < settled)
       OR NEW.kind = 'settlement' AND NEW.concluded_on > final THEN
        RAISE EXCEPTION '% of project % before what it follows, or to come', NEW.kind, NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_account_gate';
    END IF;
    again := CASE NEW.kind WHEN 'final' THEN final ELSE settled END IS NOT NULL;
    IF again AND NEW.reason !~ '\\S' OR NOT again AND NEW.reason <> '' THEN
        RAISE EXCEPTION '% of project %: corrected with a reason only', NEW.kind, NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_account_gate';
    END IF;
    RETURN NEW;
END $$;
"""

# Back to what 0016 and 0018 left.
BACKWARD = """
DROP TRIGGER library_project_completes ON library_project;
DROP FUNCTION library_project_completes();

CREATE OR REPLACE FUNCTION library_account_gate() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION library_completion_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM library_project WHERE id = NEW.project_id AND stage = 'completed' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'project % is not completed', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_completion_gate';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION library_acceptance_concluded_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'applied' OR NEW.state = 'applied'
       OR (NEW.project_id, NEW.kind, NEW.subject, NEW.note, NEW.facts, NEW.applied_by_id, NEW.applied_at)
          IS DISTINCT FROM
          (OLD.project_id, OLD.kind, OLD.subject, OLD.note, OLD.facts, OLD.applied_by_id, OLD.applied_at) THEN
        RAISE EXCEPTION 'acceptance %: % refused', OLD.id, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_acceptance_concluded_once';
    END IF;
    IF NEW.state = 'passed' THEN
        PERFORM library_refuse_unbuilt(NEW.project_id, 'acceptance');
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION library_acceptance_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'applied' THEN
        RAISE EXCEPTION 'an acceptance that begins as concluded'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_acceptance_gate';
    END IF;
    PERFORM library_refuse_unbuilt(NEW.project_id, 'acceptance');
    IF EXISTS (SELECT 1 FROM library_buildingchange WHERE project_id = NEW.project_id AND state = 'applied') THEN
        RAISE EXCEPTION 'project % has an open change', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_acceptance_gate';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION library_change_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'applied' THEN
        RAISE EXCEPTION 'a change that begins as decided'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_change_gate';
    END IF;
    PERFORM library_refuse_unbuilt(NEW.project_id, 'change');
    RETURN NEW;
END $$;
DROP FUNCTION library_refuse_open_change(bigint, text);

CREATE OR REPLACE FUNCTION library_refuse_unbuilt(project bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM library_project
    WHERE id = project AND library = 'implementation' AND stage = 'construction' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: project % is not under construction in the implementation library', what, project
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_refuse_unbuilt';
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0021_completions_corrected")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
