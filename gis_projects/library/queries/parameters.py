"""The figures that hold for a region on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from gis_projects.library.models import Parameter, ParameterKey
from gis_projects.people.models import Region
from gis_projects.people.queries.organisations import ancestors


@dataclass(frozen=True)
class Setting:
    """A figure with where it comes from; ``row`` is None for a default, ``inclusive`` says whether it is reached by
    a value that equals it.
    """

    key: str
    value: Decimal
    inclusive: bool
    source: str
    row: Parameter | None = None

    def reached_by(self, value: Decimal) -> bool:
        return value >= self.value if self.inclusive else value > self.value


#: What holds where nobody set anything: value and source. The base of the multiples has no default, as no regulation
#: says what it is.
DEFAULTS: dict[str, tuple[Decimal, str]] = {
    ParameterKey.CATALOGUE_MULTIPLE: (Decimal(4), gettext_noop("目录库总投资达到上年度投资规模4倍以上")),
    ParameterKey.RESERVE_MULTIPLE: (Decimal(2), gettext_noop("储备库总投资达到上年度投资规模2倍以上")),
    ParameterKey.REVIEW_THRESHOLD: (
        Decimal(50_000),
        gettext_noop("总投资5万元以上的信息化项目须经审核和专家评审"),
    ),
    ParameterKey.ADMISSION_DAYS: (Decimal(15), gettext_noop("在15个工作日内完成论证入库")),
    ParameterKey.AREA_TOLERANCE: (Decimal(5), gettext_noop("平台缺省值，可由管理部门修改")),
}


def setting(key: str, region: Region | str | None = None, day: date | None = None) -> Setting | None:
    """The figure that holds for a region (its own, else the nearest above it, else everybody's) on a day.

    None where nobody set it and there is no default.
    """
    code = region.code if isinstance(region, Region) else region
    above = ancestors(code) if code else []
    rows = Parameter.objects.filter(key=key, valid_from__lte=day or timezone.localdate()).filter(
        Q(region=None) | Q(region__in=above)
    )
    nearness = {place: -step for step, place in enumerate(above)} | {None: -len(above)}
    row = max(rows, key=lambda row: (nearness[row.region_id], row.valid_from, row.pk), default=None)
    if row is not None:
        return Setting(key, row.value, row.inclusive, row.source, row)
    if key not in DEFAULTS:
        return None
    value, source = DEFAULTS[key]
    return Setting(key, value, True, source)


def required(key: str, region: Region | str | None = None, day: date | None = None) -> Setting:
    """A figure that has a default."""
    found = setting(key, region, day)
    assert found is not None, key
    return found
