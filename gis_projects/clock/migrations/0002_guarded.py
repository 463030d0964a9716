"""The calendar's overrides and clocks' events are only added; of clocks and pauses only what goes on is written."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION clock_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER clock_dayoverride_append_only BEFORE UPDATE OR DELETE ON clock_dayoverride
FOR EACH ROW EXECUTE FUNCTION clock_refuse_change();
CREATE TRIGGER clock_clockevent_append_only BEFORE UPDATE OR DELETE ON clock_clockevent
FOR EACH ROW EXECUTE FUNCTION clock_refuse_change();

CREATE FUNCTION clock_same_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.replaces_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM clock_dayoverride r WHERE r.id = NEW.replaces_id AND r.day = NEW.day) THEN
        RAISE EXCEPTION 'an override replaces one of the same day' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER clock_dayoverride_same_day BEFORE INSERT ON clock_dayoverride
FOR EACH ROW EXECUTE FUNCTION clock_same_day();

CREATE TRIGGER clock_clock_guarded_delete BEFORE DELETE ON clock_clock
FOR EACH ROW EXECUTE FUNCTION clock_refuse_change();
CREATE TRIGGER clock_clock_guarded BEFORE UPDATE ON clock_clock
FOR EACH ROW WHEN (
    OLD.state = 'stopped' OR OLD.subject <> NEW.subject OR OLD.limit_days <> NEW.limit_days
    OR OLD.starts_on <> NEW.starts_on
) EXECUTE FUNCTION clock_refuse_change();

CREATE TRIGGER clock_pause_guarded_delete BEFORE DELETE ON clock_pause
FOR EACH ROW EXECUTE FUNCTION clock_refuse_change();
CREATE TRIGGER clock_pause_guarded BEFORE UPDATE ON clock_pause
FOR EACH ROW WHEN (
    OLD.resumed_on IS NOT NULL OR NEW.resumed_on IS NULL OR OLD.clock_id <> NEW.clock_id
    OR OLD.paused_on <> NEW.paused_on OR OLD.reason <> NEW.reason
) EXECUTE FUNCTION clock_refuse_change();
"""
BACKWARD = """
DROP TRIGGER clock_pause_guarded ON clock_pause;
DROP TRIGGER clock_pause_guarded_delete ON clock_pause;
DROP TRIGGER clock_clock_guarded ON clock_clock;
DROP TRIGGER clock_clock_guarded_delete ON clock_clock;
DROP TRIGGER clock_dayoverride_same_day ON clock_dayoverride;
DROP FUNCTION clock_same_day();
DROP TRIGGER clock_clockevent_append_only ON clock_clockevent;
DROP TRIGGER clock_dayoverride_append_only ON clock_dayoverride;
DROP FUNCTION clock_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("clock", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
