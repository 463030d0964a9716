"""What is done to single things of a case: conditions, consultations, what is put before a superior."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gis_projects.argument.actions import conditions, consultations, escalations
from gis_projects.argument.models import Condition, Consultation, Escalation
from gis_projects.argument.queries import cases as queries
from gis_projects.argument.views.cases import shown
from gis_projects.argument.views.doing import conditions_of, done, files_of
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, find
from gis_projects.sentences import sentence
from siting.engine.notices import UnusableInput

_OF_CONDITION = ScopePaths(
    region="task__case__project__region_id",
    organisation="task__case__project__organisation_id",
    project="task__case__project_id",
    secrecy="task__case__project__secrecy",
)
_OF_CONSULTATION = ScopePaths(
    region="case__project__region_id",
    organisation="case__project__organisation_id",
    project="case__project_id",
    secrecy="case__project__secrecy",
)
_OF_ESCALATION = ScopePaths(
    region="task__case__project__region_id",
    organisation="task__case__project__organisation_id",
    project="task__case__project_id",
    secrecy="task__case__project__secrecy",
)


@login_required
@require_POST
def condition(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a condition is met (with files), confirm it, or say that it isn't."""
    user = cast(User, request.user)
    rows = Condition.objects.select_related("task")
    row = find(user, Permission.READ_ARGUMENTS, rows, paths=_OF_CONDITION, pk=pk)
    given = request.POST

    def claim() -> None:
        for name, content in files_of(request):
            conditions.attach(by=user, condition=row, name=name, content=content)
        conditions.claim(by=user, condition=row, text=given.get("text", ""))

    steps: dict[str, tuple[Callable[[], object], str]] = {
        "claim": (claim, _("已填报，等待部门确认。")),
        "confirm": (lambda: conditions.confirm(by=user, condition=row), _("已确认落实。")),
        "refuse": (
            lambda: conditions.refuse_claim(by=user, condition=row, reason=given.get("reason", "")),
            _("已退回，条件仍待落实。"),
        ),
    }
    return _done(request, user, row.task.case_id, steps)


@login_required
@require_POST
def consultation(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the minutes of a consultation, with files."""
    user = cast(User, request.user)
    row = find(
        user,
        Permission.START_ARGUMENTS,
        Consultation.objects.all(),
        reading=Permission.READ_ARGUMENTS,
        paths=_OF_CONSULTATION,
        pk=pk,
    )
    given = request.POST

    def minutes() -> None:
        for name, content in files_of(request):
            consultations.attach(by=user, consultation=row, name=name, content=content)
        consultations.keep_minutes(
            by=user,
            consultation=row,
            minutes=given.get("minutes", ""),
            attended=given.get("attended", ""),
            settled=given.get("settled") == "yes",
        )

    return _done(request, user, row.case_id, {"minutes": (minutes, _("会商纪要已保存。"))})


@login_required
@require_POST
def escalation(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide what was put before the user's department; ``more`` gives the form another row for a condition."""
    user = cast(User, request.user)
    rows = Escalation.objects.select_related("task")
    row = find(user, Permission.READ_ARGUMENTS, rows, paths=_OF_ESCALATION, pk=pk)
    given = request.POST
    errors: dict[str, str] = {}
    asked = conditions_of(given)

    def decide() -> None:
        try:
            escalations.decide(
                by=user,
                escalation=row,
                decision=given.get("decision", ""),
                text=given.get("text", ""),
                conditions=asked,
            )
        except UnusableInput as refusal:
            # conditions[2].text: said at the rows as a whole
            errors.update({(each.field or "").partition("[")[0]: sentence(each) for each in refusal.notices})
            raise

    def again() -> HttpResponse:
        typed = {
            "decision": given.get("decision", ""),
            "text": given.get("text", ""),
            "conditions": [each for each in asked if each["text"].strip() or each["due_on"]],
            "errors": errors,
        }
        return shown(request, user, queries.case(user, row.task.case_id), decisions={row.pk: typed})

    if given.get("step") == "more":
        return again()
    return _done(request, user, row.task.case_id, {"decide": (decide, _("已裁定。"))}, again=again)


def _done(
    request: HttpRequest,
    user: User,
    case: int,
    steps: dict[str, tuple[Callable[[], object], str]],
    *,
    again: Callable[[], HttpResponse] | None = None,
) -> HttpResponse:
    step = steps.get(request.POST.get("step", ""))
    if step is None:
        raise Http404
    return done(
        request,
        step[0],
        step[1],
        then=redirect("argument:case", pk=case),
        again=again or (lambda: shown(request, user, queries.case(user, case))),
    )
