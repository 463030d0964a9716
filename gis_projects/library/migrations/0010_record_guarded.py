"""What a project says of itself adds up, uses codes of the right lists, and keeps what stood before."""

from django.db import migrations

UNCHANGED = [
    "library_codelistversion",
    "library_investmentplan",
    "library_fundsource",
    "library_yearplan",
    "library_costpart",
    "library_landstatement",
    "library_landpart",
    "library_diaryentry",
]
PARTS = {
    "library_plan_adds_up": [
        "library_investmentplan",
        "library_fundsource",
        "library_yearplan",
        "library_costpart",
    ],
    "library_land_adds_up": ["library_landstatement", "library_landpart"],
}
# (table, column, list)
CODED = [
    *(
        ("library_project", field, field)
        for field in (
            "policy", "industry_type", "project_type", "construction_mode", "investment_mode", "nature", "division",
            "source_kind",
        )
    ),
    ("library_fundsource", "kind", "fund_source"),
    ("library_fundsource", "instrument", "instrument"),
    ("library_costpart", "kind", "cost_part"),
    ("library_landpart", "kind", "land_part"),
]  # fmt: skip

FUNCTIONS = """
CREATE FUNCTION library_plan_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan bigint := coalesce(to_jsonb(NEW) ->> 'plan_id', to_jsonb(NEW) ->> 'id')::bigint;
    total numeric;
    sources numeric;
    years numeric;
    parts numeric;
BEGIN
    SELECT total_yuan INTO total FROM library_investmentplan WHERE id = plan;
    SELECT sum(amount_yuan) INTO sources FROM library_fundsource WHERE plan_id = plan;
    SELECT sum(amount_yuan) INTO years FROM library_yearplan WHERE plan_id = plan;
    SELECT sum(amount_yuan) INTO parts FROM library_costpart WHERE plan_id = plan;
    IF sources IS DISTINCT FROM total OR years IS DISTINCT FROM total OR coalesce(parts, total) <> total THEN
        RAISE EXCEPTION 'plan % of % does not add up: sources %, years %, composition %',
            plan, total, sources, years, parts USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION library_land_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    statement bigint := coalesce(to_jsonb(NEW) ->> 'statement_id', to_jsonb(NEW) ->> 'id')::bigint;
    total numeric;
    parts numeric;
BEGIN
    SELECT total_m2 INTO total FROM library_landstatement WHERE id = statement;
    SELECT sum(area_m2) INTO parts FROM library_landpart WHERE statement_id = statement;
    IF parts IS DISTINCT FROM total THEN
        RAISE EXCEPTION 'land statement % of % does not add up: %', statement, total, parts
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION library_diary_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A day's margin: the database's clock need not keep the platform's time zone.
    IF NEW."on" > CURRENT_DATE + 1 THEN
        RAISE EXCEPTION 'a diary entry of the future' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.corrects_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM library_diaryentry WHERE id = NEW.corrects_id AND project_id = NEW.project_id) THEN
        RAISE EXCEPTION 'a correction of another project''s entry' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER library_diary_in_order BEFORE INSERT ON library_diaryentry
    FOR EACH ROW EXECUTE FUNCTION library_diary_in_order();
CREATE SEQUENCE library_project_number;
"""
FORWARD = (
    FUNCTIONS
    + "".join(
        f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION library_refuse_change();\n"
        for table in UNCHANGED
    )
    + "".join(
        f"CREATE CONSTRAINT TRIGGER {table}_adds_up AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
        f" FOR EACH ROW EXECUTE FUNCTION {function}();\n"
        for function, tables in PARTS.items()
        for table in tables
    )
    + "".join(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_of_its_list"
        f" CHECK ({column}_id LIKE '{listed}:%');\n"
        for table, column, listed in CODED
    )
)
BACKWARD = (
    "".join(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_of_its_list;\n" for table, column, _ in CODED
    )
    + "".join(f"DROP TRIGGER {table}_adds_up ON {table};\n" for tables in PARTS.values() for table in tables)
    + "".join(f"DROP TRIGGER {table}_unchanged ON {table};\n" for table in UNCHANGED)
    + """
DROP SEQUENCE library_project_number;
DROP TRIGGER library_diary_in_order ON library_diaryentry;
DROP FUNCTION library_diary_in_order();
DROP FUNCTION library_land_adds_up();
DROP FUNCTION library_plan_adds_up();
"""
)


class Migration(migrations.Migration):
    dependencies = [("library", "0009_project_record")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
