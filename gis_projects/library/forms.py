"""The forms of a project's record: what it says of itself, section by section."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.library import upkeep
from gis_projects.library.models import Code, Precision, Project, ProjectKind
from gis_projects.library.models.record import CODED
from gis_projects.people.models import Organisation, OrganisationKind, Region, User
from gis_projects.people.permissions import region_prefix
from gis_projects.people.queries.organisations import credit_code_notice
from gis_projects.sentences import sentence

#: The sections of the form with their fields. ``location`` is typed as two numbers.
SECTIONS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "catalogue": (
        _("目录信息"),
        (
            "name", "investment_kind", "region", "industry", "division", "intended_yuan", "source_kind",
            "source_basis", "address", "location", "content",
        ),
    ),
    "classification": (
        _("分类信息"),
        (
            "policy", "industry_type", "project_type", "authority", "construction_mode", "investment_mode",
            "funding_note", "nature", "level", "stage", "year", "secrecy",
        ),
    ),
    "owner": (_("业主与法人"), ("organisation", "credit_code", "legal_person", "legal_person_phone")),
    "reserve": (_("建设规模与目标"), ("scale", "planned_start", "planned_finish", "goals", "functions")),
}  # fmt: skip
#: The steps of a registration: which sections, and which of their fields are settled later, in the record itself.
STEPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("目录信息"), ("catalogue",)),
    (_("分类信息"), ("classification",)),
    (_("业主、规模与目标"), ("owner", "reserve")),
)
LATER = frozenset({"funding_note", "secrecy"})
_COORDINATES = ("lon", "lat", "precision")


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ProjectForm(forms.ModelForm[Project]):
    """Some fields of a project (`upkeep.FIELDS`), those that somebody may fill in; nothing is saved here.

    ``cleaned()`` gives the values as the actions take them; ``warnings`` what is odd and may stay.
    """

    class Meta:
        model = Project
        fields = [name for name in upkeep.FIELDS if name not in ("location", "precision")]
        widgets = {
            "content": forms.Textarea(attrs={"rows": 4}),
            "goals": forms.Textarea(attrs={"rows": 3}),
            "scale": forms.Textarea(attrs={"rows": 2}),
            "planned_start": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "planned_finish": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    lon = forms.FloatField(label=_("经度"), min_value=-180, max_value=180, required=False)
    lat = forms.FloatField(label=_("纬度"), min_value=-90, max_value=90, required=False)
    precision = forms.ChoiceField(label=_("位置精度"), choices=Precision.choices, required=False)
    functions = forms.MultipleChoiceField(
        label=_("选用的流程功能"), required=False, widget=forms.CheckboxSelectMultiple
    )
    kinds = forms.MultipleChoiceField(
        label=_("项目类别"), required=False, choices=ProjectKind.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, user: User, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        wanted = set(names)
        if "location" in wanted:
            wanted |= set(_COORDINATES)
            if self.instance.location is not None:
                self.initial["lon"], self.initial["lat"] = self.instance.location.coords
            self.initial.setdefault("precision", self.instance.precision)
        for name in list(self.fields):
            if name not in wanted:
                del self.fields[name]
        self._offer()
        for name, field in self.fields.items():
            _dress(field, name in self.errors if self.is_bound else False, f"id_{name}")

    def _offer(self) -> None:
        """Choices: codes that are offered, and the one that the project has; units within the reader's reach."""
        for name, key in CODED.items():
            if name in self.fields:
                offered = Code.objects.of(key).offered().values("pk")
                had = getattr(self.instance, f"{name}_id")
                field = self.fields[name]
                assert isinstance(field, forms.ModelChoiceField)
                field.queryset = Code.objects.of(key).filter(Q(pk__in=offered) | Q(pk=had))
        if "functions" in self.fields:
            field = self.fields["functions"]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [
                (code.value, code.shown) for code in Code.objects.of("process_function").offered()
            ]
        if "authority" in self.fields:
            self._units("authority", OrganisationKind.DEPARTMENT)
        if "organisation" in self.fields:
            self._units("organisation", OrganisationKind.OWNER)
        if "region" in self.fields and self.user.region_id is not None:
            field = self.fields["region"]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = Region.objects.divisions().filter(
                code__startswith=region_prefix(self.user.region_id)
            )

    def _units(self, name: str, kind: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        units = Organisation.objects.open().filter(kind=kind)
        if (
            name == "organisation"
            and self.user.organisation is not None
            and self.user.organisation.kind == kind
        ):
            units = units.filter(pk=self.user.organisation.pk)
        had = getattr(self.instance, f"{name}_id")
        field.queryset = Organisation.objects.filter(Q(pk__in=units.values("pk")) | Q(pk=had))

    def _post_clean(self) -> None:
        """The action checks the whole project, and says by field what is wrong (`add_errors`)."""

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "lon" in self.fields:
            place = found.get("lon"), found.get("lat")
            precision = found.get("precision") or Precision.UNKNOWN
            if (place[0] is None) != (place[1] is None):
                self.add_error("lat", _("经度和纬度须一并填写。"))
            elif place[0] is None and precision != Precision.UNKNOWN:
                self.add_error("precision", _("没有坐标时，位置精度只能是“位置不详”。"))
            elif place[0] is not None and precision == Precision.UNKNOWN:
                self.add_error("precision", _("已填写坐标，请说明位置精度。"))
        return found

    @property
    def warnings(self) -> list[str]:
        """What is odd of values that may stay: a credit code with another check digit than it should have."""
        code = self.cleaned_data.get("credit_code", "") if self.is_bound and self.is_valid() else ""
        notice = credit_code_notice(code) if code else None
        return [sentence(notice)] if notice else []

    def cleaned(self) -> dict[str, Any]:
        """The values as `register_project` and `revise_project` take them."""
        values = {
            name: value for name, value in self.cleaned_data.items() if name not in ("lon", "lat", "kinds")
        }
        for name, value in values.items():
            if isinstance(value, str):
                values[name] = value.replace("\r\n", "\n").strip()
        if "lon" in self.fields:
            lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
            values["location"] = None if lon is None or lat is None else Point(lon, lat, srid=4490)
            values["precision"] = values.get("precision") or Precision.UNKNOWN
        return values

    def add_errors(self, errors: dict[str, list[str]]) -> None:
        """Say at the fields what an action refused; what belongs to none of them stands above the form."""
        for name, messages in errors.items():
            at = "lon" if name == "location" and "lon" in self.fields else name
            for message in messages:
                self.add_error(at if at in self.fields else None, message)

    def sections(self) -> list[dict[str, Any]]:
        """The form's fields by section, for the page."""
        found = []
        for key, (label, names) in SECTIONS.items():
            listed = [x for name in names for x in ((*_COORDINATES,) if name == "location" else (name,))]
            if key == "classification":
                listed.append("kinds")
            fields = [self[name] for name in listed if name in self.fields]
            if fields:
                found.append({"key": key, "label": label, "fields": fields})
        return found


class InvestmentForm(forms.Form):
    """What is known of a project's money from a day on."""

    planned_yuan = forms.DecimalField(label=_("计划投资（元）"), min_value=0, max_digits=18, decimal_places=2)
    cumulative_yuan = forms.DecimalField(
        label=_("累计投资（元）"), min_value=0, max_digits=18, decimal_places=2
    )
    recorded_on = forms.DateField(
        label=_("记录日期"),
        initial=timezone.localdate,
        widget=_day(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class DiaryForm(forms.Form):
    """One entry of the construction diary."""

    on = forms.DateField(
        label=_("日期"),
        initial=timezone.localdate,
        widget=_day(),
    )
    text = forms.CharField(label=_("内容"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    lon = forms.FloatField(label=_("经度"), min_value=-180, max_value=180, required=False)
    lat = forms.FloatField(label=_("纬度"), min_value=-90, max_value=90, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if (found.get("lon") is None) != (found.get("lat") is None):
            self.add_error("lat", _("经度和纬度须一并填写。"))
        return found

    @property
    def place(self) -> Point | None:
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        return None if lon is None or lat is None else Point(lon, lat, srid=4490)


def dress(form: forms.BaseForm) -> None:
    """Give a form's inputs the classes of the house."""
    for name, field in form.fields.items():
        _dress(field, form.is_bound and name in form.errors, f"id_{name}")


def _dress(field: forms.Field, wrong: bool, key: str) -> None:
    widget = field.widget
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.CheckboxInput):
        return
    kind = "form-select" if isinstance(widget, forms.Select) else "form-control"
    widget.attrs["class"] = f"{kind} is-invalid" if wrong else kind
    if wrong:
        widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{key}_error"}
