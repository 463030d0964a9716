"""Layers and their versions. What is published never changes.

A version is *staging* while its rows are written, *staged* when it only waits for a second person, then
*published* and some day *superseded*. A staged version stands in the same tables, behind its number: its new features
have it as their `first_version`, and what it no longer has got the number before as `last_version`, so every
question about an earlier number is answered as before, and publishing changes two rows.

Row triggers (migrations 0002 and 0005) refuse every UPDATE and DELETE on published rows, with three exceptions: a
feature's `last_version` from NULL to a number (and back while the version that closed it isn't published), a
version's status from published to superseded, and its `overviews_done` from false to true. Rows of a version
that isn't published yet may be deleted with it. A feature comes in only while its version is staging (migration
0009: asked for each statement, instead of a foreign key to the layer for each row). `TRUNCATE` the
platform refuses too (`desk` migration 0004, for every floor's tables).

Geometries are EPSG:4490 longitude/latitude degrees, areas m² on the CGCS2000 ellipsoid.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Q

SRID = 4490


class Kind(models.TextChoices):
    VECTOR = "vector", "矢量"
    RASTER = "raster", "栅格"


class Secrecy(models.TextChoices):
    PUBLIC = "public", "公开"
    INTERNAL = "internal", "内部"
    CONFIDENTIAL = "confidential", "涉密"


class Status(models.TextChoices):
    STAGING = "staging", "正在入库"
    STAGED = "staged", "待发布"
    PUBLISHED = "published", "已发布"
    SUPERSEDED = "superseded", "已被取代"


WAITING = (Status.STAGING, Status.STAGED)  # not published yet: nobody has been given an answer from it
IN_FORCE_ONCE = (Status.PUBLISHED, Status.SUPERSEDED)


class Severity(models.TextChoices):
    """How grave a finding about a layer's quality is."""

    ERROR = "error", "错误"
    WARNING = "warning", "警告"
    NOTE = "note", "提示"


class Layer(models.Model):
    """One theme of the land, under one authority: what stays the same from version to version.

    `class_names` gives the label of each class code in `class_system`: what the next version will say, as each
    version keeps its own. `style` is the legend per class ({class code or "": {fill, stroke, hatch, …}}). A map
    asks for its tiles from `min_zoom` to `max_zoom`. `standard` names the field standard (layers/standards/) that
    its files follow, `mapping` where the last file had those fields ({standard's field: file's field}), and
    `thresholds` what decides about a new version's quality ({kind of finding: …}, layers/quality).
    """

    code = models.CharField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=100)
    theme = models.CharField("专题", max_length=60, blank=True, default="")
    kind = models.CharField("类型", max_length=10, choices=Kind, default=Kind.VECTOR)
    class_system = models.CharField("分类体系", max_length=40, blank=True, default="")
    class_names: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        "类别名称", default=dict, blank=True
    )
    authority = models.CharField("主管部门", max_length=100, blank=True, default="")
    secrecy = models.CharField("密级", max_length=12, choices=Secrecy, default=Secrecy.INTERNAL)
    notice = models.CharField("声明", max_length=200, blank=True, default="")
    style: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "图例", default=dict, blank=True
    )
    order = models.IntegerField("叠放次序", default=0)
    opacity = models.FloatField("不透明度", default=1.0)
    min_zoom = models.PositiveSmallIntegerField("最小显示级别", default=0)
    max_zoom = models.PositiveSmallIntegerField("最大显示级别", default=22)
    description = models.TextField("说明", blank=True, default="")
    legal_status = models.CharField("法定地位", max_length=100, blank=True, default="")
    standard = models.CharField("数据标准", max_length=40, blank=True, default="")
    mapping: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        "字段对应", default=dict, blank=True
    )
    thresholds: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "质量阈值", default=dict, blank=True
    )
    required = models.BooleanField("检测必需", default=True)
    visible_by_default = models.BooleanField("默认显示", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "图层"
        ordering: ClassVar[list[str]] = ["order", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="layer_kind"),
            models.CheckConstraint(condition=Q(opacity__range=(0, 1)), name="layer_opacity"),
            models.CheckConstraint(condition=Q(min_zoom__lte=F("max_zoom")), name="layer_zooms"),
            models.CheckConstraint(condition=Q(secrecy__in=Secrecy.values), name="layer_secrecy"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Za-z][A-Za-z0-9_]*$"),
                name="layer_code",
                violation_error_message="图层代码以字母开头,只含字母、数字和下划线。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class LayerVersion(models.Model):
    """What a layer said from `published_at` on. Immutable from its publication on (trigger).

    While it is staging or staged it may change and go; of each layer at most one version is. `changes` counts
    what it does to the one before (added, removed, changed, unchanged), `quality` sums up its findings
    (layers/quality), and `overviews_done` says that every tile below `detail_zoom` is made.

    `root_hash` is SHA-256 (hex) over the sorted content hashes of its features; `coverage` is where the layer
    can be asked (outside it the answer is "not checked"); `non_overlapping` says that no two features share
    area; tiles below `detail_zoom` are stored overviews, from there on they are cut from the features. Overviews
    below `feature_zoom` show what class the ground is, from there on simplified features (NULL: made before that was
    told apart, so nothing is built on them).
    `layer_name`, `class_system` and `class_names` are the layer's as published: a check repeats them, so a
    layer that is renamed later changes no answer already given.
    `withdraws` names the version whose predecessor's content this one publishes again.
    """

    layer = models.ForeignKey(Layer, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("版本号")
    status = models.CharField("状态", max_length=12, choices=Status, default=Status.STAGING)
    layer_name = models.CharField("图层名称", max_length=100)
    class_system = models.CharField("分类体系", max_length=40, blank=True, default="")
    class_names: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        "类别名称", default=dict, blank=True
    )
    root_hash = models.CharField("根哈希", max_length=64, blank=True, default="")
    hash_algorithm = models.PositiveSmallIntegerField("哈希算法版本", default=1)
    coverage = models.MultiPolygonField("覆盖范围", srid=SRID, spatial_index=False)
    coverage_given = models.BooleanField("覆盖范围由提供方给定", default=False)
    feature_count = models.PositiveIntegerField("要素数", default=0)
    non_overlapping = models.BooleanField("要素互不重叠", default=False)
    detail_zoom = models.PositiveSmallIntegerField("原始瓦片起始级别", default=12)
    feature_zoom = models.PositiveSmallIntegerField("单个要素起始级别", null=True, blank=True)
    overviews_done = models.BooleanField("概览瓦片已生成", default=False)
    source_name = models.CharField("来源文件", max_length=255, blank=True, default="")
    source_sha256 = models.CharField("来源文件哈希", max_length=64, blank=True, default="")
    source_crs = models.CharField("来源坐标系", max_length=100, blank=True, default="")
    source_date = models.DateField("数据日期", null=True, blank=True)
    legal_source = models.CharField("法定依据", max_length=200, blank=True, default="")
    valid_from = models.DateField("有效期起", null=True, blank=True)
    valid_to = models.DateField("有效期止", null=True, blank=True)
    staged_at = models.DateTimeField("入库时间", auto_now_add=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    withdraws = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    changes: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(
        "与上一版的差异", default=dict, blank=True
    )
    quality: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "质量摘要", default=dict, blank=True, encoder=DjangoJSONEncoder
    )
    report: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "入库报告", default=dict, blank=True, encoder=DjangoJSONEncoder
    )

    class Meta:
        verbose_name = verbose_name_plural = "图层版本"
        ordering: ClassVar[list[str]] = ["layer", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["layer", "number"], name="version_number"),
            models.UniqueConstraint(
                fields=["layer"], condition=Q(status=Status.PUBLISHED), name="version_one_published"
            ),
            models.UniqueConstraint(
                fields=["layer"], condition=Q(status__in=WAITING), name="version_one_waiting"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_counts_from_1"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="version_status"),
            models.CheckConstraint(
                condition=Q(root_hash__regex="^[0-9a-f]{64}$") | Q(status=Status.STAGING),
                name="version_root_hash",
            ),
            models.CheckConstraint(
                condition=Q(status__in=WAITING, published_at__isnull=True)
                | Q(status__in=IN_FORCE_ONCE, published_at__isnull=False),
                name="version_published_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_to__gte=F("valid_from")),
                name="version_validity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer.code} v{self.number}"


class Feature(models.Model):
    """One feature, living from `first_version` to `last_version` (inclusive; NULL while it lives).

    Immutable but for `last_version`, set when a version without it is staged (trigger). `hash` is its content
    hash (32 bytes, layers/hashing.py); `seal` covers the stored bytes exactly (16 bytes), so a change below the
    hash's 1e-9° is found too. A feature above 128 vertices also has `FeaturePiece` rows, which overlays use
    instead of it. The only spatial index is GiST on `geom` alone; spatial queries say `layer_id + 0`, as the
    planner would otherwise combine it with the btree on the layer.
    """

    layer = models.ForeignKey(
        Layer, models.PROTECT, related_name="features", db_index=False, db_constraint=False
    )
    key = models.CharField("要素标识", max_length=100)
    first_version = models.PositiveIntegerField("起始版本")
    last_version = models.PositiveIntegerField("终止版本", null=True, blank=True)
    hash = models.BinaryField("内容哈希", max_length=32)
    seal = models.BinaryField("存储封印", max_length=16)
    class_code = models.CharField("类别代码", max_length=40, blank=True, default="")
    name = models.CharField("名称", max_length=200, blank=True, default="")
    attributes: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "属性", default=dict, blank=True
    )
    area_m2 = models.FloatField("椭球面积(平方米)")
    vertices = models.PositiveIntegerField("顶点数")
    geom = models.GeometryField("几何", srid=SRID, spatial_index=False)

    class Meta:
        verbose_name = verbose_name_plural = "要素"
        indexes: ClassVar[list[models.Index]] = [
            GistIndex(fields=["geom"], name="feature_geom"),
            # what came with a version and what went with one: a difference reads nothing else
            models.Index(fields=["layer", "first_version"], name="feature_came"),
            models.Index(
                fields=["layer", "last_version"], name="feature_went", condition=Q(last_version__isnull=False)
            ),
            # a name is looked for by its beginning, in byte order whatever the database's collation
            models.Index(
                fields=["name"], name="feature_name", opclasses=["text_pattern_ops"], condition=~Q(name="")
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["key", "layer"], condition=Q(last_version__isnull=True), name="feature_live_key"
            ),
            models.CheckConstraint(
                condition=Q(last_version__isnull=True) | Q(last_version__gte=F("first_version")),
                name="feature_lifespan",
            ),
            models.CheckConstraint(condition=Q(area_m2__gte=0), name="feature_area"),
        ]

    def __str__(self) -> str:
        return self.key


class FeaturePiece(models.Model):
    """A cut of one big feature with at most 128 vertices; its window of versions is the feature's. Immutable."""

    feature = models.ForeignKey(Feature, models.CASCADE, related_name="pieces")
    layer = models.ForeignKey(Layer, models.PROTECT, related_name="+", db_index=False)
    seal = models.BinaryField("存储封印", max_length=16)
    area_m2 = models.FloatField("椭球面积(平方米)")
    geom = models.GeometryField("几何", srid=SRID, spatial_index=False)

    class Meta:
        verbose_name = verbose_name_plural = "要素切块"
        indexes: ClassVar[list[models.Index]] = [GistIndex(fields=["geom"], name="piece_geom")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(area_m2__gte=0), name="piece_area")
        ]

    def __str__(self) -> str:
        return f"{self.feature_id}/{self.pk}"


class Raster(models.Model):
    """The cloud-optimised GeoTIFF of one raster version, named after its SHA-256. Immutable.

    `path` is relative to the media folder.
    """

    version = models.OneToOneField(LayerVersion, models.PROTECT, related_name="raster")
    path = models.CharField("文件", max_length=255)
    sha256 = models.CharField("文件哈希", max_length=64)
    crs = models.CharField("坐标系", max_length=100)
    width = models.PositiveIntegerField("列数")
    height = models.PositiveIntegerField("行数")
    nodata = models.FloatField("无数据值", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "栅格"

    def __str__(self) -> str:
        return self.path


class OverviewTile(models.Model):
    """A vector tile at a zoom where single features are about a pixel; empty bytes where there is nothing any more.

    A version shows the tile with the greatest `first_version` up to its own number, so what a new version didn't
    touch is stored once. `cells` are the class raster that it was outlined from (layers/overviews/grids.py), where
    it was: the zoom above is made of them. Immutable.
    """

    layer = models.ForeignKey(Layer, models.PROTECT, related_name="+", db_index=False)
    z = models.PositiveSmallIntegerField("级别")
    x = models.PositiveIntegerField("列")
    y = models.PositiveIntegerField("行")
    first_version = models.PositiveIntegerField("起始版本")
    mvt = models.BinaryField("瓦片")
    cells = models.BinaryField("栅格", null=True, default=None)

    class Meta:
        verbose_name = verbose_name_plural = "概览瓦片"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["layer", "z", "x", "y", "first_version"], name="overview_tile")
        ]

    def __str__(self) -> str:
        return f"{self.layer_id}/{self.z}/{self.x}/{self.y} v{self.first_version}"


class QualityFinding(models.Model):
    """One thing wrong, or worth a look, in one version: what, how grave, which feature, and where on the map.

    `kind` names the test (layers/quality); `template` and `params` are its sentence as in a notice; `area_m2` is of the
    fault itself (a gap, an overlap, what a repair changed); `place` is a point to zoom to and `geom` the
    fault's shape where it has one, both EPSG:4490. Immutable from the version's publication on.
    """

    version = models.ForeignKey(LayerVersion, models.CASCADE, related_name="findings")
    kind = models.CharField("类型", max_length=40)
    severity = models.CharField("严重程度", max_length=10, choices=Severity)
    key = models.CharField("要素标识", max_length=100, blank=True, default="")
    other_key = models.CharField("另一要素", max_length=100, blank=True, default="")
    field = models.CharField("字段", max_length=60, blank=True, default="")
    template = models.CharField("说明", max_length=300)
    params: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "说明参数", default=dict, blank=True, encoder=DjangoJSONEncoder
    )
    area_m2 = models.FloatField("面积(平方米)", null=True, blank=True)
    place = models.PointField("位置", srid=SRID, null=True, blank=True, spatial_index=False)
    geom = models.GeometryField("图形", srid=SRID, null=True, blank=True, spatial_index=False)

    class Meta:
        verbose_name = verbose_name_plural = "质量问题"
        ordering: ClassVar[list[str]] = ["version", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["version", "kind", "id"], name="quality_by_kind")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="quality_severity")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind} {self.key}"
