"""Plan against plan: crosswalks, comparisons and their patches (差异图斑). Rows are only ever inserted."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db import models
from django.db.models import F, Q

from layers.models import LayerVersion


class Crosswalk(models.Model):
    """One dated version of a crosswalk of compatible classes. Rows are only ever inserted (trigger).

    ``content`` is the whole crosswalk (`siting.conflicts.crosswalk.Crosswalk.to_json`), ``sha256`` (hex) its hash.
    """

    code = models.CharField("代码", max_length=40)
    version = models.PositiveIntegerField("版本号")
    name = models.CharField("名称", max_length=200)
    system_a = models.CharField("甲方分类体系", max_length=40)
    system_b = models.CharField("乙方分类体系", max_length=40)
    valid_from = models.DateField("启用日期")
    source = models.CharField("来源", max_length=200)
    content: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField("对应关系")
    sha256 = models.CharField("哈希", max_length=64)
    created_at = models.DateTimeField("录入时间", auto_now_add=True)

    class Meta:
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_number_per_crosswalk_version"),
            models.CheckConstraint(condition=Q(version__gte=1), name="crosswalk_counts_from_1"),
            models.CheckConstraint(condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="crosswalk_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class PlanComparison(models.Model):
    """Two layer versions held against each other by a crosswalk. Rows are only ever inserted (trigger).

    It pins what it was made from: both versions with their root hashes, the crosswalk's hash (``turned``: from B's
    system to A's), the sliver bound (m), the versions of the libraries, and the layer that names towns. ``totals``
    (m²) are those of `siting.conflicts.store.totals`; ``digest`` is SHA-256 (hex) over all of it and every patch.
    """

    version_a = models.ForeignKey(LayerVersion, models.PROTECT, related_name="+")
    version_b = models.ForeignKey(LayerVersion, models.PROTECT, related_name="+")
    root_hash_a = models.CharField(max_length=64)
    root_hash_b = models.CharField(max_length=64)
    crosswalk = models.ForeignKey(Crosswalk, models.PROTECT, related_name="comparisons")
    crosswalk_sha256 = models.CharField(max_length=64)
    turned = models.BooleanField(default=False)
    sliver_width_m = models.FloatField()
    towns = models.CharField(max_length=60, blank=True)
    versions: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    totals: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    patch_count = models.PositiveIntegerField()
    sliver_count = models.PositiveIntegerField()
    conflict_m2 = models.FloatField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(version_a=F("version_b")), name="comparison_of_two_versions"),
            models.CheckConstraint(condition=Q(sliver_width_m__gte=0), name="comparison_sliver_bound"),
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="comparison_digest"),
        ]

    def __str__(self) -> str:
        return f"comparison {self.pk}"


class ConflictPatch(models.Model):
    """One 差异图斑: connected ground on which a class of A meets a class of B that it conflicts with.

    The code systems are the versions'. ``keys_a`` and ``keys_b`` name some of the features on either side, the counts
    say how many there are. ``town`` is the code of the division with most of its ground (empty where no layer says).
    Rows are only ever inserted (trigger).
    """

    comparison = models.ForeignKey(PlanComparison, models.PROTECT, related_name="patches")
    number = models.PositiveIntegerField("编号")
    class_a = models.CharField(max_length=40, blank=True)
    class_b = models.CharField(max_length=40, blank=True)
    name_a = models.CharField(max_length=100, blank=True)
    name_b = models.CharField(max_length=100, blank=True)
    area_m2 = models.FloatField()
    width_m = models.FloatField()
    sliver = models.BooleanField()
    town = models.CharField(max_length=40, blank=True)
    town_name = models.CharField(max_length=100, blank=True)
    keys_a: models.JSONField[list[str], list[str]] = models.JSONField()
    keys_b: models.JSONField[list[str], list[str]] = models.JSONField()
    count_a = models.PositiveIntegerField()
    count_b = models.PositiveIntegerField()
    geometry = models.PolygonField(srid=4490)

    class Meta:
        ordering = ["comparison_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "number"], name="one_number_per_patch"),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="patch_has_area"),
        ]
        indexes = [
            models.Index(fields=["comparison", "class_a", "class_b"], name="patch_by_classes"),
            models.Index(fields=["comparison", "town"], name="patch_by_town"),
        ]

    def __str__(self) -> str:
        return f"comparison {self.comparison_id} patch {self.number}"
