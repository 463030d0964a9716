"""What a project says of itself beyond its name and place: the fields of the catalogue and of the reserve form.

They are columns of the project's own table, not of a second one: every list filters and orders by them, and one
revision of a project is one row with its step.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.codes import Code

#: Columns that hold a code, and the list that it must be from; constraints of the database say so too
#: (``library_project_<field>_of_its_list``).
CODED = {
    "policy": "policy",
    "industry_type": "industry_type",
    "project_type": "project_type",
    "construction_mode": "construction_mode",
    "investment_mode": "investment_mode",
    "nature": "nature",
    "division": "division",
    "source_kind": "source_kind",
}

#: GB/T 40058-2021 (YYMM-AAAAAA-DD-TT-NNNNNC), and the form before 2020 (YYYY-AAAAAA-II-TT-NNNNNN).
PROJECT_CODE = (
    r"^([0-9]{2}(0[1-9]|1[0-2])-[0-9]{6}-[0-9A-Z]{2}-[0-9]{2}-[0-9]{5}[0-9A-Z]"
    r"|20[0-9]{2}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6})$"
)


class CatalogueFields(models.Model):
    """What the catalogue asks (F262) and what projects are classified by (F076, F107).

    ``intended_yuan`` is the intended total investment; the plan in force (`InvestmentPlan`) replaces it as soon as
    there is one. ``authority`` is the department in charge.
    """

    policy = models.ForeignKey(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        limit_choices_to={"list": "policy"}, verbose_name=_("投资政策"),
    )  # fmt: skip
    industry_type = models.ForeignKey(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        limit_choices_to={"list": "industry_type"}, verbose_name=_("产业类型"),
    )  # fmt: skip
    project_type = models.ForeignKey(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        limit_choices_to={"list": "project_type"}, verbose_name=_("项目类型"),
    )  # fmt: skip
    construction_mode = models.ForeignKey(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        limit_choices_to={"list": "construction_mode"}, verbose_name=_("建设模式"),
    )  # fmt: skip
    investment_mode = models.ForeignKey(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        limit_choices_to={"list": "investment_mode"}, verbose_name=_("投资模式"),
    )  # fmt: skip
    nature = models.ForeignKey(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        limit_choices_to={"list": "nature"}, verbose_name=_("建设性质"),
    )  # fmt: skip
    division = models.ForeignKey(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        limit_choices_to={"list": "division"}, verbose_name=_("国民经济行业大类"),
    )  # fmt: skip
    source_kind = models.ForeignKey(
        Code, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        limit_choices_to={"list": "source_kind"}, verbose_name=_("项目来源"),
    )  # fmt: skip
    source_basis = models.CharField(_("来源依据"), max_length=300, blank=True)
    address = models.CharField(_("建设地点"), max_length=200, blank=True)
    intended_yuan = models.DecimalField(
        _("意向总投资"),
        max_digits=18,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    authority = models.ForeignKey(
        "people.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="projects_in_charge",
        verbose_name=_("主管部门"),
    )  # fmt: skip

    class Meta:
        abstract = True


class ReserveFields(models.Model):
    """What the reserve asks beyond the catalogue (F268), and which functions of the eight processes it uses (F092).

    The estimate with its sources and years is the plan in force (`InvestmentPlan`), the land the latest
    `LandStatement`. ``national_code`` has the form of GB/T 40058-2021 or the one before; its check digit isn't public,
    so only the form is held.
    """

    scale = models.CharField(_("建设规模"), max_length=500, blank=True)
    legal_person = models.CharField(_("法定代表人"), max_length=60, blank=True)
    legal_person_phone = models.CharField(
        _("法人联系电话"), max_length=30, blank=True,
        validators=[RegexValidator(r"^[0-9+()\- ]{5,30}$", _("电话号码只能包含数字、空格、括号、加号和短横线。"))],
    )  # fmt: skip
    credit_code = models.CharField(_("业主统一社会信用代码"), max_length=18, blank=True)
    national_code = models.CharField(
        _("国家统一项目代码"), max_length=24, blank=True,
        validators=[
            RegexValidator(PROJECT_CODE, _("应为 YYMM-AAAAAA-DD-TT-NNNNNC 或旧式 YYYY-AAAAAA-II-TT-NNNNNN。"))
        ],
    )  # fmt: skip
    planned_start = models.DateField(_("计划开工"), null=True, blank=True)
    planned_finish = models.DateField(_("计划竣工"), null=True, blank=True)
    goals = models.TextField(_("功能效益目标"), max_length=2000, blank=True)
    funding_note = models.CharField(_("资金落实情况"), max_length=500, blank=True)
    functions = ArrayField(
        models.CharField(max_length=40), verbose_name=_("选用的流程功能"), default=list, blank=True
    )

    class Meta:
        abstract = True


def record_constraints() -> list[models.BaseConstraint]:
    """The constraints of these fields, for the project's table."""
    return [
        models.UniqueConstraint(
            fields=["national_code"],
            condition=~Q(national_code=""),
            name="library_project_national_code_once",
        ),
        models.CheckConstraint(
            condition=Q(national_code="") | Q(national_code__regex=PROJECT_CODE),
            name="library_project_national_code_form",
        ),
        models.CheckConstraint(
            condition=Q(planned_start=None)
            | Q(planned_finish=None)
            | Q(planned_finish__gte=F("planned_start")),
            name="library_project_ends_after_it_starts",
            violation_error_message=_("计划竣工不能早于计划开工。"),
        ),
        models.CheckConstraint(
            condition=Q(intended_yuan=None) | Q(intended_yuan__gte=0),
            name="library_project_intended_not_negative",
        ),
    ]
