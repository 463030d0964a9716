"""The API of expert reviews and campaigns: where each stands, going on from a step, a batch's sums."""

from __future__ import annotations

from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import problems
from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.actions import reviews as actions
from gis_projects.argument.models import ExpertReview
from gis_projects.argument.queries import campaigns as campaigns_of
from gis_projects.argument.queries import reviews as queries
from gis_projects.argument.refusals import NotNow
from gis_projects.library.money import Rounding
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, require

PAGE = 100


class StepIn(serializers.Serializer[Any]):
    """Going on from a step, or leaving an optional one out with the reason."""

    step = serializers.ChoiceField([step.code for step in workflow.steps()])
    skip = serializers.BooleanField(required=False, default=False)
    remark = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=actions.MAX_TEXT,
        help_text="the reason, of a skip",
    )


class PageIn(serializers.Serializer[Any]):
    step = serializers.ChoiceField(
        ["", *(step.code for step in workflow.steps())], required=False, default=""
    )
    applied = serializers.BooleanField(required=False, default=False)
    offset = serializers.IntegerField(min_value=0, max_value=10**7, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=PAGE)


def review_data(user: User, row: ExpertReview) -> dict[str, Any]:
    """A review as programs read it: amounts in 元 as text, no expert's name."""
    return {
        "id": row.pk,
        "project": row.project_id,
        "project_code": row.project.code,
        "title": row.title,
        "purpose": row.purpose,
        "procedure": row.procedure,
        "mandatory": list(row.mandatory),
        "state": row.state,
        "reached": row.reached,
        "steps": [
            {"number": each.step.number, "code": each.step.code, "state": each.row.state if each.row else None,
             "at": each.row.at.isoformat() if each.row else None, "optional": each.optional}
            for each in queries.bar(row)
        ],
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "requested_yuan": str(row.requested_yuan),
        "conclusion": row.conclusion or None,
        "score": None if row.score is None else str(row.score),
        "use": row.use or None,
        "approved_yuan": None if row.approved_yuan is None else str(row.approved_yuan),
        "cut_yuan": None if row.cut_yuan is None else str(row.cut_yuan),
        "applied": row.applied,
    }  # fmt: skip


class ExpertReviews(APIView):
    """The reviews that the user reaches; ``applied``: those whose result is applied (动态管理)."""

    @extend_schema(parameters=[PageIn], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_ARGUMENTS)
        asked = PageIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        rows = queries.reviews(
            user, queries.Wanted(step=given["step"], applied="1" if given["applied"] else "")
        )
        page = rows[given["offset"] : given["offset"] + given["limit"]]
        return Response({"count": rows.count(), "results": [review_data(user, row) for row in page]})


class OneExpertReview(APIView):
    """One review."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        return Response(
            review_data(user, find(user, Permission.READ_ARGUMENTS, queries.reviews(user), pk=pk))
        )


class ExpertReviewSteps(APIView):
    """Go on from a step of a review, or skip it; 409 where it is mandatory, not the next, or something is missing."""

    @extend_schema(request=StepIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        row = find(user, Permission.READ_ARGUMENTS, queries.reviews(user), pk=pk)
        asked = StepIn(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        words = given["remark"].replace("\0", "")
        try:
            if given["skip"]:
                actions.skip(by=user, review=row, code=given["step"], reason=words)
            else:
                actions.complete(by=user, review=row, code=given["step"], remark=words)
        except NotNow as refusal:
            errors = [problems.notice_error(notice) for notice in refusal.notices]
            body = problems.document(409, errors[0]["message"], errors=errors)
            return Response(body, status=409, content_type=problems.MEDIA_TYPE)
        row.refresh_from_db()
        return Response(review_data(user, row))


class CampaignTotals(APIView):
    """A batch's progress and sums, 元 as text; shares in per cent, half-up or cut off (``rounding``)."""

    @extend_schema(
        parameters=[OpenApiParameter("rounding", str, enum=[str(each) for each in Rounding])],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_ARGUMENTS)
        row = get_object_or_404(campaigns_of.campaigns(user), pk=pk)
        rounding = request.query_params.get("rounding", str(Rounding.HALF_UP))
        if rounding not in list(Rounding):
            raise exceptions.ValidationError({"rounding": rounding})
        totals = campaigns_of.totals(campaigns_of.items(user, row))
        cut, suspended = totals.cut_share(Rounding(rounding)), totals.suspended_share(Rounding(rounding))
        return Response(
            {
                "id": row.pk,
                "year": row.year,
                "name": row.name,
                "kind": row.kind,
                "projects": totals.projects,
                "done": totals.done(row.kind),
                "total_yuan": str(totals.total_yuan),
                "assigned": totals.assigned,
                "reviewed": totals.reviewed,
                "applied": totals.applied,
                "suspended": totals.suspended,
                "requested_yuan": str(totals.requested_yuan),
                "approved_yuan": str(totals.approved_yuan),
                "cut_yuan": str(totals.cut_yuan),
                "cut_share": None if cut is None else str(cut),
                "suspended_share": None if suspended is None else str(suspended),
            }
        )
