"""The filters of the project list, shared by the page, its exports, the map and the API."""

from __future__ import annotations

import django_filters
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from gis_projects.library.databases import choices, project_databases
from gis_projects.library.models import (
    Industry,
    Level,
    Membership,
    Project,
    ProjectKind,
    Realisation,
    Stage,
)
from gis_projects.library.queries import projects as queries
from gis_projects.library.record_filters import RecordFilter
from gis_projects.people.models import Region
from siting.models import Check
from siting.wording import VERDICTS


def _databases() -> list[tuple[str, str]]:
    return choices(project_databases())


class ProjectFilter(RecordFilter):
    """``kind`` and ``region`` may be given several times; a region covers those below it only for the
    city's own row, which counts what no district counts. ``kind=none`` are the projects of none of the four,
    ``kind=untold`` those of whose kinds a past day has no record.
    """

    q = django_filters.CharFilter(method="by_words", label=_("关键词"), max_length=100)
    kind = django_filters.MultipleChoiceFilter(
        method="by_kind",
        choices=[
            *ProjectKind.choices,
            (queries.NO_KIND, _("不属四类")),
            (queries.UNTOLD, _("当日无记载")),
        ],
        label=_("项目类别"),
    )
    region = django_filters.ModelMultipleChoiceFilter(
        queryset=Region.objects.all(), to_field_name="code", label=_("地区")
    )
    industry = django_filters.ChoiceFilter(choices=Industry.choices, label=_("行业"))
    level = django_filters.ChoiceFilter(choices=Level.choices, label=_("级次"))
    stage = django_filters.ChoiceFilter(choices=Stage.choices, label=_("状态"))
    year = django_filters.NumberFilter(
        field_name="year", label=_("入库年度"), decimal_places=0, min_value=1990, max_value=2100
    )
    year_from = django_filters.NumberFilter(
        field_name="year",
        lookup_expr="gte",
        label=_("入库年度不早于"),
        decimal_places=0,
        min_value=1990,
        max_value=2100,
    )
    year_to = django_filters.NumberFilter(
        field_name="year",
        lookup_expr="lte",
        label=_("入库年度不晚于"),
        decimal_places=0,
        min_value=1990,
        max_value=2100,
    )
    planned_from = django_filters.NumberFilter(
        field_name="planned_yuan",
        lookup_expr="gte",
        label=_("计划投资不少于（元）"),
        min_value=0,
        max_digits=18,
    )
    planned_to = django_filters.NumberFilter(
        field_name="planned_yuan",
        lookup_expr="lte",
        label=_("计划投资不超过（元）"),
        min_value=0,
        max_digits=18,
    )
    verdict = django_filters.ChoiceFilter(
        method="by_verdict",
        label=_("最近检查结论"),
        choices=[(str(verdict), label) for verdict, label in VERDICTS.items()],
    )
    database = django_filters.ChoiceFilter(method="by_database", label=_("数据库"), choices=_databases)
    dbpart = django_filters.CharFilter(method="by_database", label=_("数据库分类"), max_length=20)
    dbstage = django_filters.CharFilter(method="by_database", label=_("数据库环节"), max_length=20)
    plan_item = django_filters.BooleanFilter(method="by_plan", label=_("对应规划任务"))
    has_site = django_filters.BooleanFilter(method="by_site", label=_("选址"))
    placed = django_filters.BooleanFilter(method="by_place", label=_("有位置"))

    class Meta:
        model = Project
        fields: list[str] = []

    @property
    def without_kinds(self) -> QuerySet[Project]:
        """The same selection but for the kinds, of which alone there may be a wrong one."""
        given = self.form.cleaned_data if self.form.is_valid() else getattr(self.form, "cleaned_data", {})
        if set(self.form.errors) - {"kind"}:
            return self.queryset.none()
        found = self.queryset.all()
        for name, value in given.items():
            if name != "kind":
                found = self.filters[name].filter(found, value)
        return found

    def by_words(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        return queries.search(queryset, value)

    def by_kind(self, queryset: QuerySet[Project], name: str, value: list[str]) -> QuerySet[Project]:
        return queries.of_kinds(queryset, value) if value else queryset

    def by_database(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        # The three are one question about one membership, so the first that is asked answers for all.
        asked = [one for one in ("database", "dbpart", "dbstage") if self.data.get(one)]
        if name != asked[0]:
            return queryset
        fields = {"database": "kind", "dbpart": "part", "dbstage": "stage"}
        inside = {fields[one]: "" if self.data[one] == "-" else self.data[one] for one in asked}
        return queryset.filter(Exists(Membership.objects.filter(project=OuterRef("pk"), **inside)))

    def by_plan(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        realised = Exists(Realisation.objects.filter(project=OuterRef("pk")))
        return queryset.filter(realised if value else ~realised)

    def by_verdict(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        latest = Check.objects.filter(site_version__site=OuterRef("site")).order_by("-created_at", "-pk")
        return queryset.alias(latest_verdict=Subquery(latest.values("verdict")[:1])).filter(
            latest_verdict=value
        )

    def by_site(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        # A site without a boundary yet is none.
        return queryset.filter(site__current__isnull=not value)

    def by_place(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        return queries.placed(queryset) if value else queries.unplaced(queryset)


def selection(params: QueryDict) -> str:
    """The filters of an address as a query string: what a link to the map or to an export carries on."""
    kept = QueryDict(mutable=True)
    for name in ProjectFilter.base_filters:
        values = [value for value in params.getlist(name) if value]
        if values:
            kept.setlist(name, values)
    return kept.urlencode()
