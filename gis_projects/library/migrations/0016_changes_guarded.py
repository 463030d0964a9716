"""What is built changes and is accepted only inside the implementation library, and is decided once."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION library_refuse_unbuilt(project bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM library_project
    WHERE id = project AND library = 'implementation' AND stage = 'construction' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: project % is not under construction in the implementation library', what, project
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_refuse_unbuilt';
    END IF;
END $$;

CREATE FUNCTION library_change_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'applied' THEN
        RAISE EXCEPTION 'a change that begins as decided'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_change_gate';
    END IF;
    PERFORM library_refuse_unbuilt(NEW.project_id, 'change');
    RETURN NEW;
END $$;
CREATE TRIGGER library_change_gate BEFORE INSERT ON library_buildingchange
    FOR EACH ROW EXECUTE FUNCTION library_change_gate();

CREATE FUNCTION library_change_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'applied' OR NEW.state = 'applied'
       OR (NEW.project_id, NEW.kind, NEW.text, NEW.reason, NEW.from_yuan, NEW.to_yuan, NEW.from_finish, NEW.to_finish,
           NEW.applied_by_id, NEW.applied_at)
          IS DISTINCT FROM
          (OLD.project_id, OLD.kind, OLD.text, OLD.reason, OLD.from_yuan, OLD.to_yuan, OLD.from_finish, OLD.to_finish,
           OLD.applied_by_id, OLD.applied_at) THEN
        RAISE EXCEPTION 'change %: % refused', OLD.id, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_change_decided_once';
    END IF;
    IF NEW.state = 'approved' THEN
        PERFORM library_refuse_unbuilt(NEW.project_id, 'change');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_change_decided_once BEFORE UPDATE OR DELETE ON library_buildingchange
    FOR EACH ROW EXECUTE FUNCTION library_change_decided_once();

CREATE FUNCTION library_acceptance_gate() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER library_acceptance_gate BEFORE INSERT ON library_acceptance
    FOR EACH ROW EXECUTE FUNCTION library_acceptance_gate();

CREATE FUNCTION library_acceptance_concluded_once() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER library_acceptance_concluded_once BEFORE UPDATE OR DELETE ON library_acceptance
    FOR EACH ROW EXECUTE FUNCTION library_acceptance_concluded_once();
"""
BACKWARD = """
DROP TRIGGER library_acceptance_concluded_once ON library_acceptance;
DROP TRIGGER library_acceptance_gate ON library_acceptance;
DROP TRIGGER library_change_decided_once ON library_buildingchange;
DROP TRIGGER library_change_gate ON library_buildingchange;
DROP FUNCTION library_acceptance_concluded_once();
DROP FUNCTION library_acceptance_gate();
DROP FUNCTION library_change_decided_once();
DROP FUNCTION library_change_gate();
DROP FUNCTION library_refuse_unbuilt(bigint, text);
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0015_changes_and_acceptances")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
