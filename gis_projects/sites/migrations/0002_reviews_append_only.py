"""Marks, attachments and sign-offs are only ever added, in time, and a sign-off is complete: the database says so."""

from django.db import migrations

TABLES = ["sites_mark", "sites_attachment", "sites_signoff", "sites_signoffwithdrawal"]

FORWARD = """
CREATE FUNCTION sites_review_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever signs holds this row too: a mark stands before the signature or is refused.
    PERFORM 1 FROM sites_review WHERE answer_id = NEW.answer_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'check % has no review', NEW.answer_id USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM sites_signoff WHERE answer_id = NEW.answer_id) THEN
        RAISE EXCEPTION 'check % is signed', NEW.answer_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.rule <> '' AND NOT EXISTS (
        SELECT 1 FROM siting_finding WHERE answer_id = NEW.answer_id AND rule = NEW.rule
        UNION ALL
        SELECT 1 FROM siting_check WHERE id = NEW.answer_id AND not_checked ? NEW.rule
    ) THEN
        RAISE EXCEPTION 'check % found nothing by rule %', NEW.answer_id, NEW.rule USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sites_mark_in_time BEFORE INSERT ON sites_mark
    FOR EACH ROW EXECUTE FUNCTION sites_review_in_time();
CREATE TRIGGER sites_attachment_in_time BEFORE INSERT ON sites_attachment
    FOR EACH ROW EXECUTE FUNCTION sites_review_in_time();

CREATE FUNCTION sites_signoff_complete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    version bigint;
    project text;
BEGIN
    PERFORM 1 FROM sites_review WHERE answer_id = NEW.answer_id FOR UPDATE;
    SELECT v.id, 'library.project:' || p.id INTO version, project
        FROM siting_check c JOIN siting_siteversion v ON v.id = c.site_version_id
        JOIN library_project p ON p.site_id = v.site_id WHERE c.id = NEW.answer_id;
    IF NEW.boundary_by_id::text IS DISTINCT FROM (
        SELECT actor_id FROM trail_step WHERE subject = project AND verb = 'sites.save_boundary'
            AND data ->> 'site_version' = version::text ORDER BY number DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'the trail names another person for the boundary of check %', NEW.answer_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF coalesce(NEW.check_by_id::text, '') IS DISTINCT FROM coalesce((
        SELECT actor_id FROM trail_step WHERE subject = project AND verb = 'sites.run_check'
            AND data ->> 'check' = NEW.answer_id::text ORDER BY number DESC LIMIT 1
    ), '') THEN
        RAISE EXCEPTION 'the trail names another person for check %', NEW.answer_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        WITH standing AS (
            SELECT DISTINCT ON (rule) rule, decision FROM sites_mark
            WHERE answer_id = NEW.answer_id AND decision IN ('seen', 'accepted', 'dismissed', 'change')
            ORDER BY rule, id DESC
        ), needed AS (
            SELECT rule FROM siting_finding WHERE answer_id = NEW.answer_id AND severity <> 'I'
            UNION
            SELECT jsonb_array_elements_text(not_checked) FROM siting_check WHERE id = NEW.answer_id
        )
        SELECT 1 FROM needed LEFT JOIN standing USING (rule)
            WHERE coalesce(decision, '') NOT IN ('accepted', 'dismissed')
        UNION ALL
        SELECT 1 FROM standing WHERE decision = 'change'
    ) THEN
        RAISE EXCEPTION 'check % has findings without a decision', NEW.answer_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sites_signoff_complete BEFORE INSERT ON sites_signoff
    FOR EACH ROW EXECUTE FUNCTION sites_signoff_complete();
""" + "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION siting_refuse_change();\n"
    for table in TABLES
)
BACKWARD = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in TABLES)
    + """
DROP TRIGGER sites_signoff_complete ON sites_signoff;
DROP TRIGGER sites_attachment_in_time ON sites_attachment;
DROP TRIGGER sites_mark_in_time ON sites_mark;
DROP FUNCTION sites_signoff_complete();
DROP FUNCTION sites_review_in_time();
"""
)


class Migration(migrations.Migration):
    dependencies = [
        ("sites", "0001_reviews"),
        ("siting", "0003_what_a_check_left_open"),
        ("library", "0002_initial"),
        ("trail", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
