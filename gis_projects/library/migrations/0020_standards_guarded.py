"""Standards are unchanged once published; an approval is begun under the one of its day and granted when all is answered."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION library_standard_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'a standard that begins as published'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'library_standard_guarded';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'standard %: DELETE refused', OLD.id
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_standard_guarded';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.published_at IS NULL AND NEW.published_at IS NULL THEN
        IF (NEW.item, NEW.edition, NEW.entered_by_id) IS DISTINCT FROM (OLD.item, OLD.edition, OLD.entered_by_id) THEN
            RAISE EXCEPTION 'draft %: of another item, edition or person', OLD.id
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_standard_guarded';
        END IF;
        RETURN NEW;
    END IF;
    -- Published, or being so: of its words nothing changes.
    IF (NEW.item, NEW.edition, NEW.number, NEW.name, NEW.valid_from, NEW.source, NEW.revision, NEW.entered_by_id,
        NEW.entered_at)
       IS DISTINCT FROM
       (OLD.item, OLD.edition, OLD.number, OLD.name, OLD.valid_from, OLD.source, OLD.revision, OLD.entered_by_id,
        OLD.entered_at) THEN
        RAISE EXCEPTION 'standard %: changed after or while it is published', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_standard_guarded';
    END IF;
    IF OLD.published_at IS NULL THEN
        IF NOT EXISTS (SELECT 1 FROM library_checkpoint WHERE standard_id = NEW.id)
           OR NEW.valid_from < (NEW.published_at AT TIME ZONE 'Asia/Shanghai')::date
           OR NEW.valid_to IS DISTINCT FROM OLD.valid_to THEN
            RAISE EXCEPTION 'standard %: without points, for days that are past, or with another end', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'library_standard_guarded';
        END IF;
    ELSIF (NEW.published_at, NEW.published_by_id) IS DISTINCT FROM (OLD.published_at, OLD.published_by_id)
       OR NEW.valid_to IS DISTINCT FROM OLD.valid_to AND (OLD.valid_to IS NOT NULL OR NEW.valid_to IS NULL) THEN
        RAISE EXCEPTION 'standard %: an end is given once', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_standard_guarded';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_standard_guarded BEFORE INSERT OR UPDATE OR DELETE ON library_enforcementstandard
    FOR EACH ROW EXECUTE FUNCTION library_standard_guarded();

CREATE FUNCTION library_point_of_a_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.standard_id ELSE OLD.standard_id END;
BEGIN
    -- Locked: a point that is written while its standard is published waits, and is refused.
    PERFORM 1 FROM library_enforcementstandard WHERE id = of AND published_at IS NULL FOR SHARE;
    IF NOT FOUND OR TG_OP = 'UPDATE' AND NEW.standard_id <> of THEN
        RAISE EXCEPTION 'standard % is published: % of a point refused', of, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_point_of_a_draft';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER library_point_of_a_draft BEFORE INSERT OR UPDATE OR DELETE ON library_checkpoint
    FOR EACH ROW EXECUTE FUNCTION library_point_of_a_draft();

CREATE FUNCTION library_approval_standard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.standard_id := (
            SELECT id FROM library_enforcementstandard
            WHERE item = NEW.item AND published_at IS NOT NULL
              AND daterange(valid_from, valid_to) @> (NEW.started_at AT TIME ZONE 'Asia/Shanghai')::date
        );
    ELSIF NEW.standard_id IS DISTINCT FROM OLD.standard_id THEN
        RAISE EXCEPTION 'approval %: another standard than on the day it was begun', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_approval_standard';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_approval_standard BEFORE INSERT OR UPDATE ON library_approval
    FOR EACH ROW EXECUTE FUNCTION library_approval_standard();

CREATE FUNCTION library_approval_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM library_checkpoint point
        WHERE point.standard_id = OLD.standard_id AND NOT EXISTS (
            SELECT 1 FROM library_approvalcheck answered
            WHERE answered.approval_id = OLD.id AND answered.point_id = point.id
        )
    ) THEN
        RAISE EXCEPTION 'approval % is granted with points that nobody answered', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_approval_checked';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_approval_checked BEFORE UPDATE ON library_approval
    FOR EACH ROW WHEN (OLD.granted_on IS NULL AND NEW.granted_on IS NOT NULL)
    EXECUTE FUNCTION library_approval_checked();

CREATE FUNCTION library_check_gate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE given bigint;
BEGIN
    SELECT standard_id INTO given FROM library_approval
        WHERE id = NEW.approval_id AND granted_on IS NULL FOR SHARE;
    IF NOT EXISTS (SELECT 1 FROM library_checkpoint WHERE id = NEW.point_id AND standard_id = given) THEN
        RAISE EXCEPTION 'approval %: granted, or begun under another standard than that of point %',
            NEW.approval_id, NEW.point_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_check_gate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_check_gate BEFORE INSERT ON library_approvalcheck
    FOR EACH ROW EXECUTE FUNCTION library_check_gate();
CREATE TRIGGER library_check_unchanged BEFORE UPDATE OR DELETE ON library_approvalcheck
    FOR EACH ROW EXECUTE FUNCTION library_refuse_change();
"""
BACKWARD = """
DROP TRIGGER library_check_unchanged ON library_approvalcheck;
DROP TRIGGER library_check_gate ON library_approvalcheck;
DROP TRIGGER library_approval_checked ON library_approval;
DROP TRIGGER library_approval_standard ON library_approval;
DROP TRIGGER library_point_of_a_draft ON library_checkpoint;
DROP TRIGGER library_standard_guarded ON library_enforcementstandard;
DROP FUNCTION library_check_gate();
DROP FUNCTION library_approval_checked();
DROP FUNCTION library_approval_standard();
DROP FUNCTION library_point_of_a_draft();
DROP FUNCTION library_standard_guarded();
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0019_enforcement_standards"), ("trail", "0004_not_emptied")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunSQL("SELECT trail_keep_filled()", migrations.RunSQL.noop),
    ]
