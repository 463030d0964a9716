"""A version is staged before it is published, and overview tiles are shared by the versions that don't differ in them."""

import django.contrib.gis.db.models.fields
import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models

# A tile belongs to the layer from a version on; those already there belong to the version that made them.
TILES = """
ALTER TABLE layers_overviewtile DISABLE TRIGGER append_only;
ALTER TABLE layers_overviewtile ADD COLUMN layer_id bigint, ADD COLUMN first_version integer CHECK (first_version >= 0);
UPDATE layers_overviewtile t SET layer_id = v.layer_id, first_version = v.number
FROM layers_layerversion v WHERE v.id = t.version_id;
ALTER TABLE layers_overviewtile DROP CONSTRAINT overview_tile, DROP COLUMN version_id,
    ALTER COLUMN layer_id SET NOT NULL, ALTER COLUMN first_version SET NOT NULL,
    ADD CONSTRAINT overview_tile UNIQUE (layer_id, z, x, y, first_version),
    ADD CONSTRAINT layers_overviewtile_layer FOREIGN KEY (layer_id) REFERENCES layers_layer (id)
        DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE layers_overviewtile ENABLE TRIGGER append_only;
"""
# Every version so far was staged in the transaction that published it, with its tiles.
TIMES = """
ALTER TABLE layers_layerversion DISABLE TRIGGER close_only;
ALTER TABLE layers_layerversion ADD COLUMN staged_at timestamptz;
UPDATE layers_layerversion SET staged_at = published_at, overviews_done = true;
ALTER TABLE layers_layerversion ALTER COLUMN staged_at SET NOT NULL;
ALTER TABLE layers_layerversion ENABLE TRIGGER close_only;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0003_version_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="QualityFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40, verbose_name="类型")),
                (
                    "severity",
                    models.CharField(
                        choices=[("error", "错误"), ("warning", "警告"), ("note", "提示")],
                        max_length=10,
                        verbose_name="严重程度",
                    ),
                ),
                ("key", models.CharField(blank=True, default="", max_length=100, verbose_name="要素标识")),
                (
                    "other_key",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="另一要素"),
                ),
                ("field", models.CharField(blank=True, default="", max_length=60, verbose_name="字段")),
                ("template", models.CharField(max_length=300, verbose_name="说明")),
                (
                    "params",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="说明参数",
                    ),
                ),
                ("area_m2", models.FloatField(blank=True, null=True, verbose_name="面积(平方米)")),
                (
                    "place",
                    django.contrib.gis.db.models.fields.PointField(
                        blank=True, null=True, spatial_index=False, srid=4490, verbose_name="位置"
                    ),
                ),
                (
                    "geom",
                    django.contrib.gis.db.models.fields.GeometryField(
                        blank=True, null=True, spatial_index=False, srid=4490, verbose_name="图形"
                    ),
                ),
            ],
            options={
                "verbose_name": "质量问题",
                "verbose_name_plural": "质量问题",
                "ordering": ["version", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="layerversion",
            name="version_status",
        ),
        migrations.RemoveConstraint(
            model_name="layerversion",
            name="version_root_hash",
        ),
        migrations.RunSQL(
            TILES,
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveConstraint("overviewtile", "overview_tile"),
                migrations.RemoveField("overviewtile", "version"),
                migrations.AddField(
                    "overviewtile", "first_version", models.PositiveIntegerField(verbose_name="起始版本")
                ),
                migrations.AddField(
                    "overviewtile",
                    "layer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="layers.layer",
                    ),
                ),
                migrations.AddConstraint(
                    "overviewtile",
                    models.UniqueConstraint(
                        fields=("layer", "z", "x", "y", "first_version"), name="overview_tile"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="layer",
            name="description",
            field=models.TextField(blank=True, default="", verbose_name="说明"),
        ),
        migrations.AddField(
            model_name="layer",
            name="legal_status",
            field=models.CharField(blank=True, default="", max_length=100, verbose_name="法定地位"),
        ),
        migrations.AddField(
            model_name="layer",
            name="mapping",
            field=models.JSONField(blank=True, default=dict, verbose_name="字段对应"),
        ),
        migrations.AddField(
            model_name="layer",
            name="max_zoom",
            field=models.PositiveSmallIntegerField(default=22, verbose_name="最大显示级别"),
        ),
        migrations.AddField(
            model_name="layer",
            name="opacity",
            field=models.FloatField(default=1.0, verbose_name="不透明度"),
        ),
        migrations.AddField(
            model_name="layer",
            name="standard",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="数据标准"),
        ),
        migrations.AddField(
            model_name="layer",
            name="thresholds",
            field=models.JSONField(blank=True, default=dict, verbose_name="质量阈值"),
        ),
        migrations.AddField(
            model_name="layerversion",
            name="changes",
            field=models.JSONField(blank=True, default=dict, verbose_name="与上一版的差异"),
        ),
        migrations.AddField(
            model_name="layerversion",
            name="legal_source",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="法定依据"),
        ),
        migrations.AddField(
            model_name="layerversion",
            name="overviews_done",
            field=models.BooleanField(default=False, verbose_name="概览瓦片已生成"),
        ),
        migrations.AddField(
            model_name="layerversion",
            name="quality",
            field=models.JSONField(
                blank=True,
                default=dict,
                encoder=django.core.serializers.json.DjangoJSONEncoder,
                verbose_name="质量摘要",
            ),
        ),
        migrations.RunSQL(
            TIMES,
            migrations.RunSQL.noop,
            state_operations=[
                migrations.AddField(
                    "layerversion",
                    "staged_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="入库时间"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="layerversion",
            name="valid_from",
            field=models.DateField(blank=True, null=True, verbose_name="有效期起"),
        ),
        migrations.AddField(
            model_name="layerversion",
            name="valid_to",
            field=models.DateField(blank=True, null=True, verbose_name="有效期止"),
        ),
        migrations.AlterField(
            model_name="layerversion",
            name="feature_count",
            field=models.PositiveIntegerField(default=0, verbose_name="要素数"),
        ),
        migrations.AlterField(
            model_name="layerversion",
            name="published_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="发布时间"),
        ),
        migrations.AlterField(
            model_name="layerversion",
            name="root_hash",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="根哈希"),
        ),
        migrations.AlterField(
            model_name="layerversion",
            name="status",
            field=models.CharField(
                choices=[
                    ("staging", "正在入库"),
                    ("staged", "待发布"),
                    ("published", "已发布"),
                    ("superseded", "已被取代"),
                ],
                default="staging",
                max_length=12,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            model_name="layer",
            constraint=models.CheckConstraint(
                condition=models.Q(("opacity__range", (0, 1))), name="layer_opacity"
            ),
        ),
        migrations.AddConstraint(
            model_name="layer",
            constraint=models.CheckConstraint(
                condition=models.Q(("min_zoom__lte", models.F("max_zoom"))), name="layer_zooms"
            ),
        ),
        migrations.AddConstraint(
            model_name="layerversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("staging", "staged"))),
                fields=("layer",),
                name="version_one_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="layerversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["staging", "staged", "published", "superseded"])),
                name="version_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="layerversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("root_hash__regex", "^[0-9a-f]{64}$"), ("status", "staging"), _connector="OR"
                ),
                name="version_root_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="layerversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("published_at__isnull", True), ("status__in", ("staging", "staged"))),
                    models.Q(("published_at__isnull", False), ("status__in", ("published", "superseded"))),
                    _connector="OR",
                ),
                name="version_published_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="layerversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_from__isnull", True),
                    ("valid_to__isnull", True),
                    ("valid_to__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="version_validity",
            ),
        ),
        migrations.AddField(
            model_name="qualityfinding",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="findings", to="layers.layerversion"
            ),
        ),
        migrations.AddIndex(
            model_name="qualityfinding",
            index=models.Index(fields=["version", "kind", "id"], name="quality_by_kind"),
        ),
        migrations.AddConstraint(
            model_name="qualityfinding",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__in", ["error", "warning", "note"])), name="quality_severity"
            ),
        ),
    ]
