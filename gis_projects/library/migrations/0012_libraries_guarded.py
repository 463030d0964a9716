"""What must hold of the three libraries, in the database itself.

A project's library changes with a move of the same transaction and in no other way; an admission carries a gate whose
every requirement is met. Nothing that belongs to the libraries' projects alone (code, approval, start, budget, money
from above, procurement) is given to another project. No line of the budget is overdrawn.
"""

from django.db import migrations

APPEND_ONLY = {
    "library_move_unchanged": "library_librarymove",
    "library_succession_unchanged": "library_succession",
    "library_acknowledgement_unchanged": "library_acknowledgement",
    "library_factor_unchanged": "library_factorstatus",
    "library_parameter_unchanged": "library_parameter",
    "library_budget_line_unchanged": "library_budgetline",
    "library_budget_change_unchanged": "library_budgetchange",
    "library_appropriation_unchanged": "library_appropriation",
    "library_start_unchanged": "library_constructionstart",
    "library_slip_unchanged": "library_procurementslip",
    "library_consent_unchanged": "library_procurementconsent",
    "library_monitoring_unchanged": "library_monitoring",
}

FORWARD = (
    "".join(
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION library_refuse_change();\n"
        for name, table in APPEND_ONLY.items()
    )
    + """
-- moves ---------------------------------------------------------------------------------------------------------
CREATE FUNCTION library_move_begins() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stands text;
BEGIN
    SELECT library INTO stands FROM library_project WHERE id = NEW.project_id FOR UPDATE;
    IF stands IS DISTINCT FROM NEW.from_library THEN
        RAISE EXCEPTION 'project % is in %, not in %', NEW.project_id, stands, NEW.from_library
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_move_begins';
    END IF;
    IF NEW.application_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM library_application a WHERE a.id = NEW.application_id AND a.project_id = NEW.project_id
        AND a.from_library = NEW.from_library AND a.to_library = NEW.to_library AND a.state = 'admitted'
    ) THEN
        RAISE EXCEPTION 'move of project % without its admitted application', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_move_begins';
    END IF;
    NEW.transaction := txid_current();
    RETURN NEW;
END $$;
CREATE TRIGGER library_move_begins BEFORE INSERT ON library_librarymove
    FOR EACH ROW EXECUTE FUNCTION library_move_begins();

CREATE FUNCTION library_project_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    latest library_librarymove;
    before text := CASE TG_OP WHEN 'INSERT' THEN 'none' ELSE OLD.library END;
BEGIN
    SELECT * INTO latest FROM library_librarymove WHERE project_id = NEW.id ORDER BY id DESC LIMIT 1;
    IF latest.transaction IS DISTINCT FROM txid_current() OR latest.from_library <> before
       OR latest.to_library <> NEW.library THEN
        RAISE EXCEPTION 'project % from % to % without a move of this transaction', NEW.id, before, NEW.library
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_project_moves';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER library_project_moves AFTER UPDATE ON library_project
    FOR EACH ROW WHEN (OLD.library IS DISTINCT FROM NEW.library) EXECUTE FUNCTION library_project_moves();
CREATE TRIGGER library_project_begins AFTER INSERT ON library_project
    FOR EACH ROW WHEN (NEW.library <> 'none') EXECUTE FUNCTION library_project_moves();

CREATE FUNCTION library_move_carried_out() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said text;
    stands text;
BEGIN
    SELECT to_library INTO said FROM library_librarymove WHERE project_id = NEW.project_id ORDER BY id DESC LIMIT 1;
    SELECT library INTO stands FROM library_project WHERE id = NEW.project_id;
    IF stands IS DISTINCT FROM said THEN
        RAISE EXCEPTION 'project % is in %, its newest move says %', NEW.project_id, stands, said
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_move_carried_out';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER library_move_carried_out AFTER INSERT ON library_librarymove
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION library_move_carried_out();

-- applications --------------------------------------------------------------------------------------------------
CREATE FUNCTION library_application_begins() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stands text;
BEGIN
    SELECT library INTO stands FROM library_project WHERE id = NEW.project_id FOR UPDATE;
    IF NEW.state <> 'open' OR stands IS DISTINCT FROM NEW.from_library THEN
        RAISE EXCEPTION 'an application of project % from %, which is in %', NEW.project_id, NEW.from_library, stands
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_application_begins';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_application_begins BEFORE INSERT ON library_application
    FOR EACH ROW EXECUTE FUNCTION library_application_begins();

CREATE FUNCTION library_application_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'open'
       OR (NEW.project_id, NEW.from_library, NEW.to_library, NEW.note, NEW.gate, NEW.applicant_id, NEW.applied_at)
          IS DISTINCT FROM
          (OLD.project_id, OLD.from_library, OLD.to_library, OLD.note, OLD.gate, OLD.applicant_id, OLD.applied_at) THEN
        RAISE EXCEPTION 'application % is decided, or would become another one: % refused', OLD.id, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_application_decided_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_application_decided_once BEFORE UPDATE OR DELETE ON library_application
    FOR EACH ROW EXECUTE FUNCTION library_application_decided_once();

CREATE FUNCTION library_application_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM library_librarymove WHERE application_id = NEW.id) THEN
        RAISE EXCEPTION 'application % is admitted without a move', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_application_moved';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER library_application_moved AFTER UPDATE ON library_application
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'admitted')
    EXECUTE FUNCTION library_application_moved();

-- nothing for a project outside the libraries -------------------------------------------------------------------
CREATE FUNCTION library_refuse_outside(project bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE stands text;
BEGIN
    -- the lock keeps the project from coming out before this transaction ends
    SELECT library INTO stands FROM library_project WHERE id = project FOR SHARE;
    IF stands IS NULL OR stands NOT IN ('catalogue', 'reserve', 'implementation') THEN
        RAISE EXCEPTION 'project % is outside the libraries: %', project, what
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_refuse_outside';
    END IF;
END $$;
CREATE FUNCTION library_refuse_unreviewed(project bigint, review bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM library_evidence e WHERE e.id = review AND e.project_id = project AND e.kind = 'review'
        AND e.outcome <> 'failed' AND NOT EXISTS (
            SELECT 1 FROM library_evidence n WHERE n.project_id = project AND n.kind = 'review' AND n.id > e.id)
    ) THEN
        RAISE EXCEPTION 'evidence % is no review report that stands for project %', review, project
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_refuse_unreviewed';
    END IF;
END $$;

CREATE FUNCTION library_project_code_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM library_refuse_outside(NEW.id, 'code');
    RETURN NULL;
END $$;
CREATE TRIGGER library_project_code_gate AFTER UPDATE ON library_project
    FOR EACH ROW WHEN (OLD.national_code = '' AND NEW.national_code <> '')
    EXECUTE FUNCTION library_project_code_gate();

CREATE FUNCTION library_approval_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.granted_on IS NOT NULL THEN
        RAISE EXCEPTION 'an approval that begins as granted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_approval_gate';
    END IF;
    PERFORM library_refuse_outside(NEW.project_id, 'approval');
    RETURN NEW;
END $$;
CREATE TRIGGER library_approval_gate BEFORE INSERT ON library_approval
    FOR EACH ROW EXECUTE FUNCTION library_approval_gate();
CREATE FUNCTION library_approval_granted_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.granted_on IS NOT NULL OR NEW.granted_on IS NULL
       OR (NEW.project_id, NEW.item, NEW.started_by_id, NEW.started_at)
          IS DISTINCT FROM (OLD.project_id, OLD.item, OLD.started_by_id, OLD.started_at) THEN
        RAISE EXCEPTION 'approval %: % refused', OLD.id, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_approval_granted_once';
    END IF;
    PERFORM library_refuse_outside(NEW.project_id, 'approval');
    RETURN NEW;
END $$;
CREATE TRIGGER library_approval_granted_once BEFORE UPDATE OR DELETE ON library_approval
    FOR EACH ROW EXECUTE FUNCTION library_approval_granted_once();

CREATE FUNCTION library_start_gate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stands text;
BEGIN
    SELECT library INTO stands FROM library_project WHERE id = NEW.project_id FOR SHARE;
    IF stands IS DISTINCT FROM 'implementation' OR NOT EXISTS (
        SELECT 1 FROM library_approval
        WHERE project_id = NEW.project_id AND item = 'setup' AND granted_on <= NEW.started_on
    ) THEN
        RAISE EXCEPTION 'project % starts before it is set up, or outside the implementation library', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_start_gate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_start_gate BEFORE INSERT ON library_constructionstart
    FOR EACH ROW EXECUTE FUNCTION library_start_gate();

CREATE FUNCTION library_project_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM library_constructionstart WHERE project_id = NEW.id) THEN
        RAISE EXCEPTION 'project % is under construction without a start', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_project_starts';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER library_project_starts AFTER UPDATE ON library_project
    FOR EACH ROW WHEN (OLD.stage IN ('planning', 'preparation') AND NEW.stage = 'construction')
    EXECUTE FUNCTION library_project_starts();

CREATE FUNCTION library_fund_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'declared' THEN
            RAISE EXCEPTION 'a fund application begins as declared'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'library_fund_gate';
        END IF;
    ELSIF TG_OP = 'DELETE' OR (OLD.state, NEW.state) NOT IN (
            ('declared', 'assessed'), ('assessed', 'recommended'),
            ('declared', 'returned'), ('assessed', 'returned'),
            ('declared', 'withdrawn'), ('assessed', 'withdrawn'))
       OR (NEW.project_id, NEW.flow, NEW.year, NEW.amount_yuan, NEW.purpose, NEW.declared_by_id, NEW.declared_at)
          IS DISTINCT FROM
          (OLD.project_id, OLD.flow, OLD.year, OLD.amount_yuan, OLD.purpose, OLD.declared_by_id, OLD.declared_at) THEN
        RAISE EXCEPTION 'fund application %: % refused', OLD.id, TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'library_fund_gate';
    END IF;
    IF NEW.state IN ('declared', 'assessed', 'recommended') THEN
        PERFORM library_refuse_outside(NEW.project_id, 'fund application');
    END IF;
    IF NEW.state IN ('assessed', 'recommended') THEN
        PERFORM library_refuse_unreviewed(NEW.project_id, NEW.assessment_id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_fund_gate BEFORE INSERT OR UPDATE OR DELETE ON library_fundapplication
    FOR EACH ROW EXECUTE FUNCTION library_fund_gate();

CREATE FUNCTION library_slip_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM library_refuse_outside(NEW.project_id, 'procurement slip');
    RETURN NEW;
END $$;
CREATE TRIGGER library_slip_gate BEFORE INSERT ON library_procurementslip
    FOR EACH ROW EXECUTE FUNCTION library_slip_gate();

CREATE FUNCTION library_consent_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM library_refuse_outside(NEW.project_id, 'procurement');
    IF NOT EXISTS (SELECT 1 FROM library_procurementslip
                   WHERE id = NEW.slip_id AND project_id = NEW.project_id AND amount_yuan >= NEW.amount_yuan) THEN
        RAISE EXCEPTION 'slip % is another project''s, or of less', NEW.slip_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_consent_gate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_consent_gate BEFORE INSERT ON library_procurementconsent
    FOR EACH ROW EXECUTE FUNCTION library_consent_gate();

CREATE FUNCTION library_monitoring_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM library_refuse_unreviewed(NEW.project_id, NEW.review_id);
    RETURN NEW;
END $$;
CREATE TRIGGER library_monitoring_gate BEFORE INSERT ON library_monitoring
    FOR EACH ROW EXECUTE FUNCTION library_monitoring_gate();

-- the budget ----------------------------------------------------------------------------------------------------
CREATE FUNCTION library_budget_line_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM library_refuse_outside(NEW.project_id, 'budget line');
    PERFORM library_refuse_unreviewed(NEW.project_id, NEW.review_id);
    RETURN NEW;
END $$;
CREATE TRIGGER library_budget_line_gate BEFORE INSERT ON library_budgetline
    FOR EACH ROW EXECUTE FUNCTION library_budget_line_gate();

CREATE FUNCTION library_line_balance(line bigint) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    given numeric;
BEGIN
    -- whoever pays or changes waits for whoever else does, and reads what they left
    SELECT amount_yuan INTO given FROM library_budgetline WHERE id = line FOR UPDATE;
    RETURN given
        + COALESCE((SELECT sum(delta_yuan) FROM library_budgetchange WHERE line_id = line), 0)
        - COALESCE((SELECT sum(amount_yuan) FROM library_appropriation WHERE line_id = line), 0);
END $$;

CREATE FUNCTION library_appropriation_gate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE balance numeric;
BEGIN
    PERFORM library_refuse_outside((SELECT project_id FROM library_budgetline WHERE id = NEW.line_id), 'appropriation');
    balance := library_line_balance(NEW.line_id);
    IF NEW.amount_yuan > balance THEN
        RAISE EXCEPTION 'budget line % holds %, not %', NEW.line_id, balance, NEW.amount_yuan
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_appropriation_gate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_appropriation_gate BEFORE INSERT ON library_appropriation
    FOR EACH ROW EXECUTE FUNCTION library_appropriation_gate();

CREATE FUNCTION library_budget_change_covered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM library_refuse_outside((SELECT project_id FROM library_budgetline WHERE id = NEW.line_id), 'budget change');
    IF library_line_balance(NEW.line_id) + NEW.delta_yuan < 0 THEN
        RAISE EXCEPTION 'budget line % would hold less than is paid', NEW.line_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'library_budget_change_covered';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_budget_change_covered BEFORE INSERT ON library_budgetchange
    FOR EACH ROW EXECUTE FUNCTION library_budget_change_covered();
"""
)

BACKWARD = """
DROP TRIGGER library_budget_change_covered ON library_budgetchange;
DROP TRIGGER library_appropriation_gate ON library_appropriation;
DROP TRIGGER library_budget_line_gate ON library_budgetline;
DROP TRIGGER library_monitoring_gate ON library_monitoring;
DROP TRIGGER library_consent_gate ON library_procurementconsent;
DROP TRIGGER library_slip_gate ON library_procurementslip;
DROP TRIGGER library_fund_gate ON library_fundapplication;
DROP TRIGGER library_project_starts ON library_project;
DROP TRIGGER library_start_gate ON library_constructionstart;
DROP TRIGGER library_approval_granted_once ON library_approval;
DROP TRIGGER library_approval_gate ON library_approval;
DROP TRIGGER library_project_code_gate ON library_project;
DROP TRIGGER library_application_moved ON library_application;
DROP TRIGGER library_application_decided_once ON library_application;
DROP TRIGGER library_application_begins ON library_application;
DROP TRIGGER library_move_carried_out ON library_librarymove;
DROP TRIGGER library_project_begins ON library_project;
DROP TRIGGER library_project_moves ON library_project;
DROP TRIGGER library_move_begins ON library_librarymove;
DROP FUNCTION library_budget_change_covered();
DROP FUNCTION library_appropriation_gate();
DROP FUNCTION library_line_balance(bigint);
DROP FUNCTION library_budget_line_gate();
DROP FUNCTION library_monitoring_gate();
DROP FUNCTION library_consent_gate();
DROP FUNCTION library_slip_gate();
DROP FUNCTION library_fund_gate();
DROP FUNCTION library_project_starts();
DROP FUNCTION library_start_gate();
DROP FUNCTION library_approval_granted_once();
DROP FUNCTION library_approval_gate();
DROP FUNCTION library_project_code_gate();
DROP FUNCTION library_refuse_unreviewed(bigint, bigint);
DROP FUNCTION library_refuse_outside(bigint, text);
DROP FUNCTION library_application_moved();
DROP FUNCTION library_application_decided_once();
DROP FUNCTION library_application_begins();
DROP FUNCTION library_move_carried_out();
DROP FUNCTION library_project_moves();
DROP FUNCTION library_move_begins();
""" + "".join(f"DROP TRIGGER {name} ON {table};\n" for name, table in APPEND_ONLY.items())


class Migration(migrations.Migration):
    dependencies = [("library", "0011_libraries_budget_and_permits")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
