"""What can be done with a project of the libraries, each as a form: the page and the API offer the same.

An act asks nobody for permission itself: the action that it calls does. ``offered`` only decides what a page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.library.actions import (
    budget,
    building,
    completion,
    funds,
    libraries,
    parameters,
    permits,
    reshaping,
    standards,
)
from gis_projects.library.acts import at_work, forms
from gis_projects.library.models import LIBRARIES, Library, Project
from gis_projects.library.queries.admitting import enters
from gis_projects.library.workflow import ISSUING_SLIPS
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may

Run = Callable[[User, Project, Any], Any]


@dataclass(frozen=True)
class Act:
    """One thing to do: its name in addresses, its button, its form, what it does, and to whom a page offers it."""

    name: str
    label: str | Promise
    form: type[forms.OfProject]
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
        Act("apply", _("提交申请"), forms.ApplyForm, lambda by, project, form: libraries.apply(
            by=by, project=project, **_data(form)), _brings, _("申请已提交，请等待审核。")),
        Act("acknowledge", _("确认不重复"), forms.AcknowledgeForm, lambda by, project, form: libraries.acknowledge(
            by=by, project=project, **_data(form)), lambda user, project: False, _("已记录。")),
        Act("factor", _("填报要素保障"), forms.FactorForm, lambda by, project, form: parameters.state_factor(
            by=by, project=project, **_data(form)),
            lambda user, project: may(user, Permission.EDIT_PROJECTS, project), _("已记录。")),
        Act("code", _("赋码"), forms.CodeForm, lambda by, project, form: permits.assign_code(
            by=by, project=project, **_data(form)),
            lambda user, project: _inside(user, project) and not project.national_code, _("已赋码。")),
        Act("start-approval", _("受理审批"), forms.ApprovalForm, lambda by, project, form: permits.start_approval(
            by=by, project=project, **_data(form)), _inside, _("已受理。")),
        Act("grant-approval", _("登记批复"), forms.GrantForm, lambda by, project, form: permits.grant_approval(
            by=by, approval=form.approval(), number=form.cleaned_data["number"],
            granted_on=form.cleaned_data["granted_on"]), _inside, _("批复已登记。")),
        Act("check-approval", _("提交核对结果"), forms.CheckForm, lambda by, project, form: standards.answer_points(
            by=by, approval=form.approval(), answers=form.answers()),
            # Asked beside the points themselves, not among the other acts.
            lambda user, project: False, _("核对结果已记录。")),
        Act("start", _("登记开工"), forms.StartForm, lambda by, project, form: permits.start_construction(
            by=by, project=project, **_data(form)),
            lambda user, project: may(user, Permission.EDIT_PROJECTS, project)
            and project.library == Library.IMPLEMENTATION and not hasattr(project, "start"), _("已登记开工。")),
        Act("change", _("申请变更"), at_work.ChangeForm, lambda by, project, form: building.apply_change(
            by=by, project=project, **_data(form)), at_work.may_change, _("变更已申请，请等待审批。")),
        Act("withdraw-change", _("撤回变更申请"), at_work.OpenChangeForm,
            lambda by, project, form: building.withdraw_change(by=by, change=form.chosen()),
            at_work.may_withdraw_change, _("已撤回。")),
        Act("decide-change", _("审批变更"), at_work.DecideChangeForm, at_work.decide_change,
            at_work.may_decide_change, _("变更已办结。")),
        Act("acceptance", _("申请验收"), at_work.AcceptanceForm, lambda by, project, form: building.apply_acceptance(
            by=by, project=project, **_data(form)), at_work.may_apply_acceptance, _("验收已申请，请等待办理。")),
        Act("withdraw-acceptance", _("撤回验收申请"), at_work.OpenAcceptanceForm,
            lambda by, project, form: building.withdraw_acceptance(by=by, acceptance=form.chosen()),
            at_work.may_withdraw_acceptance, _("已撤回。")),
        Act("accept", _("登记验收结论"), at_work.AcceptForm, at_work.conclude,
            at_work.may_accept, _("验收结论已登记。")),
        Act("completion", _("登记竣工日期"), at_work.CompletionForm,
            lambda by, project, form: completion.register_completion(by=by, project=project, **_data(form)),
            at_work.may_register_completion, _("竣工日期已登记。")),
        Act("account", _("登记结算或决算"), at_work.AccountForm,
            lambda by, project, form: completion.record_account(by=by, project=project, **_data(form)),
            at_work.may_record_account, _("已登记。")),
        Act("budget-line", _("安排预算"), forms.LineForm, lambda by, project, form: budget.add_line(
            by=by, project=project, **_data(form)), _finances, _("预算已安排。")),
        Act("funds", _("申报上级资金"), forms.FundsForm, lambda by, project, form: funds.declare_funds(
            by=by, project=project, **_data(form)),
            lambda user, project: _brings(user, project) and project.library in LIBRARIES, _("已申报。")),
        Act("monitor", _("结果应用，纳入动态管理"), forms.NothingForm, lambda by, project, form: permits.monitor(
            by=by, project=project), _inside, _("已纳入动态管理。")),
        Act("slip", _("签发采购联系单"), forms.SlipForm, lambda by, project, form: permits.issue_slip(
            by=by, project=project, **_data(form)), _issues, _("联系单已签发。")),
        Act("consent", _("同意采购"), forms.ConsentForm, lambda by, project, form: permits.consent_procurement(
            by=by, project=project, slip_number=form.cleaned_data["slip"],
            amount_yuan=form.cleaned_data["amount_yuan"]), _finances, _("已同意采购。")),
        Act("exit", _("出库"), forms.ReasonForm, lambda by, project, form: reshaping.exit_project(
            by=by, project=project, **_data(form)), _inside, _("项目已出库。")),
        Act("merge", _("并入其他项目"), forms.MergeForm, lambda by, project, form: reshaping.merge(
            by=by, projects=[project], into=form.cleaned_data["into"], reason=form.cleaned_data["reason"]),
            _inside, _("项目已并入。")),
        Act("split", _("拆分"), forms.SplitForm, lambda by, project, form: reshaping.split(
            by=by, project=project, **_data(form)), _inside, _("项目已拆分。")),
    )
}  # fmt: skip
