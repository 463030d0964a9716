"""What can be done with a project of the libraries, each as a form: the page and the API offer the same.

An act asks nobody for permission itself: the action that it calls does. ``offered`` only decides what a page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.library.actions import budget, funds, libraries, parameters, permits, reshaping
from gis_projects.library.models import (
    LIBRARIES,
    Approval,
    ApprovalItem,
    BudgetInstrument,
    Factor,
    FactorState,
    FundFlow,
    Library,
    Project,
)
from gis_projects.library.queries.admitting import enters
from gis_projects.library.workflow import ISSUING_SLIPS
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, visible

_MOST_PARTS = 20


def _money(label: Any, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=18, decimal_places=2, **more)


def _reason(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class _OfProject(forms.Form):
    """A form that knows whose project it is for."""

    def __init__(self, *args: Any, user: User, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.project = user, project
        for field in self.fields.values():
            plain = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs.setdefault("class", f"{plain} {plain}-sm")

    def others(self) -> Any:
        """Other projects that the user may know of, by key or code."""
        return visible(self.user, Permission.READ_PROJECTS, Project.objects.exclude(pk=self.project.pk))

    def _found(self, named: str) -> Project:
        rows = self.others()
        row = rows.filter(code=named).first() or (
            rows.filter(pk=int(named)).first() if named.isdecimal() and len(named) < 19 else None
        )
        if row is None:
            raise ValidationError(
                _("没有这样的项目，或者您无权查看：%(name)s"), params={"name": named}, code="unknown"
            )
        return row


class ApplyForm(_OfProject):
    to = forms.ChoiceField(label=_("申请进入"), choices=[(one.value, one.label) for one in LIBRARIES])
    note = forms.CharField(
        label=_("申请说明"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(_OfProject):
    reason = _reason(_("理由"))


class AcknowledgeForm(_OfProject):
    other = forms.IntegerField(label=_("疑似重复的项目"), widget=forms.HiddenInput)
    reason = forms.CharField(label=_("不重复的理由"), max_length=300)

    def clean_other(self) -> Project:
        return self._found(str(self.cleaned_data["other"]))


class MergeForm(_OfProject):
    into = forms.CharField(label=_("并入的项目（代码）"), max_length=40)
    reason = _reason(_("理由"))

    def clean_into(self) -> Project:
        return self._found(self.cleaned_data["into"].strip())


class SplitForm(_OfProject):
    """One part in a line: code, name, planned and spent 元, separated by commas or tabs."""

    parts = forms.CharField(
        label=_("拆分后的项目"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("每行一个：代码, 名称, 计划投资（元）, 累计投资（元）"),
    )
    reason = _reason(_("理由"))

    def clean_parts(self) -> list[reshaping.PartOf]:
        lines = [line for line in self.cleaned_data["parts"].splitlines() if line.strip()]
        if len(lines) > _MOST_PARTS:
            raise ValidationError(
                _("最多拆分为 %(limit)s 个项目。"), params={"limit": _MOST_PARTS}, code="many"
            )
        return [self._part(number, line) for number, line in enumerate(lines, start=1)]

    def _part(self, number: int, line: str) -> reshaping.PartOf:
        cells = [cell.strip() for cell in line.replace("\t", ",").replace("，", ",").split(",")]
        amount = forms.DecimalField(max_digits=18, decimal_places=2, min_value=Decimal(0))
        if not 3 <= len(cells) <= 4 or not cells[0] or not cells[1]:
            raise ValidationError(
                _("第 %(line)s 行应为：代码, 名称, 计划投资, 累计投资"), params={"line": number}
            )
        try:
            planned = amount.clean(cells[2])
            spent = amount.clean(cells[3]) if len(cells) == 4 else Decimal(0)
        except ValidationError as error:
            raise ValidationError(_("第 %(line)s 行的金额无法识别。"), params={"line": number}) from error
        return reshaping.PartOf(cells[0], cells[1], planned, spent)


class FactorForm(_OfProject):
    factor = forms.ChoiceField(label=_("要素"), choices=Factor.choices)
    state = forms.ChoiceField(
        label=_("保障情况"), choices=[pair for pair in FactorState.choices if pair[0] != FactorState.UNKNOWN]
    )
    note = forms.CharField(label=_("说明"), required=False, max_length=300)


class CodeForm(_OfProject):
    code = forms.CharField(label=_("国家统一项目代码"), max_length=24)


class ApprovalForm(_OfProject):
    item = forms.ChoiceField(label=_("审批事项"), choices=ApprovalItem.choices)


class GrantForm(_OfProject):
    item = forms.ChoiceField(label=_("审批事项"), choices=ApprovalItem.choices)
    number = forms.CharField(label=_("批复文号"), max_length=120)
    granted_on = forms.DateField(
        label=_("批复日期"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def approval(self) -> Approval:
        row = self.project.approvals.filter(item=self.cleaned_data["item"]).first()
        if row is None:
            raise ValidationError({"item": _("该事项尚未受理。")})
        return row


class StartForm(_OfProject):
    started_on = forms.DateField(
        label=_("开工日期"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class LineForm(_OfProject):
    year = forms.IntegerField(label=_("预算年度"), min_value=2000, max_value=2100)
    instrument = forms.ChoiceField(label=_("资金类型"), choices=BudgetInstrument.choices)
    amount_yuan = _money(_("预算安排（元）"), min_value=Decimal("0.01"))
    reference = forms.CharField(label=_("文号或依据"), max_length=120)


class FundsForm(_OfProject):
    flow = forms.ChoiceField(label=_("申报类别"), choices=FundFlow.choices)
    year = forms.IntegerField(label=_("申报年度"), min_value=2000, max_value=2100)
    amount_yuan = _money(_("申请资金（元）"), min_value=Decimal("0.01"))
    purpose = forms.CharField(label=_("资金用途"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class SlipForm(_OfProject):
    number = forms.CharField(label=_("联系单编号"), max_length=40)
    content = forms.CharField(label=_("采购内容"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    amount_yuan = _money(_("采购限额（元）"), min_value=Decimal("0.01"))


class ConsentForm(_OfProject):
    slip = forms.CharField(label=_("联系单编号"), max_length=40, required=False)
    amount_yuan = _money(_("同意采购金额（元）"), min_value=Decimal("0.01"))


class NothingForm(_OfProject):
    pass


Run = Callable[[User, Project, Any], Any]


@dataclass(frozen=True)
class Act:
    """One thing to do: its name in addresses, its button, its form, what it does, and to whom a page offers it."""

    name: str
    label: str | Promise
    form: type[_OfProject]
    run: Run
    offered: Callable[[User, Project], bool]
    done: str | Promise


def _managing(user: User, project: Project) -> bool:
    return may(user, Permission.MANAGE_LIBRARIES, project)


def _inside(user: User, project: Project) -> bool:
    return _managing(user, project) and project.library in LIBRARIES


def _brings(user: User, project: Project) -> bool:
    return may(user, Permission.APPLY_ADMISSION, project) and enters(user, project)


def _finances(user: User, project: Project) -> bool:
    return may(user, Permission.MANAGE_BUDGET, project) and project.library in LIBRARIES


def _issues(user: User, project: Project) -> bool:
    of = user.organisation.department_id if user.organisation is not None else None
    return (
        may(user, Permission.GIVE_OPINIONS, project) and of in ISSUING_SLIPS and project.library in LIBRARIES
    )


def _data(form: Any) -> dict[str, Any]:
    return dict(form.cleaned_data)


ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act("apply", _("提交申请"), ApplyForm, lambda by, project, form: libraries.apply(
            by=by, project=project, **_data(form)), _brings, _("申请已提交，请等待审核。")),
        Act("acknowledge", _("确认不重复"), AcknowledgeForm, lambda by, project, form: libraries.acknowledge(
            by=by, project=project, **_data(form)), lambda user, project: False, _("已记录。")),
        Act("factor", _("填报要素保障"), FactorForm, lambda by, project, form: parameters.state_factor(
            by=by, project=project, **_data(form)),
            lambda user, project: may(user, Permission.EDIT_PROJECTS, project), _("已记录。")),
        Act("code", _("赋码"), CodeForm, lambda by, project, form: permits.assign_code(
            by=by, project=project, **_data(form)),
            lambda user, project: _inside(user, project) and not project.national_code, _("已赋码。")),
        Act("start-approval", _("受理审批"), ApprovalForm, lambda by, project, form: permits.start_approval(
            by=by, project=project, **_data(form)), _inside, _("已受理。")),
        Act("grant-approval", _("登记批复"), GrantForm, lambda by, project, form: permits.grant_approval(
            by=by, approval=form.approval(), number=form.cleaned_data["number"],
            granted_on=form.cleaned_data["granted_on"]), _inside, _("批复已登记。")),
        Act("start", _("登记开工"), StartForm, lambda by, project, form: permits.start_construction(
            by=by, project=project, **_data(form)),
            lambda user, project: may(user, Permission.EDIT_PROJECTS, project)
            and project.library == Library.IMPLEMENTATION, _("已登记开工。")),
        Act("budget-line", _("安排预算"), LineForm, lambda by, project, form: budget.add_line(
            by=by, project=project, **_data(form)), _finances, _("预算已安排。")),
        Act("funds", _("申报上级资金"), FundsForm, lambda by, project, form: funds.declare_funds(
            by=by, project=project, **_data(form)),
            lambda user, project: _brings(user, project) and project.library in LIBRARIES, _("已申报。")),
        Act("monitor", _("结果应用，纳入动态管理"), NothingForm, lambda by, project, form: permits.monitor(
            by=by, project=project), _inside, _("已纳入动态管理。")),
        Act("slip", _("签发采购联系单"), SlipForm, lambda by, project, form: permits.issue_slip(
            by=by, project=project, **_data(form)), _issues, _("联系单已签发。")),
        Act("consent", _("同意采购"), ConsentForm, lambda by, project, form: permits.consent_procurement(
            by=by, project=project, slip_number=form.cleaned_data["slip"],
            amount_yuan=form.cleaned_data["amount_yuan"]), _finances, _("已同意采购。")),
        Act("exit", _("出库"), ReasonForm, lambda by, project, form: reshaping.exit_project(
            by=by, project=project, **_data(form)), _inside, _("项目已出库。")),
        Act("merge", _("并入其他项目"), MergeForm, lambda by, project, form: reshaping.merge(
            by=by, projects=[project], into=form.cleaned_data["into"], reason=form.cleaned_data["reason"]),
            _inside, _("项目已并入。")),
        Act("split", _("拆分"), SplitForm, lambda by, project, form: reshaping.split(
            by=by, project=project, **_data(form)), _inside, _("项目已拆分。")),
    )
}  # fmt: skip
