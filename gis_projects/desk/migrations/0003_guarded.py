"""What was asked, answered and set as a deadline is only added; of duties and tasks only what goes on is written."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION desk_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER desk_deadline_append_only BEFORE UPDATE OR DELETE ON desk_deadline
FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_instruction_append_only BEFORE UPDATE OR DELETE ON desk_instruction
FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_reply_append_only BEFORE UPDATE OR DELETE ON desk_reply
FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();

CREATE TRIGGER desk_duty_guarded_delete BEFORE DELETE ON desk_duty
FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_duty_guarded BEFORE UPDATE ON desk_duty
FOR EACH ROW WHEN (
    OLD.done_at IS NOT NULL OR OLD.code <> NEW.code OR OLD.organisation_id <> NEW.organisation_id
    OR OLD.period <> NEW.period OR OLD.starts_on <> NEW.starts_on
) EXECUTE FUNCTION desk_refuse_change();

CREATE TRIGGER desk_instructiontask_guarded_delete BEFORE DELETE ON desk_instructiontask
FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_instructiontask_guarded BEFORE UPDATE ON desk_instructiontask
FOR EACH ROW WHEN (
    OLD.state = 'closed' OR OLD.instruction_id <> NEW.instruction_id OR OLD.organisation_id <> NEW.organisation_id
    OR (OLD.read_at IS NOT NULL AND (OLD.read_at IS DISTINCT FROM NEW.read_at
                                     OR OLD.read_by_id IS DISTINCT FROM NEW.read_by_id))
) EXECUTE FUNCTION desk_refuse_change();
"""
BACKWARD = """
DROP TRIGGER desk_instructiontask_guarded ON desk_instructiontask;
DROP TRIGGER desk_instructiontask_guarded_delete ON desk_instructiontask;
DROP TRIGGER desk_duty_guarded ON desk_duty;
DROP TRIGGER desk_duty_guarded_delete ON desk_duty;
DROP TRIGGER desk_reply_append_only ON desk_reply;
DROP TRIGGER desk_instruction_append_only ON desk_instruction;
DROP TRIGGER desk_deadline_append_only ON desk_deadline;
DROP FUNCTION desk_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_duties_instructions_mail")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
