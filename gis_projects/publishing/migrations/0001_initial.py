"""The inside of disclosure, until now in the public's own room: the tables are taken over with their rows."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

TABLES = ("proposal", "publicationrecord")
CONSTRAINTS = (
    ("proposal", "decision_has_its_person"),
    ("proposal", "two_people_decide"),
    ("proposal", "proposal_precision"),
    ("publicationrecord", "act_known"),
    ("publicationrecord", "two_people_publish"),
    ("publicationrecord", "record_names_its_project"),
)


def renaming(old: str, new: str) -> str:
    """SQL that gives the two tables, with all that bears a name on them, from one room to another."""
    return ";".join(
        [
            *(f"ALTER TABLE {old}_{table} RENAME TO {new}_{table}" for table in TABLES),
            *(
                f"ALTER TABLE {new}_{table} RENAME CONSTRAINT {old}_{name} TO {new}_{name}"
                for table, name in CONSTRAINTS
            ),
            f"ALTER INDEX {old}_one_open_proposal RENAME TO {new}_one_open_proposal",
            f"ALTER TRIGGER {old}_record_unchanged ON {new}_publicationrecord RENAME TO {new}_record_unchanged",
        ]
    )


TAKE_OVER, GIVE_BACK = renaming("disclosure", "publishing"), renaming("publishing", "disclosure")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("disclosure", "0004_revision"),
        ("library", "0012_libraries_guarded"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(TAKE_OVER, GIVE_BACK),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Proposal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "form",
                            models.CharField(
                                choices=[("outline", "概化轮廓"), ("point", "概略点位")],
                                default="outline",
                                max_length=10,
                                verbose_name="位置形式",
                            ),
                        ),
                        (
                            "precision_m",
                            models.PositiveIntegerField(default=50, verbose_name="概化精度（米）"),
                        ),
                        ("township", models.CharField(blank=True, max_length=60, verbose_name="所在乡镇")),
                        ("review_number", models.CharField(blank=True, max_length=40, verbose_name="审图号")),
                        ("reason", models.CharField(blank=True, max_length=300, verbose_name="理由")),
                        ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "decision",
                            models.CharField(
                                choices=[("open", "待审批"), ("approved", "已批准"), ("rejected", "已退回")],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="library.project",
                            ),
                        ),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-proposed_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("decision", "open")),
                                fields=("project",),
                                name="publishing_one_open_proposal",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_at", None), ("decided_by", None), ("decision", "open")
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                        ("decision", "approved"),
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                        ("decision", "rejected"),
                                    ),
                                    _connector="OR",
                                ),
                                name="publishing_decision_has_its_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("decided_by", models.F("proposed_by")),
                                    ("decision", "approved"),
                                    _negated=True,
                                ),
                                name="publishing_two_people_decide",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("precision_m__range", (10, 10000))),
                                name="publishing_proposal_precision",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PublicationRecord",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("slug", models.CharField(blank=True, db_index=True, max_length=20)),
                        (
                            "act",
                            models.CharField(
                                choices=[
                                    ("published", "公开"),
                                    ("corrected", "更正"),
                                    ("withdrawn", "撤回"),
                                    ("outlines", "公开底图"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("form", models.CharField(blank=True, max_length=10)),
                        ("precision_m", models.PositiveIntegerField(null=True)),
                        ("review_number", models.CharField(blank=True, max_length=40)),
                        ("digest", models.CharField(blank=True, max_length=64)),
                        (
                            "approved_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="library.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("act__in", ["published", "corrected", "withdrawn", "outlines"])
                                ),
                                name="publishing_act_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("act", "withdrawn"),
                                    models.Q(
                                        ("approved_by__isnull", False),
                                        ("by__isnull", False),
                                        models.Q(("by", models.F("approved_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="publishing_two_people_publish",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("act", "outlines"), ("project", None)),
                                    models.Q(
                                        models.Q(("act", "outlines"), _negated=True),
                                        ("project__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="publishing_record_names_its_project",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
