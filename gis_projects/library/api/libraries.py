"""The API of the three libraries: figures, applications, one project's standing, and what is done there.

A refusal is a problem document: 409 where it goes against how things stand (with a notice for each thing that is
missing), 403 where somebody else has to do it.
"""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.library.actions import budget as budget_actions
from gis_projects.library.actions import libraries as actions
from gis_projects.library.acts import ACTS
from gis_projects.library.models import (
    LIBRARIES,
    Application,
    ApplicationState,
    BudgetInstrument,
    BudgetLine,
    Project,
)
from gis_projects.library.queries import coverage, gates
from gis_projects.library.queries import libraries as queries
from gis_projects.library.queries.budget import lines
from gis_projects.library.subjects import demand
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, require


class OfLibraries(APIView):
    permission_classes = [IsAuthenticated]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require(cast(User, request.user), Permission.READ_PROJECTS)

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def project(self, pk: int) -> Project:
        rows = Project.objects.select_related("region", "organisation", "site__current")
        return find(self.user, Permission.READ_PROJECTS, rows, pk=pk)


class Libraries(OfLibraries):
    """The three libraries: number and planned money, the multiple that is wanted and the one that there is; and what
    is covered. Amounts are exact decimals of 元, as text.
    """

    @extend_schema(
        parameters=[
            OpenApiParameter("region", str, description="code of a region; those below it count too")
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        region = request.query_params.get("region", "")
        if region and not region.isdigit():
            raise exceptions.ValidationError({"region": _("没有这样的地区。")})
        rows = coverage.projects(self.user, region)
        listed, building = coverage.listed(self.user, region), coverage.building(rows)
        return Response(
            {
                "libraries": [
                    {
                        "library": one.library,
                        "number": one.number,
                        "planned_yuan": str(one.planned_yuan),
                        "multiple": str(one.multiple.value) if one.multiple else None,
                        "base_yuan": str(one.base.value) if one.base else None,
                        "base_source": one.base.source if one.base else None,
                        "ratio": str(one.ratio) if one.ratio is not None else None,
                        "met": one.met,
                    }
                    for one in coverage.totals(rows, region)
                ],
                "listed": {"part": listed.part, "whole": listed.whole, "complete": listed.complete},
                "building": {"part": building.part, "whole": building.whole, "complete": building.complete},
            }
        )


def _application(row: Application) -> dict[str, Any]:
    return {
        "id": row.pk,
        "project": row.project_id,
        "from": row.from_library,
        "to": row.to_library,
        "state": row.state,
        "note": row.note,
        "applicant": str(row.applicant),
        "applied_at": row.applied_at,
        "decided_at": row.decided_at,
        "reason": row.reason,
    }


class ApplicationIn(serializers.Serializer[Any]):
    project = serializers.IntegerField()
    to = serializers.ChoiceField(choices=[(str(one.value), one.label) for one in LIBRARIES])
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class Applications(OfLibraries):
    """Applications to be admitted or transferred, newest first; POST makes one."""

    @extend_schema(
        parameters=[
            OpenApiParameter("to", str, enum=[str(one.value) for one in LIBRARIES]),
            OpenApiParameter("state", str, enum=list(ApplicationState.values)),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        rows = queries.applications(self.user)
        if (to := request.query_params.get("to", "")) in LIBRARIES:
            rows = rows.filter(to_library=to)
        if (state := request.query_params.get("state", "")) in ApplicationState.values:
            rows = rows.filter(state=state)
        return Response({"results": [_application(row) for row in rows[:1000]]})

    @extend_schema(request=ApplicationIn, responses={201: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        given = ApplicationIn(data=request.data)
        given.is_valid(raise_exception=True)
        project = self.project(given.validated_data["project"])
        made = actions.apply(
            by=self.user, project=project, to=given.validated_data["to"],
            note=given.validated_data["note"].replace("\0", ""),
        )  # fmt: skip
        return Response(_application(made), status=201)


class DecisionIn(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


_DECISIONS: dict[str, Any] = {
    "admit": actions.admit,
    "return": actions.return_application,
    "withdraw": actions.withdraw_application,
}


class Decision(OfLibraries):
    """Admit, return or withdraw an application."""

    @extend_schema(request=DecisionIn, responses={200: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request, pk: int, decision: str) -> Response:
        if decision not in _DECISIONS:
            raise Http404
        permission = Permission.APPLY_ADMISSION if decision == "withdraw" else Permission.ADMIT_PROJECTS
        row = find(self.user, permission, Application.objects.all(), reading=Permission.READ_PROJECTS, pk=pk)
        given = DecisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        _DECISIONS[decision](
            by=self.user, application=row, reason=given.validated_data["reason"].replace("\0", "")
        )
        return Response(_application(Application.objects.select_related("applicant").get(pk=pk)))


class Standing(OfLibraries):
    """Where one project stands: its library, what it lacks for the next, how it came there, the results that gates
    read, its budget and its factors, in one object (F003).
    """

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        project = self.project(pk)
        to, answers = queries.next_answers(project)
        return Response(
            {
                "project": project.pk,
                "code": project.code,
                "library": project.library,
                "next": to,
                "missing": [
                    {"code": one.code, "text": one.text, "found": one.seen, "address": one.address}
                    for one in answers
                    if not one.met
                ],
                "moves": [
                    {
                        "from": row.from_library,
                        "to": row.to_library,
                        "way": row.way,
                        "at": row.at,
                        "reason": row.reason,
                    }
                    for row in project.moves.all()
                ],
                "evidence": [
                    {"kind": row.kind, "outcome": row.outcome, "title": row.title, "at": row.at}
                    for row in queries.evidence_now(project)
                ],
                "budget": [_line(row) for row in lines(self.user).filter(project=project)],
                "factors": {one.factor: one.state for one in queries.factors(project)},
                "monitored": hasattr(project, "monitoring"),
            }
        )


def _line(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "project": row.project_id,
        "year": row.year,
        "instrument": row.instrument,
        "arranged_yuan": str(row.arranged_yuan),
        "paid_yuan": str(row.paid_yuan),
        "balance_yuan": str(row.balance_yuan),
        "reference": row.reference,
    }


class Doing(OfLibraries):
    """Do one thing with a project: code, start-approval, check-approval (``item``, and ``answer_<id>``,
    ``reason_<id>`` of each point), grant-approval, start, change, withdraw-change,
    decide-change, acceptance, withdraw-acceptance, accept, completion, account, budget-line, funds, slip, consent,
    monitor, factor, exit, merge, split, apply, acknowledge. The body has the fields of the page's form.
    """

    @extend_schema(
        request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT}
    )
    def post(self, request: Request, pk: int, act: str) -> Response:
        if act not in ACTS:
            raise Http404
        project = self.project(pk)
        if not isinstance(request.data, dict):
            raise exceptions.ValidationError(_("应为 JSON 对象。"))
        form = ACTS[act].form(request.data, user=self.user, project=project)
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        ACTS[act].run(self.user, project, form)
        return Response({"project": project.pk, "act": act}, status=200)


class LineIn(serializers.Serializer[Any]):
    project = serializers.IntegerField(help_text="id of a project of the libraries")
    year = serializers.IntegerField(min_value=2000, max_value=2100)
    instrument = serializers.ChoiceField(choices=BudgetInstrument.choices)
    amount_yuan = serializers.DecimalField(max_digits=18, decimal_places=2)
    reference = serializers.CharField(max_length=120)


class Budget(OfLibraries):
    """The budget's lines, each on a project of the libraries (F002); POST adds one."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"results": [_line(row) for row in lines(self.user)[:1000]]})

    @extend_schema(request=LineIn, responses={201: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        given = LineIn(data=request.data)
        given.is_valid(raise_exception=True)
        said = dict(given.validated_data)
        project = self.project(said.pop("project"))
        demand(self.user, Permission.MANAGE_BUDGET, project)
        made = budget_actions.add_line(by=self.user, project=project, **said)
        return Response(_line(lines(self.user).get(pk=made.pk)), status=201)


class AppropriationIn(serializers.Serializer[Any]):
    amount_yuan = serializers.DecimalField(max_digits=18, decimal_places=2)
    reference = serializers.CharField(max_length=120)
    line = serializers.IntegerField(required=False, help_text="the project's only line unless named")


class Appropriations(OfLibraries):
    """Pay fiscal money for a project from its budget line. 409 for a project outside the libraries (F036)."""

    @extend_schema(request=AppropriationIn, responses={201: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        project = self.project(pk)
        demand(self.user, Permission.MANAGE_BUDGET, project)
        given = AppropriationIn(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        gates.demand_inside(project, "appropriation")
        rows = BudgetLine.objects.filter(project=project)
        if "line" in said:
            rows = rows.filter(pk=said["line"])
        found = list(rows[:2])
        if len(found) != 1:
            raise exceptions.ValidationError({"line": _("请指明该项目的一条预算。")})
        paid = budget_actions.appropriate(
            by=self.user, line=found[0], amount_yuan=said["amount_yuan"], reference=said["reference"]
        )
        return Response({"id": paid.pk, **_line(lines(self.user).get(pk=found[0].pk))}, status=201)
