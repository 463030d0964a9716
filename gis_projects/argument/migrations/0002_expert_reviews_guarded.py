"""What a review has settled stays: steps in order, none skipped that is mandatory, and records only ever added."""

from django.db import migrations

APPEND_ONLY = [
    "argument_reviewstep",
    "argument_archive",
    "argument_recusal",
    "argument_draw",
    "argument_reading",
    "argument_message",
    "argument_visit",
    "argument_visitphoto",
    "argument_interestdeclaration",
    "argument_deliverable",
    "argument_receipt",
    "argument_assessment",
]

FORWARD = """
CREATE FUNCTION argument_reviewstep_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found argument_expertreview%ROWTYPE;
    weights numeric;
BEGIN
    -- Two who go on at once come one after the other, and the second meets the first's step.
    SELECT * INTO found FROM argument_expertreview WHERE id = NEW.review_id FOR UPDATE;
    IF NEW.number <> (SELECT count(*) + 1 FROM argument_reviewstep WHERE review_id = NEW.review_id) THEN
        RAISE EXCEPTION 'step % is not the next of review %', NEW.number, NEW.review_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF found.state <> 'open' THEN
        RAISE EXCEPTION 'review % is %', NEW.review_id, found.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'skipped' AND NEW.code = ANY (found.mandatory) THEN
        RAISE EXCEPTION 'step % of review % is mandatory', NEW.code, NEW.review_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.number = 3 THEN
        SELECT sum(weight) INTO weights FROM argument_criterion WHERE review_id = NEW.review_id;
        IF weights IS DISTINCT FROM 100 THEN
            RAISE EXCEPTION 'the weights of review % add up to %', NEW.review_id, weights
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_reviewstep_in_order BEFORE INSERT ON argument_reviewstep
    FOR EACH ROW EXECUTE FUNCTION argument_reviewstep_in_order();

CREATE FUNCTION argument_review_moves_with_its_steps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key bigint;
BEGIN
    IF TG_TABLE_NAME = 'argument_expertreview' THEN key := NEW.id; ELSE key := NEW.review_id; END IF;
    IF (SELECT reached FROM argument_expertreview WHERE id = key)
        <> (SELECT coalesce(max(number), 0) FROM argument_reviewstep WHERE review_id = key) THEN
        RAISE EXCEPTION 'review % has not come as far as its steps say', key USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER argument_review_moves_with_its_steps
    AFTER INSERT OR UPDATE OF reached ON argument_expertreview DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION argument_review_moves_with_its_steps();
CREATE CONSTRAINT TRIGGER argument_reviewstep_moves_its_review
    AFTER INSERT ON argument_reviewstep DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION argument_review_moves_with_its_steps();

CREATE FUNCTION argument_review_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a review is not deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.project_id, OLD.mandatory, OLD.procedure, OLD.purpose, OLD.requested_yuan, OLD.opened_at)
        IS DISTINCT FROM
        (NEW.project_id, NEW.mandatory, NEW.procedure, NEW.purpose, NEW.requested_yuan, NEW.opened_at)
        OR OLD.opened_by_id IS DISTINCT FROM NEW.opened_by_id OR NEW.reached < OLD.reached
        OR (OLD.state <> 'open' AND NEW.state <> OLD.state)
        OR (OLD.reached >= 2 AND (OLD.organiser_id, OLD.starts_on) IS DISTINCT FROM (NEW.organiser_id, NEW.starts_on))
        OR (OLD.reached >= 3 AND (OLD.method, OLD.averaging, OLD.wanted)
            IS DISTINCT FROM (NEW.method, NEW.averaging, NEW.wanted))
        OR (OLD.reached >= 9 AND (OLD.conclusion, OLD.opinion, OLD.score)
            IS DISTINCT FROM (NEW.conclusion, NEW.opinion, NEW.score))
        OR (OLD.reached >= 10 AND (OLD.use, OLD.use_note, OLD.approved_yuan, OLD.applied)
            IS DISTINCT FROM (NEW.use, NEW.use_note, NEW.approved_yuan, NEW.applied)) THEN
        RAISE EXCEPTION 'review %: what a step has settled does not change', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_review_settled BEFORE UPDATE OR DELETE ON argument_expertreview
    FOR EACH ROW EXECUTE FUNCTION argument_review_settled();

-- Arguments: from which step on, and before which one, the row of a review may come, change or go.
CREATE FUNCTION argument_review_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key bigint;
    found record;
BEGIN
    IF TG_OP = 'DELETE' THEN key := OLD.review_id; ELSE key := NEW.review_id; END IF;
    SELECT reached, state INTO found FROM argument_expertreview WHERE id = key FOR UPDATE;
    IF found.state <> 'open' OR found.reached < TG_ARGV[0]::int OR found.reached >= TG_ARGV[1]::int THEN
        RAISE EXCEPTION '% of review % comes after step % and before step %', TG_TABLE_NAME, key, TG_ARGV[0], TG_ARGV[1]
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_criterion_settled BEFORE INSERT OR UPDATE OR DELETE ON argument_criterion
    FOR EACH ROW EXECUTE FUNCTION argument_review_in_time('0', '3');
CREATE TRIGGER argument_recusal_in_time BEFORE INSERT ON argument_recusal
    FOR EACH ROW EXECUTE FUNCTION argument_review_in_time('1', '9');
CREATE TRIGGER argument_draw_in_time BEFORE INSERT ON argument_draw
    FOR EACH ROW EXECUTE FUNCTION argument_review_in_time('3', '4');
CREATE TRIGGER argument_message_in_time BEFORE INSERT ON argument_message
    FOR EACH ROW EXECUTE FUNCTION argument_review_in_time('4', '9');
CREATE TRIGGER argument_visit_in_time BEFORE INSERT ON argument_visit
    FOR EACH ROW EXECUTE FUNCTION argument_review_in_time('4', '9');
CREATE TRIGGER argument_scoresheet_in_time BEFORE INSERT OR UPDATE OR DELETE ON argument_scoresheet
    FOR EACH ROW EXECUTE FUNCTION argument_review_in_time('4', '9');

CREATE FUNCTION argument_scoresheet_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.submitted_at IS NOT NULL THEN
        RAISE EXCEPTION 'score sheet % is submitted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_scoresheet_settled BEFORE UPDATE OR DELETE ON argument_scoresheet
    FOR EACH ROW EXECUTE FUNCTION argument_scoresheet_settled();

CREATE FUNCTION argument_scoreitem_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN key := OLD.sheet_id; ELSE key := NEW.sheet_id; END IF;
    IF (SELECT submitted_at FROM argument_scoresheet WHERE id = key FOR UPDATE) IS NOT NULL THEN
        RAISE EXCEPTION 'score sheet % is submitted', key USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_scoreitem_settled BEFORE INSERT OR UPDATE OR DELETE ON argument_scoreitem
    FOR EACH ROW EXECUTE FUNCTION argument_scoreitem_settled();

CREATE FUNCTION argument_seat_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a seat is left, not deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.review_id, OLD.draw_id, OLD.expert_id, OLD.speciality)
        IS DISTINCT FROM (NEW.review_id, NEW.draw_id, NEW.expert_id, NEW.speciality)
        OR OLD.state IN ('declined', 'withdrawn') THEN
        RAISE EXCEPTION 'seat % does not change hands', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_seat_kept BEFORE UPDATE OR DELETE ON argument_seat
    FOR EACH ROW EXECUTE FUNCTION argument_seat_kept();
""" + "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION siting_refuse_change();\n"
    for table in APPEND_ONLY
)
BACKWARD = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in APPEND_ONLY)
    + """
DROP TRIGGER argument_seat_kept ON argument_seat;
DROP TRIGGER argument_scoreitem_settled ON argument_scoreitem;
DROP TRIGGER argument_scoresheet_settled ON argument_scoresheet;
DROP TRIGGER argument_scoresheet_in_time ON argument_scoresheet;
DROP TRIGGER argument_visit_in_time ON argument_visit;
DROP TRIGGER argument_message_in_time ON argument_message;
DROP TRIGGER argument_draw_in_time ON argument_draw;
DROP TRIGGER argument_recusal_in_time ON argument_recusal;
DROP TRIGGER argument_criterion_settled ON argument_criterion;
DROP TRIGGER argument_review_settled ON argument_expertreview;
DROP TRIGGER argument_reviewstep_moves_its_review ON argument_reviewstep;
DROP TRIGGER argument_review_moves_with_its_steps ON argument_expertreview;
DROP TRIGGER argument_reviewstep_in_order ON argument_reviewstep;
DROP FUNCTION argument_seat_kept();
DROP FUNCTION argument_scoreitem_settled();
DROP FUNCTION argument_scoresheet_settled();
DROP FUNCTION argument_review_in_time();
DROP FUNCTION argument_review_settled();
DROP FUNCTION argument_review_moves_with_its_steps();
DROP FUNCTION argument_reviewstep_in_order();
"""
)


class Migration(migrations.Migration):
    dependencies = [
        ("argument", "0001_expert_reviews_and_services"),
        ("siting", "0003_what_a_check_left_open"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
