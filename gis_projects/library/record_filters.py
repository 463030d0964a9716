"""The filters of what a project says of itself: every code, who is in charge, money, time, staleness, programme."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import InvestmentKind, Library, Programme, Project, ProjectSecrecy
from gis_projects.library.models.record import CODED
from gis_projects.library.queries import staleness
from gis_projects.people.models import Organisation

NONE = "none"  # asks for projects that say nothing there


class RecordFilter(django_filters.FilterSet):
    """Filters by code take ``list:value`` or ``none``, several times over; the rest one value each."""

    policy = django_filters.CharFilter(method="by_code", label=_("投资政策"), max_length=71)
    industry_type = django_filters.CharFilter(method="by_code", label=_("产业类型"), max_length=71)
    project_type = django_filters.CharFilter(method="by_code", label=_("项目类型"), max_length=71)
    construction_mode = django_filters.CharFilter(method="by_code", label=_("建设模式"), max_length=71)
    investment_mode = django_filters.CharFilter(method="by_code", label=_("投资模式"), max_length=71)
    nature = django_filters.CharFilter(method="by_code", label=_("建设性质"), max_length=71)
    division = django_filters.CharFilter(method="by_code", label=_("国民经济行业大类"), max_length=71)
    source_kind = django_filters.CharFilter(method="by_code", label=_("项目来源"), max_length=71)
    library = django_filters.ChoiceFilter(choices=Library.choices, label=_("所在库"))
    investment_kind = django_filters.ChoiceFilter(choices=InvestmentKind.choices, label=_("投资性质"))
    secrecy = django_filters.ChoiceFilter(choices=ProjectSecrecy.choices, label=_("密级"))
    authority = django_filters.ModelChoiceFilter(
        queryset=Organisation.objects.filter(kind="department"), label=_("主管部门")
    )
    organisation = django_filters.ModelChoiceFilter(
        queryset=Organisation.objects.filter(kind="owner"), label=_("项目单位")
    )
    programme = django_filters.ModelChoiceFilter(
        queryset=Programme.objects.all(), field_name="programmes__programme", label=_("示范任务")
    )
    intended_from = django_filters.NumberFilter(
        field_name="intended_yuan",
        lookup_expr="gte",
        label=_("意向总投资不少于（元）"),
        min_value=0,
        max_digits=18,
    )
    intended_to = django_filters.NumberFilter(
        field_name="intended_yuan",
        lookup_expr="lte",
        label=_("意向总投资不超过（元）"),
        min_value=0,
        max_digits=18,
    )
    starts_from = django_filters.DateFilter(
        field_name="planned_start", lookup_expr="gte", label=_("计划开工不早于")
    )
    starts_to = django_filters.DateFilter(
        field_name="planned_start", lookup_expr="lte", label=_("计划开工不晚于")
    )
    finishes_from = django_filters.DateFilter(
        field_name="planned_finish", lookup_expr="gte", label=_("计划竣工不早于")
    )
    finishes_to = django_filters.DateFilter(
        field_name="planned_finish", lookup_expr="lte", label=_("计划竣工不晚于")
    )
    staleness = django_filters.ChoiceFilter(
        method="by_staleness",
        choices=[("green", _("绿：按时更新")), ("yellow", _("黄：久未更新")), ("red", _("红：长期未更新"))],
        label=_("更新情况"),
    )
    has_national_code = django_filters.BooleanFilter(method="by_national_code", label=_("已赋国家统一代码"))

    class Meta:
        model = Project
        fields: list[str] = []

    def by_code(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        # the form has read one; the address may name several
        asked = [one for one in self.data.getlist(name) if one] if hasattr(self.data, "getlist") else [value]
        chosen = Q(**{f"{name}__in": [one for one in asked if one.startswith(f"{CODED[name]}:")]})
        if NONE in asked:
            chosen |= Q(**{f"{name}__isnull": True})
        return queryset.filter(chosen)

    def by_staleness(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        return staleness.of_lamp(queryset, value)

    def by_national_code(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        return queryset.exclude(national_code="") if value else queryset.filter(national_code="")
