"""Completions and accounts are corrected by a later row with its reason; a passed acceptance has a number."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0020_standards_guarded")]

    operations = [
        migrations.AlterModelOptions(name="completion", options={"ordering": ["-pk"]}),
        migrations.AlterModelOptions(name="completionaccount", options={"ordering": ["-pk"]}),
        migrations.RemoveConstraint(model_name="completionaccount", name="library_one_account_of_a_kind"),
        migrations.RemoveConstraint(model_name="acceptance", name="library_acceptance_has_its_number"),
        migrations.AddField(
            model_name="completion",
            name="reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="更正理由"),
        ),
        migrations.AddField(
            model_name="completionaccount",
            name="reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="更正理由"),
        ),
        migrations.AlterField(
            model_name="completion",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="completions", to="library.project"
            ),
        ),
        migrations.AddConstraint(
            model_name="acceptance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "passed"), _negated=True),
                    models.Q(("accepted_on__isnull", False), ("number__regex", "\\S")),
                    _connector="OR",
                ),
                name="library_acceptance_has_its_number",
            ),
        ),
    ]
