"""Units that ask to be let in: their own pages, without an account, and the queue of who decides."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

from axes.helpers import get_client_ip_address
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports, files
from gis_projects.people.actions import passwords
from gis_projects.people.actions import registrations as actions
from gis_projects.people.forms import ReasonForm, RegistrationForm
from gis_projects.people.models import Registration, RegistrationState, User
from gis_projects.people.permissions import Permission, find, require, visible
from gis_projects.people.queries.organisations import credit_code_notice
from gis_projects.people.views import pages
from gis_projects.sentences import sentence
from siting.engine.notices import UnusableInput


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A unit applies. No account is needed; too many from one address have to wait. Staff enter one for a unit."""
    user = request.user if request.user.is_authenticated else None
    if user is not None:
        require(user, Permission.MANAGE_PEOPLE)
    form = RegistrationForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                row, receipt = actions.register(
                    application=_application(form, request),
                    from_address=get_client_ip_address(request) or None,
                    by=user,
                )
            except actions.TooMany:
                form.add_error(None, _("提交的申请过多，请一小时后再试。"))
                status = 429
            except ValidationError as error:
                form.add_errors(error)
            except UnusableInput as error:
                form.add_error("proof", [sentence(notice) for notice in error.notices])
            else:
                return _receipt(request, row, receipt)
    answer = render(request, "people/register.html", {"form": form, "again": False}, status=status)
    if status == 429:
        answer["Retry-After"] = "3600"
    return answer


def _application(form: RegistrationForm, request: HttpRequest) -> actions.Application:
    said = dict(form.cleaned_data)
    proof = said.pop("proof")
    return actions.Application(
        **said,
        proof_name=proof.name if proof else "",
        proof_content=proof.read() if proof else None,
    )


@sensitive_variables("receipt")
def _receipt(request: HttpRequest, row: Registration, receipt: str) -> HttpResponse:
    """The one page that shows the receipt."""
    address = request.build_absolute_uri(reverse("people:registered", kwargs={"receipt": receipt}))
    notice = credit_code_notice(row.code)
    context = {"row": row, "address": address, "warning": sentence(notice) if notice else ""}
    return render(request, "people/registered_now.html", context, status=201)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def registered(request: HttpRequest, receipt: str) -> HttpResponse:
    """How an application stands, for who holds its receipt; a returned one is corrected here, an approved one leads to
    the password of the unit's first account for as long as that has none.
    """
    row = get_object_or_404(
        Registration.objects.select_related("region", "department", "organisation"),
        receipt=actions.receipt_digest(receipt),
    )
    returned = row.state == RegistrationState.RETURNED
    initial = {
        name: getattr(row, name) for name in ("name", "code", "kind", "address", "contact", "phone", "email")
    } | {"department": row.department_id, "region": row.region_id}
    form = RegistrationForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial=initial,
        again=True,
    )
    if request.method == "POST":
        if not returned:
            raise SuspiciousOperation("it wasn't returned")
        if form.is_valid():
            try:
                actions.register_again(registration=row, application=_application(form, request))
            except ValidationError as error:
                form.add_errors(error)
            except UnusableInput as error:
                form.add_error("proof", [sentence(notice) for notice in error.notices])
            else:
                messages.success(request, _("已重新提交，请等待审批。"))
                return redirect("people:registered", receipt=receipt)
    link, account = "", None
    if row.organisation is not None:
        account = User.objects.filter(organisation=row.organisation).order_by("pk").first()
        if account is not None and account.is_active and not account.has_usable_password():
            made = passwords.link_of(account)
            link = reverse("people:set-password", kwargs={"uidb64": made.uid, "token": made.token})
    return render(
        request,
        "people/registered.html",
        {"row": row, "form": form, "returned": returned, "account": account, "link": link, "again": True},
        status=400 if request.method == "POST" else 200,
    )


@login_required
@require_safe
def registrations(request: HttpRequest) -> HttpResponse:
    """The applications that one decides, those that wait first."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_PEOPLE)
    wanted = pages.asked(request, {"q": 60, "state": 10})
    rows = visible(
        user, Permission.MANAGE_PEOPLE, Registration.objects.select_related("region", "decided_by")
    )
    if wanted["q"]:
        rows = rows.filter(name__icontains=wanted["q"]) | rows.filter(code__icontains=wanted["q"])
    state = wanted["state"] or RegistrationState.WAITING
    if state != "all":
        rows = rows.filter(state=state)
    rows = rows.order_by("submitted_at", "pk") if state == RegistrationState.WAITING else rows
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("单位注册申请"), _header(), map(_exported, rows), kind=str(kind))
    return render(
        request,
        "people/registrations.html",
        {
            **pages.context(request, rows, wanted),
            "state": state,
            "states": [*RegistrationState.choices, ("all", _("全部"))],
        },
    )


def _header() -> list[str]:
    return [_("单位名称"), _("统一社会信用代码"), _("单位类型"), _("受理地区"), _("联系人"), _("联系电话"),
            _("提交时间"), _("提交次数"), _("状态"), _("办理人"), _("退回原因")]  # fmt: skip


def _exported(row: Registration) -> list[Any]:
    return [
        row.name, row.code, row.get_kind_display(), row.region.name, row.contact, row.phone,
        timezone.localdate(row.submitted_at), row.rounds, row.get_state_display(), str(row.decided_by or ""),
        row.reason,
    ]  # fmt: skip


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def registration(request: HttpRequest, pk: int) -> HttpResponse:
    """One application: what it says, and the decision by somebody who didn't enter it."""
    user = cast(User, request.user)
    row = _found(user, pk)
    refused: list[str] = []
    if request.method == "POST":
        try:
            if request.POST.get("step") == "return":
                reason = request.POST.get("reason", "")[:300]
                actions.return_registration(by=user, registration=row, reason=reason)
                messages.success(request, _("已退回，申请人凭回执可以看到原因并修改。"))
                return redirect("people:registrations")
            if request.POST.get("step") != "approve":
                raise SuspiciousOperation("no such step")
            unit, account, link = actions.approve_registration(by=user, registration=row)
        except ValidationError as error:
            refused = error.messages
        else:
            address = request.build_absolute_uri(
                reverse("people:set-password", kwargs={"uidb64": link.uid, "token": link.token})
            )
            context = {"unit": unit, "account": account, "link": address}
            return render(request, "people/unit_approved.html", context, status=201)
        row = _found(user, pk)
    notice = credit_code_notice(row.code)
    return render(
        request,
        "people/registration.html",
        {
            "row": row,
            "warning": sentence(notice) if notice else "",
            "same_code": Registration.objects.filter(code=row.code).exclude(pk=row.pk).count(),
            "reason_form": ReasonForm(),
            "refused": refused,
        },
        status=400 if refused else 200,
    )


def _found(user: User, pk: int) -> Registration:
    rows = Registration.objects.select_related(
        "region", "department", "decided_by", "proposed_by", "organisation"
    )
    return find(user, Permission.MANAGE_PEOPLE, rows, pk=pk)


@login_required
@require_safe
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """The file that an application brought, as a download."""
    row = _found(cast(User, request.user), pk)
    content = files.stored(row.proof_sha256)
    if content is None:
        raise Http404
    kind = files.refuse_unknown(row.proof_name, content)
    answer = HttpResponse(content, content_type=kind.media_type)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.proof_name)}"
    return answer
