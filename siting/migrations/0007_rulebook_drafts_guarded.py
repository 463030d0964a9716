"""Drafts go forward only, trials are evidence once they are finished: the database says so."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION siting_guard_rulebook_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.published_as_id IS NOT NULL OR OLD.discarded_at IS NOT NULL
       OR NEW.revision < OLD.revision
       OR (NEW.revision = OLD.revision AND NEW.sha256 <> OLD.sha256) THEN
        RAISE EXCEPTION 'a rulebook draft only goes forward: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER siting_rulebookdraft_guard BEFORE UPDATE OR DELETE ON siting_rulebookdraft
    FOR EACH ROW EXECUTE FUNCTION siting_guard_rulebook_draft();

CREATE FUNCTION siting_guard_rulebook_trial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.finished_at IS NOT NULL OR NEW.sha256 <> OLD.sha256 OR NEW.manifest <> OLD.manifest
       OR NEW.ground_sha256 <> OLD.ground_sha256 OR NEW.draft_id <> OLD.draft_id OR NEW.revision <> OLD.revision
       OR NEW.against_id <> OLD.against_id OR NEW."on" <> OLD."on" THEN
        RAISE EXCEPTION 'a finished trial never changes: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER siting_rulebooktrial_guard BEFORE UPDATE OR DELETE ON siting_rulebooktrial
    FOR EACH ROW EXECUTE FUNCTION siting_guard_rulebook_trial();

CREATE TRIGGER siting_triedsite_append_only BEFORE UPDATE OR DELETE ON siting_triedsite
    FOR EACH ROW EXECUTE FUNCTION siting_refuse_change();
CREATE FUNCTION siting_guard_tried_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM siting_rulebooktrial WHERE id = NEW.trial_id AND finished_at IS NOT NULL) THEN
        RAISE EXCEPTION 'trial % is finished: INSERT refused', NEW.trial_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER siting_triedsite_guard BEFORE INSERT ON siting_triedsite
    FOR EACH ROW EXECUTE FUNCTION siting_guard_tried_site();
"""
BACKWARD = """
DROP TRIGGER siting_triedsite_guard ON siting_triedsite;
DROP FUNCTION siting_guard_tried_site();
DROP TRIGGER siting_triedsite_append_only ON siting_triedsite;
DROP TRIGGER siting_rulebooktrial_guard ON siting_rulebooktrial;
DROP FUNCTION siting_guard_rulebook_trial();
DROP TRIGGER siting_rulebookdraft_guard ON siting_rulebookdraft;
DROP FUNCTION siting_guard_rulebook_draft();
"""


class Migration(migrations.Migration):
    dependencies = [("siting", "0006_rulebook_drafts_and_trials")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
