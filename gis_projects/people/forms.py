"""The forms of people: what a field may hold; who may send it, the actions ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_projects import files
from gis_projects.people.models import (
    ChainMode,
    Department,
    InternalUnit,
    Organisation,
    OrganisationKind,
    Post,
    Region,
    RegionKind,
    User,
)
from gis_projects.people.permissions import Permission
from gis_projects.people.roles import LENDABLE, Role, roles_of_unit

_CLASSES = {
    forms.CheckboxInput: "form-check-input",
    forms.CheckboxSelectMultiple: "",
    forms.Select: "form-select",
    forms.SelectMultiple: "form-select",
}


class Styled(forms.Form):
    """A form whose controls look as all others do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            style = next(
                (name for kind, name in _CLASSES.items() if isinstance(field.widget, kind)), "form-control"
            )
            if style:
                field.widget.attrs.setdefault("class", style)

    def add_errors(self, error: ValidationError) -> None:
        """What an action refused: beside the field that it names, else above the form."""
        for name, messages in getattr(error, "message_dict", {"": error.messages}).items():
            self.add_error(name if name in self.fields else None, messages)


class RegionField(forms.ModelChoiceField):
    """A division that plans and pays, by its code."""

    def __init__(self, **more: Any) -> None:
        super().__init__(Region.objects.divisions().current(), **more)


class RegistrationForm(Styled):
    """What a unit says of itself. The credit code's check only warns."""

    name = forms.CharField(label=gettext_lazy("单位名称"), max_length=120)
    code = forms.CharField(label=gettext_lazy("统一社会信用代码"), max_length=18, min_length=8)
    kind = forms.ChoiceField(label=gettext_lazy("单位类型"), choices=OrganisationKind.choices)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=gettext_lazy("职能（仅管理部门）"), required=False
    )
    region = RegionField(label=gettext_lazy("受理地区"))
    address = forms.CharField(label=gettext_lazy("地址"), max_length=200, required=False)
    contact = forms.CharField(label=gettext_lazy("联系人"), max_length=60)
    phone = forms.CharField(label=gettext_lazy("联系电话"), max_length=30)
    email = forms.EmailField(label=gettext_lazy("电子邮箱"), required=False)
    proof = forms.FileField(label=gettext_lazy("证明材料"), required=False)

    def __init__(self, *args: Any, again: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proof"].required = not again
        self.fields["proof"].widget.attrs["accept"] = ",".join(files.ENDINGS)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("kind") == OrganisationKind.DEPARTMENT and not said.get("department"):
            self.add_error("department", _("管理部门请选择职能。"))
        if said.get("kind") != OrganisationKind.DEPARTMENT:
            said["department"] = None
        return said


class UnitForm(Styled):
    """A unit's record, as who manages people corrects it."""

    name = forms.CharField(label=gettext_lazy("单位名称"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("单位类型"), choices=OrganisationKind.choices)
    department = forms.ModelChoiceField(Department.objects.all(), label=gettext_lazy("职能"), required=False)
    region = RegionField(label=gettext_lazy("所属区划"))
    contact = forms.CharField(label=gettext_lazy("联系人"), max_length=60, required=False)
    phone = forms.CharField(label=gettext_lazy("联系电话"), max_length=30, required=False)
    email = forms.EmailField(label=gettext_lazy("电子邮箱"), required=False)
    address = forms.CharField(label=gettext_lazy("地址"), max_length=200, required=False)


class ReasonForm(Styled):
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=300)


class RolesField(forms.MultipleChoiceField):
    def __init__(self, roles: tuple[Role, ...] | None = None, **more: Any) -> None:
        wanted = None if roles is None else {str(role) for role in roles}
        choices = [(value, label) for value, label in Role.choices() if wanted is None or value in wanted]
        super().__init__(
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            label=gettext_lazy("角色"),
            required=False,
            **more,
        )


class AccountForm(Styled):
    """A new account. ``unit``: of this unit, with nothing but its roles; None: anywhere, with any role."""

    username = forms.CharField(label=gettext_lazy("用户名"), max_length=150)
    full_name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    email = forms.EmailField(label=gettext_lazy("电子邮箱"), required=False)
    unit_code = forms.CharField(
        label=gettext_lazy("所属单位（统一社会信用代码）"), max_length=18, required=False
    )
    region = RegionField(label=gettext_lazy("所属区划"), required=False)

    def __init__(self, *args: Any, unit: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"] = RolesField(
            None if unit is None else roles_of_unit(unit.kind, unit.department_id)
        )
        if unit is not None:
            del self.fields["unit_code"], self.fields["region"]

    def clean_unit_code(self) -> Organisation | None:
        return unit_by_code(self.cleaned_data["unit_code"])


class RolesForm(Styled):
    def __init__(self, *args: Any, roles: tuple[Role, ...] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"] = RolesField(roles)


class AssignForm(Styled):
    unit_code = forms.CharField(
        label=gettext_lazy("所属单位（统一社会信用代码）"), max_length=18, required=False
    )
    region = RegionField(label=gettext_lazy("所属区划"), required=False)

    def clean_unit_code(self) -> Organisation | None:
        return unit_by_code(self.cleaned_data["unit_code"])


def unit_by_code(code: str) -> Organisation | None:
    """The unit of a credit code; None for an empty one."""
    if not (code := code.strip().upper()):
        return None
    unit = Organisation.objects.open().filter(code=code).first()
    if unit is None:
        raise ValidationError(_("没有这个代码的在册单位。"))
    return unit


class DelegationForm(Styled):
    to = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("受托人"))
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("委托的权限"), widget=forms.CheckboxSelectMultiple, choices=()
    )
    starts_on = forms.DateField(
        label=gettext_lazy("起始日期"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("截止日期"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    reason = forms.CharField(label=gettext_lazy("委托事由"), max_length=300)

    def __init__(self, *args: Any, user: User, own: frozenset[Permission], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people, lent = self.fields["to"], self.fields["permissions"]
        assert isinstance(people, forms.ModelChoiceField)
        assert isinstance(lent, forms.MultipleChoiceField)
        people.queryset = (
            User.objects.filter(organisation=user.organisation_id, is_active=True)
            .exclude(pk=user.pk)
            .exclude(organisation=None)
            .order_by("full_name", "username")
        )
        labels = dict(Permission.choices())
        lent.choices = [(str(each), labels[str(each)]) for each in Permission if each in own & LENDABLE]


class RegionForm(Styled):
    code = forms.RegexField(r"^[0-9]{6}([0-9]{3}){0,2}$", label=gettext_lazy("区划代码"), max_length=12)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    short_name = forms.CharField(label=gettext_lazy("简称"), max_length=30)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), choices=RegionKind.choices)
    parent = forms.CharField(label=gettext_lazy("上级区划代码"), max_length=12, required=False)
    position = forms.IntegerField(label=gettext_lazy("顺序"), min_value=0, max_value=9999, initial=0)
    valid_from = forms.DateField(
        label=gettext_lazy("启用日期"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def clean_parent(self) -> Region | None:
        if not (code := self.cleaned_data["parent"].strip()):
            return None
        parent = Region.objects.filter(code=code).first()
        if parent is None:
            raise ValidationError(_("没有这个区划。"))
        return parent


class LastDayForm(Styled):
    last_day = forms.DateField(
        label=gettext_lazy("最后有效日"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )


class InternalUnitForm(Styled):
    name = forms.CharField(label=gettext_lazy("机构名称"), max_length=60)
    parent = forms.ModelChoiceField(
        InternalUnit.objects.none(), label=gettext_lazy("上级机构"), required=False
    )
    position = forms.IntegerField(label=gettext_lazy("顺序"), min_value=0, max_value=999, initial=0)

    def __init__(self, *args: Any, unit: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _among(self, "parent", unit.internal_units.filter(closed_at=None))


class PostForm(Styled):
    name = forms.CharField(label=gettext_lazy("岗位名称"), max_length=60)
    unit = forms.ModelChoiceField(InternalUnit.objects.none(), label=gettext_lazy("所在机构"), required=False)
    position = forms.IntegerField(label=gettext_lazy("顺序"), min_value=0, max_value=999, initial=0)

    def __init__(self, *args: Any, unit: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _among(self, "unit", unit.internal_units.filter(closed_at=None))


class AppointForm(Styled):
    post = forms.ModelChoiceField(Post.objects.none(), label=gettext_lazy("岗位"))
    user = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("人员"))

    def __init__(self, *args: Any, unit: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _among(self, "post", unit.posts.filter(closed_at=None))
        _among(
            self, "user", User.objects.filter(organisation=unit, is_active=True).order_by("full_name", "pk")
        )


def _among(form: forms.Form, name: str, rows: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


LEVELS_SHOWN = 5


class ChainForm(Styled):
    """A chain's next version: its mode and up to `LEVELS_SHOWN` levels; rows without a name are left out."""

    mode = forms.ChoiceField(label=gettext_lazy("办理方式"), choices=ChainMode.choices)

    def __init__(self, *args: Any, unit: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posts = unit.posts.filter(closed_at=None)
        for number in range(1, LEVELS_SHOWN + 1):
            name = forms.CharField(max_length=60, required=False, label=_("第 %(n)d 级名称") % {"n": number})
            post = forms.ModelChoiceField(
                posts,
                required=False,
                label=_("第 %(n)d 级岗位") % {"n": number},
                empty_label=_("任一有审批权限的人"),
            )
            name.widget.attrs["class"], post.widget.attrs["class"] = "form-control", "form-select"
            self.fields[f"name_{number}"], self.fields[f"post_{number}"] = name, post

    def rows(self) -> list[tuple[Any, Any]]:
        """The fields of each level: name and post."""
        return [(self[f"name_{n}"], self[f"post_{n}"]) for n in range(1, LEVELS_SHOWN + 1)]

    def levels(self) -> list[tuple[str, Post | None]]:
        said = self.cleaned_data
        pairs = [(said[f"name_{n}"].strip(), said[f"post_{n}"]) for n in range(1, LEVELS_SHOWN + 1)]
        return [(name, post) for name, post in pairs if name]
