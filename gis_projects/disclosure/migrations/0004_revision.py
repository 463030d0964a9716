"""More of a project for the public to read, and a revision that every change of what it reads replaces."""

import django.contrib.gis.db.models.fields
import django.utils.timezone
from django.db import migrations, models

from gis_projects.disclosure.grants import public_table

REVISE = """
CREATE FUNCTION disclosure_revise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO disclosure_revision (id, token, at) VALUES (1, gen_random_uuid(), clock_timestamp())
        ON CONFLICT (id) DO UPDATE SET token = excluded.token, at = excluded.at;
    RETURN NULL;
END $$;
INSERT INTO disclosure_revision (id, token, at) VALUES (1, gen_random_uuid(), now());
"""


class Migration(migrations.Migration):
    dependencies = [
        ("disclosure", "0003_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="DisclosedEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(db_index=True, max_length=20)),
                ("on", models.DateField(verbose_name="日期")),
                ("text", models.CharField(max_length=300, verbose_name="事项")),
            ],
            options={
                "ordering": ["on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="DisclosedResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(db_index=True, max_length=20)),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("target", models.TextField(verbose_name="绩效目标")),
                ("result", models.TextField(blank=True, verbose_name="评价结果")),
                ("grade", models.CharField(blank=True, max_length=20, verbose_name="评价等级")),
                ("released_on", models.DateField(blank=True, null=True, verbose_name="结果公开日期")),
            ],
            options={
                "ordering": ["year", "pk"],
            },
        ),
        migrations.AddField(
            model_name="disclosedproject",
            name="authority",
            field=models.CharField(blank=True, max_length=200, verbose_name="主管部门"),
        ),
        migrations.AddField(
            model_name="disclosedproject",
            name="completed_yuan",
            field=models.DecimalField(
                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="累计完成投资"
            ),
        ),
        migrations.AddField(
            model_name="disclosedproject",
            name="ends_on",
            field=models.DateField(blank=True, null=True, verbose_name="竣工日期"),
        ),
        migrations.AddField(
            model_name="disclosedproject",
            name="owner",
            field=models.CharField(blank=True, max_length=200, verbose_name="项目单位"),
        ),
        migrations.AddField(
            model_name="disclosedproject",
            name="starts_on",
            field=models.DateField(blank=True, null=True, verbose_name="开工日期"),
        ),
        migrations.AddField(
            model_name="disclosedproject",
            name="until",
            field=models.DateField(blank=True, null=True, verbose_name="公开至"),
        ),
        migrations.AlterField(
            model_name="disclosedproject",
            name="industry",
            field=models.CharField(blank=True, max_length=2, verbose_name="所属行业"),
        ),
        migrations.AlterField(
            model_name="disclosedproject",
            name="level",
            field=models.CharField(blank=True, max_length=10, verbose_name="项目级次"),
        ),
        migrations.AlterField(
            model_name="disclosedproject",
            name="stage",
            field=models.CharField(blank=True, max_length=15, verbose_name="项目状态"),
        ),
        migrations.AlterField(
            model_name="disclosedproject",
            name="year",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="入库年度"),
        ),
        migrations.CreateModel(
            name="DisclosedMedia",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(db_index=True, max_length=20)),
                ("name", models.CharField(max_length=60, unique=True)),
                ("kind", models.CharField(choices=[("photo", "照片"), ("video", "视频")], max_length=10)),
                ("caption", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("taken_on", models.DateField(blank=True, null=True, verbose_name="拍摄日期")),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                (
                    "position",
                    django.contrib.gis.db.models.fields.PointField(blank=True, null=True, srid=4490),
                ),
            ],
            options={
                "ordering": ["taken_on", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["photo", "video"])), name="disclosure_media_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(db_index=True, max_length=20)),
                ("from_day", models.DateField()),
                ("until_day", models.DateField(blank=True, null=True)),
                ("content", models.JSONField()),
            ],
            options={
                "ordering": ["slug", "from_day"],
                "constraints": [
                    models.UniqueConstraint(fields=("slug", "from_day"), name="disclosure_one_edition_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_day", None), ("until_day__gt", models.F("from_day")), _connector="OR"
                        ),
                        name="disclosure_edition_has_days",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PublicChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(db_index=True, max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[("published", "公开"), ("corrected", "更正"), ("withdrawn", "撤回")],
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["published", "corrected", "withdrawn"])),
                        name="disclosure_change_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "withdrawn"), _negated=True), ("title", ""), _connector="OR"
                        ),
                        name="disclosure_withdrawn_has_no_title",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("token", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="disclosure_one_revision")
                ],
            },
        ),
        migrations.RunSQL(REVISE, "DROP FUNCTION disclosure_revise()"),
        # Granted since the role's own migration; watched from here on.
        *(
            public_table(f"disclosure_{name}")
            for name in (
                "disclosedproject",
                "publicoutline",
                "disclosedevent",
                "disclosedmedia",
                "disclosedresult",
                "publicchange",
                "edition",
            )
        ),
        public_table("disclosure_revision", watched=False),
        # Both go on in the room above, `publishing`, which takes the tables over in its first migration.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name="Proposal"),
                migrations.DeleteModel(name="PublicationRecord"),
            ]
        ),
    ]
