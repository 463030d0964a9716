"""Standards of enforcement: the list with its editions, one of them, the draft, and its publication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.library.actions import standards as actions
from gis_projects.library.actions.standards import Point
from gis_projects.library.models import ApprovalItem, EnforcementStandard
from gis_projects.library.queries import standards as queries
from gis_projects.library.views.libraries import PAGE, Telling
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require
from siting.engine.notices import UnusableInput

MOST_POINTS = 60
SPARE = 3


@login_required
@require_safe
def standards(request: HttpRequest) -> HttpResponse:
    """Every edition, by item and by how it stands today; as a table one row for each point."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    item, state = request.GET.get("item", ""), request.GET.get("state", "")
    item = item if item in ApprovalItem.values else ""
    state = state if state in queries.StandardState.values else ""
    rows = queries.standards(state)
    if item:
        rows = rows.filter(item=item)
    if words := request.GET.get("q", "").replace("\0", "").strip()[:100]:
        rows = rows.filter(name__icontains=words) | rows.filter(number__icontains=words)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("审批事项"), _("版次"), _("规范编号"), _("规范名称"), _("施行日期"), _("失效日期"), _("状态"),
                _("要点编号"), _("核对要点"), _("依据"), _("条款"), _("来源说明")]  # fmt: skip
        return exports.table(_("执法规范"), head, _cells(rows), kind=str(kind))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "library/standards.html",
        {
            "page": page,
            "found": [(row, queries.state_of(row)) for row in page],
            "items": ApprovalItem.choices,
            "item": item,
            "states": queries.StandardState.choices,
            "state": state,
            "q": words,
            "may_draft": has(user, Permission.MANAGE_LIBRARIES),
        },
    )


def _cells(rows: QuerySet[EnforcementStandard]) -> Iterator[list[Any]]:
    for row in rows.prefetch_related("points"):
        for point in row.points.all():
            yield [
                row.get_item_display(), row.edition, row.number, row.name, row.valid_from, row.valid_to,
                str(queries.state_of(row).label), point.key, point.text, point.law, point.article, row.source,
            ]  # fmt: skip


@login_required
@require_safe
def standard(request: HttpRequest, pk: int) -> HttpResponse:
    """One edition with its points, the other editions of its item, and how many approvals were begun under it."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    row = get_object_or_404(EnforcementStandard.objects.select_related("entered_by", "published_by"), pk=pk)
    managing = has(user, Permission.MANAGE_LIBRARIES)
    mine = row.entered_by_id == user.pk
    return render(
        request,
        "library/standard.html",
        {
            "standard": row,
            "state": queries.state_of(row),
            "points": row.points.all(),
            "editions": [
                (other, queries.state_of(other)) for other in queries.standards().filter(item=row.item)
            ],
            "may_edit": managing and mine and row.published_at is None,
            "may_publish": managing and not mine and row.published_at is None,
            "may_draft": managing,
        },
    )


class StandardForm(forms.Form):
    """A draft; its points come in rows beside it (`PointForm`)."""

    item = forms.ChoiceField(label=gettext_lazy("审批事项"), choices=ApprovalItem.choices)
    number = forms.CharField(label=gettext_lazy("规范编号"), max_length=60)
    name = forms.CharField(label=gettext_lazy("规范名称"), max_length=200)
    valid_from = forms.DateField(
        label=gettext_lazy("施行日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    valid_to = forms.DateField(
        label=gettext_lazy("失效日期"), required=False, help_text=gettext_lazy("自该日起失效；不填表示长期有效"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    source = forms.CharField(label=gettext_lazy("来源说明"), max_length=300)

    def __init__(self, *args: Any, draft: EnforcementStandard | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if draft is not None:
            del self.fields["item"]
        for field in self.fields.values():
            plain = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs.setdefault("class", f"{plain} {plain}-sm")


class PointForm(forms.Form):
    """One row; an empty one is none, one without its place stands by its row."""

    key = forms.SlugField(label=gettext_lazy("要点编号"), max_length=20, required=False)
    text = forms.CharField(label=gettext_lazy("核对要点"), max_length=300)
    law = forms.CharField(label=gettext_lazy("依据"), max_length=120)
    article = forms.CharField(label=gettext_lazy("条款"), max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.update({"class": "form-control form-control-sm", "aria-label": field.label})
            if name == "text":
                field.widget.attrs["placeholder"] = _("要核对什么")


class _Rows(forms.BaseFormSet):
    """Rows of which any may be emptied: so a point is taken out."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        form.empty_permitted = True
        return form


Points: type[Any] = forms.formset_factory(
    PointForm, formset=_Rows, extra=SPARE, max_num=MOST_POINTS, validate_max=True
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Draft an edition, with the words of another one (``like``) to begin with; or change one's own draft."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_LIBRARIES)
    draft = get_object_or_404(EnforcementStandard, pk=pk) if pk is not None else None
    if draft is not None and draft.published_at is not None:
        messages.error(request, _("已发布的执法规范不能修改，请起草新的一版。"))
        return redirect("library:standard", draft.pk)
    if draft is not None and draft.entered_by_id != user.pk:
        raise PermissionDenied(Permission.MANAGE_LIBRARIES)
    known, points = _initial(draft or _like(request))
    if draft is None:
        known = {name: value for name, value in known.items() if name in ("item", "name", "source")}
    sent = request.POST if request.method == "POST" else None
    form = StandardForm(sent, draft=draft, initial=known)
    # What was sent is read by itself: held against what was there, an emptied row would be one with faults.
    rows = Points(sent, prefix="points", initial=points if sent is None else None)
    if sent is not None and form.is_valid() and rows.is_valid():
        given = [Point(**one) for one in rows.cleaned_data if one]
        try:
            saved = actions.save_draft(by=user, standard=draft, points=given, **form.cleaned_data)
        except ValidationError as error:
            _told(form, error)
        except UnusableInput as refusal:
            form.add_error(None, [str(notice) for notice in refusal.notices])
        else:
            messages.success(request, _("草稿已保存，请另一人核对后发布。"))
            return redirect("library:standard", saved.pk)
    context = {"draft": draft, "form": form, "rows": rows}
    return render(request, "library/standard_form.html", context, status=400 if sent is not None else 200)


def _like(request: HttpRequest) -> EnforcementStandard | None:
    key = request.GET.get("like", "")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    return EnforcementStandard.objects.filter(pk=int(key)).first()


def _initial(row: EnforcementStandard | None) -> tuple[dict[str, Any], list[dict[str, str]]]:
    if row is None:
        return {}, []
    names = ("item", "number", "name", "valid_from", "valid_to", "source")
    points = [
        {"key": point.key, "text": point.text, "law": point.law, "article": point.article}
        for point in row.points.all()
    ]
    return {name: getattr(row, name) for name in names}, points


def _told(form: forms.Form, error: ValidationError) -> None:
    by_field: Mapping[str, list[ValidationError]] = (
        error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    )
    for name, errors in by_field.items():
        form.add_error(name if name in form.fields else None, errors)


@login_required
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish the revision that was read."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_LIBRARIES)
    row = get_object_or_404(EnforcementStandard, pk=pk)
    read = request.POST.get("revision", "")
    with Telling(request):
        revision = int(read) if read.isascii() and read.isdigit() and len(read) < 10 else 0
        actions.publish(by=user, standard=row, revision=revision)
        messages.success(request, _("执法规范已发布。"))
    return redirect("library:standard", pk)


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up one's own draft."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_LIBRARIES)
    row = get_object_or_404(EnforcementStandard, pk=pk)
    with Telling(request):
        actions.drop_draft(by=user, standard=row)
        messages.success(request, _("草稿已删除。"))
        return redirect("library:standards")
    return redirect("library:standard", pk)
