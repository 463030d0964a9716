"""Changes and acceptance as things to do: their forms, and to whom a page offers them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from gis_projects.library.actions import building
from gis_projects.library.acts.forms import OfProject, day_field, long_field, money_field
from gis_projects.library.models import (
    Acceptance,
    AcceptanceKind,
    AcceptanceState,
    AccountKind,
    BuildingChange,
    ChangeKind,
    ChangeState,
    Library,
    Project,
    Stage,
)
from gis_projects.library.queries.building import open_whole
from gis_projects.library.refusals import refused
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may


class ChangeForm(OfProject):
    kind = forms.ChoiceField(label=_("变更类别"), choices=ChangeKind.choices)
    text = long_field(_("变更内容"))
    reason = long_field(_("变更理由"))
    to_yuan = money_field(
        _("变更后总投资（元）"), required=False, min_value=Decimal("0.01"), help_text=_("变更总投资时填写。")
    )
    to_finish = day_field(_("变更后计划竣工"), help_text=_("变更工期时填写。"))


class OpenChangeForm(OfProject):
    """About the one change that whoever sends the form has read, by its key: another one may be open by now."""

    change = forms.IntegerField(label=_("变更申请"), widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = self.project.building_changes.filter(state=ChangeState.APPLIED).first()
        self.fields["change"].initial = there.pk if there is not None else None

    def chosen(self) -> BuildingChange:
        """The change that is named; whether it is still open is the action's question."""
        row = self.project.building_changes.filter(pk=self.cleaned_data["change"]).first()
        if row is None:
            raise refused("no-such-change", gettext_noop("没有待办结的变更。"))
        return row


class DecideChangeForm(OpenChangeForm):
    approves = forms.ChoiceField(
        label=_("审批"), choices=[("yes", _("批准变更")), ("no", _("退回"))], initial="yes"
    )
    opinion = long_field(_("意见（退回时必填）"), required=False)


class AcceptanceForm(OfProject):
    kind = forms.ChoiceField(label=_("验收方式"), choices=AcceptanceKind.choices)
    about = forms.CharField(
        label=_("验收内容"), required=False, max_length=200,
        help_text=_("专业验收须写明，如消防、人防；联合验收和自行验收默认为工程整体。"),
    )  # fmt: skip
    note = long_field(_("申请说明"), required=False)


class CompletionForm(OfProject):
    completed_on = forms.DateField(label=_("竣工日期"), widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.CharField(label=_("依据"), max_length=300)
    reason = forms.CharField(
        label=_("更正理由"), required=False, max_length=300, help_text=_("更正已登记的竣工日期时必填。")
    )


class AccountForm(OfProject):
    kind = forms.ChoiceField(label=_("两算类别"), choices=AccountKind.choices)
    concluded_on = forms.DateField(label=_("备案日期"), widget=forms.DateInput(attrs={"type": "date"}))
    amount_yuan = money_field(_("审定金额（元）"), min_value=Decimal("0.01"))
    number = forms.CharField(label=_("文号"), max_length=120)
    reason = forms.CharField(
        label=_("更正理由"), required=False, max_length=300, help_text=_("更正已登记的结算或决算时必填。")
    )


class OpenAcceptanceForm(OfProject):
    """About one of the project's open applications, by its key; it need not be named where a single one is open."""

    acceptance = forms.IntegerField(label=_("验收申请"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open = list(self.project.acceptances.filter(state=AcceptanceState.APPLIED).order_by("pk"))
        field = self.fields["acceptance"]
        field.widget = forms.Select(
            attrs={"class": "form-select form-select-sm"},
            choices=[(row.pk, f"{row.get_kind_display()} · {row.subject}") for row in self.open],
        )
        field.initial = self.open[0].pk if self.open else None

    def clean_acceptance(self) -> int | None:
        key = cast("int | None", self.cleaned_data["acceptance"])
        if key is None and len(self.open) > 1:
            raise ValidationError(_("有多项验收申请待办理，请指明其中一项。"))
        return key

    def chosen(self) -> Acceptance:
        """The application that is named; whether it is still open is the action's question."""
        key = self.cleaned_data["acceptance"]
        if key is None and self.open:
            return self.open[0]
        row = self.project.acceptances.filter(pk=key).first()
        if row is None:
            raise refused("no-such-acceptance", gettext_noop("没有待验收的申请。"))
        return row


class AcceptForm(OpenAcceptanceForm):
    passes = forms.ChoiceField(
        label=_("结论"), choices=[("yes", _("验收通过")), ("no", _("限期整改"))], initial="yes"
    )
    number = forms.CharField(label=_("验收文号（通过时必填）"), required=False, max_length=120)
    accepted_on = day_field(_("验收日期"))
    surveyed_on = day_field(_("现场踏勘日期"))
    opinion = long_field(_("意见（整改时必填）"), required=False)


def may_register_completion(user: User, project: Project) -> bool:
    """Of what came as completed; what was started here is completed by its acceptance."""
    return (
        may(user, Permission.MANAGE_LIBRARIES, project)
        and project.stage == Stage.COMPLETED
        and not hasattr(project, "start")
        and not project.completions.filter(acceptance__isnull=False).exists()
    )


def may_record_account(user: User, project: Project) -> bool:
    return may(user, Permission.MANAGE_BUDGET, project) and project.completions.exists()


def decide_change(by: User, project: Project, form: Any) -> BuildingChange:
    act = building.approve_change if form.cleaned_data["approves"] == "yes" else building.return_change
    return act(by=by, change=form.chosen(), opinion=form.cleaned_data["opinion"])


def conclude(by: User, project: Project, form: Any) -> Acceptance:
    said = dict(form.cleaned_data)
    row, passes = form.chosen(), said.pop("passes") == "yes"
    del said["acceptance"]
    if passes:
        return building.accept(by=by, acceptance=row, **said)
    return building.demand_rectification(
        by=by, acceptance=row, opinion=said["opinion"], surveyed_on=said["surveyed_on"]
    )


def may_change(user: User, project: Project) -> bool:
    return _built(user, project) and not _changing(project) and open_whole(project) is None


def may_withdraw_change(user: User, project: Project) -> bool:
    return may(user, Permission.EDIT_PROJECTS, project) and _changing(project)


def may_decide_change(user: User, project: Project) -> bool:
    return may(user, Permission.MANAGE_LIBRARIES, project) and _changing(project)


def may_apply_acceptance(user: User, project: Project) -> bool:
    return _built(user, project) and not _changing(project)


def may_withdraw_acceptance(user: User, project: Project) -> bool:
    return may(user, Permission.EDIT_PROJECTS, project) and _accepting(project)


def may_accept(user: User, project: Project) -> bool:
    return may(user, Permission.MANAGE_LIBRARIES, project) and _accepting(project)


def _built(user: User, project: Project) -> bool:
    return (
        may(user, Permission.EDIT_PROJECTS, project)
        and project.library == Library.IMPLEMENTATION
        and project.stage == Stage.CONSTRUCTION
    )


def _changing(project: Project) -> bool:
    return project.building_changes.filter(state=ChangeState.APPLIED).exists()


def _accepting(project: Project) -> bool:
    return project.acceptances.filter(state=AcceptanceState.APPLIED).exists()
