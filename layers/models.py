"""Layers and their versions. What is published never changes.

Row triggers (migration 0002) refuse every UPDATE and DELETE on published rows, with two exceptions, each
possible once: a feature's `last_version` from NULL to a number, and a version's status from published to
superseded. `TRUNCATE` is not refused: only the owner of the tables may use it, and tests empty them by it.

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
    PUBLISHED = "published", "已发布"
    SUPERSEDED = "superseded", "已被取代"


class Layer(models.Model):
    """One theme of the land, under one authority: what stays the same from version to version.

    `class_names` gives the label of each class code in `class_system`: what the next version will say, as each
    version keeps its own. `style` is the legend per class ({class code or "": {fill, stroke, hatch, …}}). Below
    `min_zoom` a map doesn't ask for its tiles.
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
    min_zoom = models.PositiveSmallIntegerField("最小显示级别", default=0)
    required = models.BooleanField("检测必需", default=True)
    visible_by_default = models.BooleanField("默认显示", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "图层"
        ordering: ClassVar[list[str]] = ["order", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="layer_kind"),
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
    """What a layer said from `published_at` on. Immutable but for published → superseded, once (trigger).

    `root_hash` is SHA-256 (hex) over the sorted content hashes of its features; `coverage` is where the layer
    can be asked (outside it the answer is "not checked"); `non_overlapping` says that no two features share
    area; tiles below `detail_zoom` are stored overviews, from there on they are cut from the features.
    `layer_name`, `class_system` and `class_names` are the layer's as published: a check repeats them, so a
    layer that is renamed later changes no answer already given.
    `withdraws` names the version whose predecessor's content this one publishes again.
    """

    layer = models.ForeignKey(Layer, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("版本号")
    status = models.CharField("状态", max_length=12, choices=Status, default=Status.PUBLISHED)
    layer_name = models.CharField("图层名称", max_length=100)
    class_system = models.CharField("分类体系", max_length=40, blank=True, default="")
    class_names: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        "类别名称", default=dict, blank=True
    )
    root_hash = models.CharField("根哈希", max_length=64)
    hash_algorithm = models.PositiveSmallIntegerField("哈希算法版本", default=1)
    coverage = models.MultiPolygonField("覆盖范围", srid=SRID, spatial_index=False)
    coverage_given = models.BooleanField("覆盖范围由提供方给定", default=False)
    feature_count = models.PositiveIntegerField("要素数")
    non_overlapping = models.BooleanField("要素互不重叠", default=False)
    detail_zoom = models.PositiveSmallIntegerField("原始瓦片起始级别", default=12)
    source_name = models.CharField("来源文件", max_length=255, blank=True, default="")
    source_sha256 = models.CharField("来源文件哈希", max_length=64, blank=True, default="")
    source_crs = models.CharField("来源坐标系", max_length=100, blank=True, default="")
    source_date = models.DateField("数据日期", null=True, blank=True)
    published_at = models.DateTimeField("发布时间", auto_now_add=True)
    withdraws = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
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
            models.CheckConstraint(condition=Q(number__gte=1), name="version_counts_from_1"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="version_status"),
            models.CheckConstraint(condition=Q(root_hash__regex="^[0-9a-f]{64}$"), name="version_root_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.layer.code} v{self.number}"


class Feature(models.Model):
    """One feature, living from `first_version` to `last_version` (inclusive; NULL while it lives).

    Immutable but for `last_version`, set once (trigger). `hash` is its content hash (32 bytes, layers/hashing.py);
    `seal` covers the stored bytes exactly (16 bytes), so a change below the hash's 1e-9° is found too. A
    feature above 128 vertices also has `FeaturePiece` rows, which overlays use instead of it. The only spatial
    index is GiST on `geom` alone; spatial queries say `layer_id + 0`, as the planner would otherwise combine
    it with the btree on the layer.
    """

    layer = models.ForeignKey(Layer, models.PROTECT, related_name="features")
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
        indexes: ClassVar[list[models.Index]] = [GistIndex(fields=["geom"], name="feature_geom")]
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
    """A vector tile of a version at a zoom where single features are about a pixel; made at publication. Immutable."""

    version = models.ForeignKey(LayerVersion, models.CASCADE, related_name="overviews", db_index=False)
    z = models.PositiveSmallIntegerField("级别")
    x = models.PositiveIntegerField("列")
    y = models.PositiveIntegerField("行")
    mvt = models.BinaryField("瓦片")

    class Meta:
        verbose_name = verbose_name_plural = "概览瓦片"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "z", "x", "y"], name="overview_tile")
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.z}/{self.x}/{self.y}"
