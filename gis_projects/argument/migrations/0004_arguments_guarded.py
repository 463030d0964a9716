"""What only grows, what is fixed once it is handed in, and how states move: kept by the database."""

from __future__ import annotations

from django.db import migrations

APPEND_ONLY = ["argument_routingtable", "argument_approval", "argument_quotaentry"]

CASE_MOVES = (
    "open>consulting open>escalated open>concluded open>withdrawn consulting>open "
    "consulting>withdrawn escalated>open escalated>withdrawn concluded>open"
)
TASK_MOVES = (
    "waiting>approving waiting>given waiting>returned waiting>deemed waiting>decided waiting>superseded "
    "waiting>cancelled approving>waiting approving>given approving>returned approving>deemed approving>decided "
    "approving>superseded approving>cancelled returned>waiting returned>deemed returned>decided "
    "returned>superseded returned>cancelled given>approving given>returned given>decided given>superseded "
    "given>cancelled deemed>superseded deemed>cancelled decided>superseded decided>cancelled"
)
OPINION_MOVES = (
    "draft>approving draft>approved draft>verified draft>filed draft>dropped approving>approved "
    "approving>verified approving>sent_back approving>dropped"
)


def _moves(table: str, moves: str) -> str:
    pairs = ", ".join(f"'{move}'" for move in moves.split())
    return f"""
CREATE FUNCTION {table}_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ({pairs}) THEN
        RAISE EXCEPTION '% does not go from % to %', TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER {table}_moves BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_moves();
"""


FORWARD = (
    """
CREATE FUNCTION argument_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""
    + "".join(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION argument_refuse_change();\n"
        for table in APPEND_ONLY
    )
    + "".join(
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION argument_refuse_change();\n"
        for table in ("argument_case", "argument_task", "argument_opinion", "argument_condition")
    )
    + _moves("argument_case", CASE_MOVES)
    + _moves("argument_task", TASK_MOVES)
    + _moves("argument_opinion", OPINION_MOVES)
    + """
CREATE FUNCTION argument_opinion_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.task_id, NEW.version) IS DISTINCT FROM (OLD.task_id, OLD.version)
       OR (OLD.state <> 'draft'
           AND (NEW.verdict, NEW.text, NEW.fields, NEW.conditions_asked, NEW.drafted_by_id, NEW.drafted_at,
                NEW.submitted_at)
               IS DISTINCT FROM (OLD.verdict, OLD.text, OLD.fields, OLD.conditions_asked, OLD.drafted_by_id,
                                 OLD.drafted_at, OLD.submitted_at))
       OR (OLD.effective_at IS NOT NULL AND NEW.effective_at IS DISTINCT FROM OLD.effective_at) THEN
        RAISE EXCEPTION 'an opinion that was handed in stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_opinion_fixed BEFORE UPDATE ON argument_opinion
    FOR EACH ROW EXECUTE FUNCTION argument_opinion_fixed();

-- An opinion comes into force with the last level of its task's chain, or without any in the mode that only files.
CREATE FUNCTION argument_opinion_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked argument_task%ROWTYPE;
    signed integer;
BEGIN
    IF NEW.state NOT IN ('approved', 'verified', 'filed') THEN RETURN NEW; END IF;
    SELECT * INTO asked FROM argument_task WHERE id = NEW.task_id;
    IF (asked.chain_mode, NEW.state) NOT IN (('approve', 'approved'), ('verify', 'verified'), ('file', 'filed')) THEN
        RAISE EXCEPTION 'a chain of mode % does not end in %', asked.chain_mode, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT count(*) INTO signed FROM argument_approval WHERE opinion_id = NEW.id AND agreed;
    IF NEW.state <> 'filed' AND signed <> greatest(jsonb_array_length(asked.chain_levels), 1) THEN
        RAISE EXCEPTION 'an opinion is in force when every level has signed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_opinion_in_force BEFORE INSERT OR UPDATE OF state ON argument_opinion
    FOR EACH ROW EXECUTE FUNCTION argument_opinion_in_force();

CREATE FUNCTION argument_approval_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said argument_opinion%ROWTYPE;
BEGIN
    SELECT * INTO said FROM argument_opinion WHERE id = NEW.opinion_id FOR UPDATE;
    IF said.state <> 'approving' THEN
        RAISE EXCEPTION 'opinion % waits for no signature', NEW.opinion_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.drafted_by_id <> said.drafted_by_id THEN
        RAISE EXCEPTION 'opinion % was drafted by somebody else', NEW.opinion_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.level <> 1 + (SELECT count(*) FROM argument_approval WHERE opinion_id = NEW.opinion_id) THEN
        RAISE EXCEPTION 'levels sign one after the other' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_approval_in_order BEFORE INSERT ON argument_approval
    FOR EACH ROW EXECUTE FUNCTION argument_approval_in_order();

CREATE FUNCTION argument_quotaentry_counts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reserved numeric;
BEGIN
    IF NEW.kind = 'reserve' THEN
        UPDATE argument_quotaaccount SET taken = taken + NEW.amount WHERE id = NEW.account_id;
        RETURN NEW;
    END IF;
    -- The account's row is what two who end the same reservation at once wait for.
    PERFORM 1 FROM argument_quotaaccount WHERE id = NEW.account_id FOR UPDATE;
    SELECT amount INTO reserved FROM argument_quotaentry
        WHERE account_id = NEW.account_id AND opinion_id = NEW.opinion_id AND kind = 'reserve';
    IF reserved IS DISTINCT FROM NEW.amount THEN
        RAISE EXCEPTION 'a % ends a reservation of the same amount', NEW.kind USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.kind = 'release' THEN
        UPDATE argument_quotaaccount SET taken = taken - NEW.amount WHERE id = NEW.account_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_quotaentry_counts BEFORE INSERT ON argument_quotaentry
    FOR EACH ROW EXECUTE FUNCTION argument_quotaentry_counts();

CREATE FUNCTION argument_quotaaccount_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'INSERT' AND NEW.taken <> 0)
       OR (TG_OP = 'UPDATE'
           AND ((NEW.taken <> OLD.taken AND pg_trigger_depth() < 2)
                OR (NEW.kind, NEW.region_id, NEW.year) IS DISTINCT FROM (OLD.kind, OLD.region_id, OLD.year))) THEN
        RAISE EXCEPTION 'a quota account changes by its entries alone' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_quotaaccount_kept BEFORE INSERT OR UPDATE OR DELETE ON argument_quotaaccount
    FOR EACH ROW EXECUTE FUNCTION argument_quotaaccount_kept();

CREATE FUNCTION argument_checklistparty_signed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.signed_at IS NOT NULL THEN
        RAISE EXCEPTION 'what a party signed stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_checklistparty_signed_stays BEFORE UPDATE OR DELETE ON argument_checklistparty
    FOR EACH ROW EXECUTE FUNCTION argument_checklistparty_signed_stays();

-- All three parties: a checklist passes with three signatures that say so, and fails with three of which one doesn't.
CREATE FUNCTION argument_checklist_closes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed integer;
    passing integer;
BEGIN
    IF NEW.state = OLD.state THEN RETURN NEW; END IF;
    SELECT count(*), count(*) FILTER (WHERE passes) INTO signed, passing
        FROM argument_checklistparty WHERE checklist_id = NEW.id AND signed_at IS NOT NULL;
    IF OLD.state <> 'open' OR signed <> 3 OR (NEW.state = 'passed') <> (passing = 3) THEN
        RAISE EXCEPTION 'a checklist closes with three signatures' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_checklist_closes BEFORE UPDATE ON argument_checklist
    FOR EACH ROW EXECUTE FUNCTION argument_checklist_closes();
"""
)

BACKWARD = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in APPEND_ONLY)
    + "".join(
        f"DROP TRIGGER {table}_stays ON {table};\n"
        for table in ("argument_case", "argument_task", "argument_opinion", "argument_condition")
    )
    + "".join(
        f"DROP TRIGGER {trigger} ON {table};\nDROP FUNCTION {trigger}();\n"
        for trigger, table in (
            ("argument_case_moves", "argument_case"),
            ("argument_task_moves", "argument_task"),
            ("argument_opinion_moves", "argument_opinion"),
            ("argument_opinion_fixed", "argument_opinion"),
            ("argument_opinion_in_force", "argument_opinion"),
            ("argument_approval_in_order", "argument_approval"),
            ("argument_quotaentry_counts", "argument_quotaentry"),
            ("argument_quotaaccount_kept", "argument_quotaaccount"),
            ("argument_checklistparty_signed_stays", "argument_checklistparty"),
            ("argument_checklist_closes", "argument_checklist"),
        )
    )
    + "DROP FUNCTION argument_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("argument", "0003_cases_and_opinions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
