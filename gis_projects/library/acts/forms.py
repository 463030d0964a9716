"""The forms of what can be done with a project of the libraries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gis_projects.library.actions import reshaping
from gis_projects.library.actions.standards import Given
from gis_projects.library.models import (
    LIBRARIES,
    Approval,
    ApprovalItem,
    BudgetInstrument,
    CheckAnswer,
    CheckPoint,
    Factor,
    FactorState,
    FundFlow,
    Project,
)
from gis_projects.library.queries.standards import checklists
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible

_MOST_PARTS = 20


def money_field(label: Any, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=18, decimal_places=2, **more)


def reason_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


def long_field(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), **more)


def day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}), **more
    )


class OfProject(forms.Form):
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


class ApplyForm(OfProject):
    to = forms.ChoiceField(label=_("申请进入"), choices=[(one.value, one.label) for one in LIBRARIES])
    note = forms.CharField(
        label=_("申请说明"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(OfProject):
    reason = reason_field(_("理由"))


class AcknowledgeForm(OfProject):
    other = forms.IntegerField(label=_("疑似重复的项目"), widget=forms.HiddenInput)
    reason = forms.CharField(label=_("不重复的理由"), max_length=300)

    def clean_other(self) -> Project:
        return self._found(str(self.cleaned_data["other"]))


class MergeForm(OfProject):
    into = forms.CharField(label=_("并入的项目（代码）"), max_length=40)
    reason = reason_field(_("理由"))

    def clean_into(self) -> Project:
        return self._found(self.cleaned_data["into"].strip())


class SplitForm(OfProject):
    """One part in a line: code, name, planned and spent 元, separated by commas or tabs."""

    parts = forms.CharField(
        label=_("拆分后的项目"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("每行一个：代码, 名称, 计划投资（元）, 累计投资（元）"),
    )
    reason = reason_field(_("理由"))

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


class FactorForm(OfProject):
    factor = forms.ChoiceField(label=_("要素"), choices=Factor.choices)
    state = forms.ChoiceField(
        label=_("保障情况"), choices=[pair for pair in FactorState.choices if pair[0] != FactorState.UNKNOWN]
    )
    note = forms.CharField(label=_("说明"), required=False, max_length=300)


class CodeForm(OfProject):
    code = forms.CharField(label=_("国家统一项目代码"), max_length=24)


class ApprovalForm(OfProject):
    item = forms.ChoiceField(label=_("审批事项"), choices=ApprovalItem.choices)


class GrantForm(OfProject):
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


class CheckForm(OfProject):
    """The points that the project's open approvals still have to answer: ``answer_<point>`` and ``reason_<point>``.

    What is left open isn't answered. Points are named by their ids; of one form all are of one approval's (``item``).
    """

    item = forms.ChoiceField(label=_("审批事项"), choices=ApprovalItem.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open = {
            one.approval.item: one
            for one in checklists(self.project)
            if one.approval.granted_on is None and one.points
        }
        for one in self.open.values():
            for point in one.missing:
                self._ask(point)

    def _ask(self, point: CheckPoint) -> None:
        choices = [("", _("未核对")), *CheckAnswer.choices]
        answer, reason = f"answer_{point.pk}", f"reason_{point.pk}"
        self.fields[answer] = forms.ChoiceField(label=point.text, choices=choices, required=False)
        self.fields[answer].widget.attrs["class"] = "form-select form-select-sm"
        self.fields[reason] = forms.CharField(
            label=_("说明（不适用时必填）"), required=False, max_length=300,
            widget=forms.TextInput(attrs={"class": "form-control form-control-sm"}),
        )  # fmt: skip

    def approval(self) -> Approval:
        found = self.open.get(self.cleaned_data["item"])
        if found is None:
            raise ValidationError({"item": _("该事项没有待核对的要点。")})
        return found.approval

    def answers(self) -> dict[int, Given]:
        """What was answered of the item's points."""
        found = self.open.get(self.cleaned_data["item"])
        return {
            point.pk: Given(answer, self.cleaned_data.get(f"reason_{point.pk}", ""))
            for point in (found.missing if found is not None else ())
            if (answer := self.cleaned_data.get(f"answer_{point.pk}"))
        }


class StartForm(OfProject):
    started_on = forms.DateField(
        label=_("开工日期"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class LineForm(OfProject):
    year = forms.IntegerField(label=_("预算年度"), min_value=2000, max_value=2100)
    instrument = forms.ChoiceField(label=_("资金类型"), choices=BudgetInstrument.choices)
    amount_yuan = money_field(_("预算安排（元）"), min_value=Decimal("0.01"))
    reference = forms.CharField(label=_("文号或依据"), max_length=120)


class FundsForm(OfProject):
    flow = forms.ChoiceField(label=_("申报类别"), choices=FundFlow.choices)
    year = forms.IntegerField(label=_("申报年度"), min_value=2000, max_value=2100)
    amount_yuan = money_field(_("申请资金（元）"), min_value=Decimal("0.01"))
    purpose = forms.CharField(label=_("资金用途"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class SlipForm(OfProject):
    number = forms.CharField(label=_("联系单编号"), max_length=40)
    content = forms.CharField(label=_("采购内容"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    amount_yuan = money_field(_("采购限额（元）"), min_value=Decimal("0.01"))


class ConsentForm(OfProject):
    slip = forms.CharField(label=_("联系单编号"), max_length=40, required=False)
    amount_yuan = money_field(_("同意采购金额（元）"), min_value=Decimal("0.01"))


class NothingForm(OfProject):
    pass
