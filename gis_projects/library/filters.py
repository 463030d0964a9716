"""The filters of the project list, shared by the page, its exports, the map and the API."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import Industry, Level, Project, ProjectKind, Stage
from gis_projects.library.queries import projects as queries
from gis_projects.library.record_filters import RecordFilter
from gis_projects.people.models import Region


class ProjectFilter(RecordFilter):
    """``kind`` and ``region`` may be given several times; a region covers those below it only for the
    city's own row, which counts what no district counts.
    """

    q = django_filters.CharFilter(method="by_words", label=_("关键词"), max_length=100)
    kind = django_filters.MultipleChoiceFilter(
        method="by_kind", choices=ProjectKind.choices, label=_("项目类别")
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
    has_site = django_filters.BooleanFilter(method="by_site", label=_("选址"))

    class Meta:
        model = Project
        fields: list[str] = []

    def by_words(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        return queries.search(queryset, value)

    def by_kind(self, queryset: QuerySet[Project], name: str, value: list[str]) -> QuerySet[Project]:
        return queries.of_kinds(queryset, value) if value else queryset

    def by_site(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        # A site without a boundary yet is none.
        return queryset.filter(site__current__isnull=not value)


def without_kinds(params: QueryDict) -> QueryDict:
    """The same selection but for the kinds."""
    rest = params.copy()
    rest.pop("kind", None)
    return rest


def selection(params: QueryDict) -> str:
    """The filters of an address as a query string: what a link to the map or to an export carries on."""
    kept = QueryDict(mutable=True)
    for name in ProjectFilter.base_filters:
        values = [value for value in params.getlist(name) if value]
        if values:
            kept.setlist(name, values)
    return kept.urlencode()
