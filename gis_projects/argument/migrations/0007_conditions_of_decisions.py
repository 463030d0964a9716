"""A superior's decision sets conditions too: whose a condition is stands in its own row, held against what set it."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

WHOSE = """
CREATE FUNCTION argument_condition_whose() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked bigint;
    unit bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.opinion_id, NEW.escalation_id, NEW.position, NEW.text, NEW.due_on)
                            IS DISTINCT FROM (OLD.opinion_id, OLD.escalation_id, OLD.position, OLD.text, OLD.due_on) THEN
        RAISE EXCEPTION 'what a condition demands stays as it was set' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.opinion_id IS NOT NULL THEN
        SELECT task.id, task.organisation_id INTO asked, unit
            FROM argument_opinion said JOIN argument_task task ON task.id = said.task_id
            WHERE said.id = NEW.opinion_id;
    ELSE
        SELECT task_id, organisation_id INTO asked, unit FROM argument_escalation WHERE id = NEW.escalation_id;
    END IF;
    IF (NEW.task_id, NEW.organisation_id) IS DISTINCT FROM (asked, unit) THEN
        RAISE EXCEPTION 'a condition is of the task, and of the unit, that set it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER argument_condition_whose BEFORE INSERT OR UPDATE ON argument_condition
    FOR EACH ROW EXECUTE FUNCTION argument_condition_whose();
"""
FREE = """
DROP TRIGGER argument_condition_whose ON argument_condition;
DROP FUNCTION argument_condition_whose();
"""
FILL = """
UPDATE argument_condition condition SET task_id = task.id, organisation_id = task.organisation_id
    FROM argument_opinion said JOIN argument_task task ON task.id = said.task_id
    WHERE said.id = condition.opinion_id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0006_no_made_up_passwords"),
        ("argument", "0006_committee_guarded"),
    ]

    operations = [
        migrations.AddField(
            model_name="condition",
            name="task",
            field=models.ForeignKey(
                null=True, on_delete=PROTECT, related_name="conditions", to="argument.task"
            ),
        ),
        migrations.AddField(
            model_name="condition",
            name="organisation",
            field=models.ForeignKey(
                null=True,
                on_delete=PROTECT,
                related_name="+",
                to="people.organisation",
                verbose_name="提出单位",
            ),
        ),
        migrations.AddField(
            model_name="condition",
            name="escalation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=PROTECT,
                related_name="conditions",
                to="argument.escalation",
            ),
        ),
        migrations.AlterField(
            model_name="condition",
            name="opinion",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=PROTECT, related_name="conditions", to="argument.opinion"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="condition",
            name="task",
            field=models.ForeignKey(on_delete=PROTECT, related_name="conditions", to="argument.task"),
        ),
        migrations.AlterField(
            model_name="condition",
            name="organisation",
            field=models.ForeignKey(
                on_delete=PROTECT, related_name="+", to="people.organisation", verbose_name="提出单位"
            ),
        ),
        migrations.AlterModelOptions(
            name="condition",
            options={"ordering": ["task_id", "opinion_id", "escalation_id", "position"]},
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.UniqueConstraint(
                fields=("escalation", "position"), name="argument_condition_of_decision_positions"
            ),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(("escalation", None), ("opinion__isnull", False))
                | models.Q(("escalation__isnull", False), ("opinion", None)),
                name="argument_condition_of_one",
            ),
        ),
        migrations.RunSQL(WHOSE, FREE),
    ]
