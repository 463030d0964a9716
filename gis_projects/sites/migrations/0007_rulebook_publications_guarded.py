"""Revisions of drafts are only added; a publication that has ended stays as it is: the database says so."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER sites_rulebookrevision_append_only BEFORE UPDATE OR DELETE ON sites_rulebookrevision
    FOR EACH ROW EXECUTE FUNCTION siting_refuse_change();
CREATE FUNCTION sites_guard_rulebook_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'proposed' OR NEW.proposer_id <> OLD.proposer_id
       OR NEW.sha256 <> OLD.sha256 OR NEW.revision <> OLD.revision OR NEW.draft_id <> OLD.draft_id THEN
        RAISE EXCEPTION 'a publication is decided once: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sites_rulebookpublication_guard BEFORE UPDATE OR DELETE ON sites_rulebookpublication
    FOR EACH ROW EXECUTE FUNCTION sites_guard_rulebook_publication();
"""
BACKWARD = """
DROP TRIGGER sites_rulebookpublication_guard ON sites_rulebookpublication;
DROP FUNCTION sites_guard_rulebook_publication();
DROP TRIGGER sites_rulebookrevision_append_only ON sites_rulebookrevision;
"""


class Migration(migrations.Migration):
    dependencies = [("sites", "0006_rulebook_publications"), ("siting", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
