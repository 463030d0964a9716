"""Code lists: the words that projects are classified by, as data with dates."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class CodeList(models.Model):
    """One list of codes.

    ``version`` counts its changes; ``is_sample`` says that the codes are our own examples, which a bureau replaces by
    those of its own ``source``.
    """

    key = models.SlugField(_("代码表"), max_length=30, primary_key=True)
    name = models.CharField(_("名称"), max_length=60)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    source = models.CharField(_("来源"), max_length=300, blank=True)
    source_en = models.CharField(max_length=400, blank=True)
    is_sample = models.BooleanField(_("示例数据"), default=True)
    version = models.PositiveIntegerField(_("版本"), default=1)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and _english() else self.name

    @property
    def shown_source(self) -> str:
        return self.source_en if self.source_en and _english() else self.source


class CodeQuerySet(models.QuerySet["Code"]):
    def offered(self, day: date | None = None) -> CodeQuerySet:
        """Those that a project may be given on a day (today unless given); retired ones only stay where they are."""
        day = day or timezone.localdate()
        return self.filter(valid_from__lte=day).filter(Q(retired_on=None) | Q(retired_on__gt=day))

    def of(self, key: str) -> CodeQuerySet:
        return self.filter(list_id=key).order_by("position", "key")


class Code(models.Model):
    """One code. ``key`` is ``list:value``, so a column that refers to it says which list it is from, and the database
    can hold it to that list.

    From ``retired_on`` on it is offered no more; projects that have it keep it, and show it. ``group`` is a value of
    another list that this one belongs to: the instrument of a source of funds, the section of a division of
    GB/T 4754. Codes are never deleted.
    """

    key = models.CharField(max_length=71, primary_key=True)
    list = models.ForeignKey(CodeList, on_delete=models.PROTECT, related_name="codes")
    value = models.SlugField(_("代码"), max_length=40)
    label = models.CharField(_("名称"), max_length=80)
    label_en = models.CharField(_("英文名称"), max_length=160, blank=True)
    group = models.CharField(_("归属"), max_length=40, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)
    valid_from = models.DateField(_("启用日期"), default=date(2000, 1, 1))
    retired_on = models.DateField(_("停用日期"), null=True, blank=True)

    objects = CodeQuerySet.as_manager()

    class Meta:
        ordering = ["list_id", "position", "key"]
        constraints = [
            models.UniqueConstraint(fields=["list", "label"], name="library_code_labels_differ"),
            models.CheckConstraint(
                condition=Q(key=Concat("list_id", Value(":"), "value", output_field=models.CharField())),
                name="library_code_key",
            ),
            models.CheckConstraint(
                condition=Q(retired_on=None) | Q(retired_on__gte=F("valid_from")),
                name="library_code_retired_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """The label in the reader's language."""
        return self.label_en if self.label_en and _english() else self.label

    def is_offered(self, day: date | None = None) -> bool:
        day = day or timezone.localdate()
        return self.valid_from <= day and (self.retired_on is None or self.retired_on > day)


class CodeListVersion(models.Model):
    """What a list said from one change to the next: all its codes as JSON.

    Rows are only ever inserted (trigger ``library_codelistversion_unchanged``).
    """

    list = models.ForeignKey(CodeList, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("版本"))
    codes = models.JSONField()
    reason = models.CharField(_("理由"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["list_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["list", "number"], name="library_code_list_versions_count"),
        ]

    def __str__(self) -> str:
        return f"{self.list_id} {self.number}"


def _english() -> bool:
    return (get_language() or "").startswith("en")
