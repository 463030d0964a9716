"""Investment records only grow, and in the order of their days: a past report stays what it was."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION library_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER library_investment_unchanged BEFORE UPDATE OR DELETE ON library_investmentrecord
    FOR EACH ROW EXECUTE FUNCTION library_refuse_change();

CREATE FUNCTION library_investment_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two records of one project that arrive together must see each other.
    PERFORM 1 FROM library_project WHERE id = NEW.project_id FOR UPDATE;
    -- A day's margin: the database's clock need not keep the platform's time zone.
    IF NEW.recorded_on > CURRENT_DATE + 1 THEN
        RAISE EXCEPTION 'an investment record of the future' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM library_investmentrecord
               WHERE project_id = NEW.project_id AND recorded_on > NEW.recorded_on) THEN
        RAISE EXCEPTION 'an investment record before the latest one of project %', NEW.project_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_investment_in_order BEFORE INSERT ON library_investmentrecord
    FOR EACH ROW EXECUTE FUNCTION library_investment_in_order();
"""
BACKWARD = """
DROP TRIGGER library_investment_in_order ON library_investmentrecord;
DROP TRIGGER library_investment_unchanged ON library_investmentrecord;
DROP FUNCTION library_investment_in_order();
DROP FUNCTION library_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0002_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
