"""What a confirmed meeting leaves standing, kept by the database."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER argument_annualplan_unchanged BEFORE UPDATE OR DELETE ON argument_annualplan
    FOR EACH ROW EXECUTE FUNCTION argument_refuse_change();
CREATE TRIGGER argument_annualplanline_unchanged BEFORE UPDATE OR DELETE ON argument_annualplanline
    FOR EACH ROW EXECUTE FUNCTION argument_refuse_change();
CREATE TRIGGER argument_meetingfile_append_only BEFORE UPDATE OR DELETE ON argument_meetingfile
    FOR EACH ROW EXECUTE FUNCTION argument_refuse_change();
CREATE TRIGGER argument_meeting_stays BEFORE DELETE ON argument_meeting
    FOR EACH ROW EXECUTE FUNCTION argument_refuse_change();
CREATE TRIGGER argument_meetingtask_stays BEFORE DELETE ON argument_meetingtask
    FOR EACH ROW EXECUTE FUNCTION argument_refuse_change();

CREATE FUNCTION argument_meeting_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('confirmed', 'cancelled') THEN
        RAISE EXCEPTION 'a meeting that is % does not change', OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN
            ('planned>recorded', 'planned>cancelled', 'recorded>planned', 'recorded>confirmed') THEN
        RAISE EXCEPTION 'a meeting does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'confirmed' AND EXISTS (
        SELECT FROM argument_agendaitem item WHERE item.meeting_id = NEW.id
        AND NOT EXISTS (SELECT FROM argument_resolution WHERE item_id = item.id AND document IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'an item of the meeting has no numbered resolution' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_meeting_final BEFORE UPDATE ON argument_meeting
    FOR EACH ROW EXECUTE FUNCTION argument_meeting_is_final();

CREATE FUNCTION argument_meeting_of(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    SELECT state INTO found FROM argument_meeting WHERE id = wanted;
    IF found IN ('confirmed', 'cancelled') THEN
        RAISE EXCEPTION 'the meeting is %: nothing of it changes', found USING ERRCODE = 'restrict_violation';
    END IF;
END $$;
CREATE FUNCTION argument_of_final_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM argument_meeting_of(OLD.meeting_id); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM argument_meeting_of(NEW.meeting_id); RETURN NEW; END IF;
    RETURN OLD;
END $$;
CREATE FUNCTION argument_of_item_of_final_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM argument_meeting_of((SELECT meeting_id FROM argument_agendaitem WHERE id = OLD.item_id));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM argument_meeting_of((SELECT meeting_id FROM argument_agendaitem WHERE id = NEW.item_id));
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER argument_agendaitem_of_final_meeting BEFORE INSERT OR UPDATE OR DELETE ON argument_agendaitem
    FOR EACH ROW EXECUTE FUNCTION argument_of_final_meeting();
CREATE TRIGGER argument_attendance_of_final_meeting BEFORE INSERT OR UPDATE OR DELETE ON argument_attendance
    FOR EACH ROW EXECUTE FUNCTION argument_of_final_meeting();
CREATE TRIGGER argument_vote_of_final_meeting BEFORE INSERT OR UPDATE OR DELETE ON argument_vote
    FOR EACH ROW EXECUTE FUNCTION argument_of_item_of_final_meeting();
CREATE TRIGGER argument_resolution_of_final_meeting BEFORE INSERT OR UPDATE OR DELETE ON argument_resolution
    FOR EACH ROW EXECUTE FUNCTION argument_of_item_of_final_meeting();

CREATE FUNCTION argument_vote_is_recused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.choice <> 'recused' AND EXISTS (
        SELECT FROM argument_agendaitem item
        JOIN library_project project ON project.id = item.project_id
        JOIN people_user member ON member.id = NEW.user_id
        WHERE item.id = NEW.item_id AND project.organisation_id = member.organisation_id
    ) THEN
        RAISE EXCEPTION 'a member of the project''s own unit is recused' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_vote_recused BEFORE INSERT OR UPDATE ON argument_vote
    FOR EACH ROW EXECUTE FUNCTION argument_vote_is_recused();

CREATE FUNCTION argument_meetingtask_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'closed' THEN
        RAISE EXCEPTION 'a closed task does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'closed' AND (
        OLD.state <> 'reported' OR NOT EXISTS (SELECT FROM argument_meetingfile WHERE task_id = NEW.id)
    ) THEN
        RAISE EXCEPTION 'a task is closed once it is reported with a file' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_meetingtask_final BEFORE UPDATE ON argument_meetingtask
    FOR EACH ROW EXECUTE FUNCTION argument_meetingtask_is_final();
"""
BACKWARD = """
DROP TRIGGER argument_meetingtask_final ON argument_meetingtask;
DROP FUNCTION argument_meetingtask_is_final();
DROP TRIGGER argument_vote_recused ON argument_vote;
DROP FUNCTION argument_vote_is_recused();
DROP TRIGGER argument_resolution_of_final_meeting ON argument_resolution;
DROP TRIGGER argument_vote_of_final_meeting ON argument_vote;
DROP TRIGGER argument_attendance_of_final_meeting ON argument_attendance;
DROP TRIGGER argument_agendaitem_of_final_meeting ON argument_agendaitem;
DROP FUNCTION argument_of_item_of_final_meeting();
DROP FUNCTION argument_of_final_meeting();
DROP FUNCTION argument_meeting_of(bigint);
DROP TRIGGER argument_meeting_final ON argument_meeting;
DROP FUNCTION argument_meeting_is_final();
DROP TRIGGER argument_meetingtask_stays ON argument_meetingtask;
DROP TRIGGER argument_meeting_stays ON argument_meeting;
DROP TRIGGER argument_meetingfile_append_only ON argument_meetingfile;
DROP TRIGGER argument_annualplanline_unchanged ON argument_annualplanline;
DROP TRIGGER argument_annualplan_unchanged ON argument_annualplan;
"""


class Migration(migrations.Migration):
    dependencies = [("argument", "0005_committee")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
