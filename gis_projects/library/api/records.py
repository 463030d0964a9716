"""The API of one project's record: plan, land, diary, files, completeness, and all of it as one object."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.contrib.gis.geos import Point
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import files, problems
from gis_projects.library import upkeep
from gis_projects.library.actions.attachments import attach
from gis_projects.library.actions.diary import write_diary
from gis_projects.library.actions.plans import Source, set_land, set_plan
from gis_projects.library.actions.projects import own_fields
from gis_projects.library.models import (
    Attachment,
    BudgetLine,
    Code,
    DiaryEntry,
    InvestmentPlan,
    LandStatement,
    Project,
)
from gis_projects.library.queries import completeness, diary, funding, record, staleness
from gis_projects.library.queries import projects as queries
from gis_projects.parsing import JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, require
from siting.engine.notices import Notice, UnusableInput


class SourceIn(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=40, help_text="value of the list fund_source")
    amount_yuan = serializers.DecimalField(max_digits=18, decimal_places=2)
    instrument = serializers.CharField(
        max_length=40, required=False, default="", allow_blank=True, help_text="the kind's own unless named"
    )
    definite = serializers.BooleanField(required=False, default=False)
    document = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=2**62
    )
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class PlanIn(serializers.Serializer[Any]):
    total_yuan = serializers.DecimalField(max_digits=18, decimal_places=2)
    sources = SourceIn(many=True)
    years = serializers.DictField(
        child=serializers.DecimalField(max_digits=18, decimal_places=2), help_text="year → 元"
    )
    parts = serializers.DictField(
        child=serializers.DecimalField(max_digits=18, decimal_places=2), required=False, default=dict,
        help_text="value of the list cost_part → 元",
    )  # fmt: skip
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    def validate_sources(self, sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sources[:200]

    def validate_years(self, years: dict[str, Decimal]) -> dict[int, Decimal]:
        if not all(year.isascii() and year.isdigit() and len(year) == 4 for year in years):
            raise serializers.ValidationError("YYYY")
        return {int(year): amount for year, amount in years.items()}


class LandIn(serializers.Serializer[Any]):
    total_m2 = serializers.DecimalField(max_digits=16, decimal_places=2)
    parts = serializers.DictField(
        child=serializers.DecimalField(max_digits=16, decimal_places=2),
        help_text="value of the list land_part → m²",
    )


class DiaryIn(serializers.Serializer[Any]):
    on = serializers.DateField(required=False, default=None, allow_null=True)
    text = serializers.CharField(max_length=4000)
    lon = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True, default=None)
    lat = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True, default=None)
    corrects = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=2**62,
        help_text="key of an entry",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if (given["lon"] is None) != (given["lat"] is None):
            raise serializers.ValidationError({"lat": ["lon, lat"]})
        return given


class FileIn(serializers.Serializer[Any]):
    file = serializers.FileField()
    purpose = serializers.CharField(max_length=40, help_text="value of the list attachment")


class _OfProject(APIView):
    """What is of one project; 404 for who may not know of it."""

    parser_classes = [JSONParser]

    def found(self, request: Request, pk: int) -> Project:
        user = cast(User, request.user)
        return find(user, Permission.READ_PROJECTS, queries.projects(user), pk=pk)

    def kept_up(self, request: Request, pk: int, what: str) -> Project:
        """A project of which the user keeps this up; 403 for others, before anything that they bring is read."""
        found = self.found(request, pk)
        with own_fields(cast(User, request.user), found):
            upkeep.demand_fields(cast(User, request.user), found, [what])
        return found

    def handle_exception(self, exc: Exception) -> Response:
        return refused_fields(exc) or super().handle_exception(exc)


def refused_fields(error: Exception) -> Response | None:
    """Name the fields that are others' to keep up; None for any other error."""
    if not isinstance(error, upkeep.OutsideOwnFields):
        return None
    body = problems.document(403, _("这些字段由其他方维护。"))
    body["errors"] = [
        {
            "field": name,
            "line": None,
            "place": None,
            "message": upkeep.label(name),
            "code": "outside-own-fields",
        }
        for name in error.fields
    ]
    return Response(body, status=403, content_type=problems.MEDIA_TYPE)


def _given(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class Plan(_OfProject):
    """The plan in force by source, year and part; a new version."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="projects_plan_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        found = self.found(request, pk)
        plan = record.plan(found)
        return Response({"plan": plan and plan_data(plan), "versions": found.plans.count()})

    @extend_schema(request=PlanIn, responses={201: OpenApiTypes.OBJECT}, operation_id="projects_plan_set")
    def post(self, request: Request, pk: int) -> Response:
        found = self.kept_up(request, pk, "plan")
        given = _given(PlanIn, request)
        sources = [Source(**source) for source in given.pop("sources")]
        set_plan(by=cast(User, request.user), project=found, sources=sources, **given)
        plan = record.plan(found)
        return Response({"plan": plan and plan_data(plan)}, status=status.HTTP_201_CREATED)


class Land(_OfProject):
    """The land asked for, against the boundary's area; a new version."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="projects_land_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        statement = record.land(self.found(request, pk))
        return Response({"land": statement and land_data(statement)})

    @extend_schema(request=LandIn, responses={201: OpenApiTypes.OBJECT}, operation_id="projects_land_set")
    def post(self, request: Request, pk: int) -> Response:
        found = self.kept_up(request, pk, "land")
        set_land(by=cast(User, request.user), project=found, **_given(LandIn, request))
        statement = record.land(found)
        return Response({"land": statement and land_data(statement)}, status=status.HTTP_201_CREATED)


class Diary(_OfProject):
    """The construction diary; a new entry, or a correction."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="projects_diary_list")
    def get(self, request: Request, pk: int) -> Response:
        lines = diary.lines(cast(User, request.user), self.found(request, pk))
        return Response({"count": len(lines), "results": [line_data(line) for line in lines[:500]]})

    @extend_schema(request=DiaryIn, responses={201: OpenApiTypes.OBJECT}, operation_id="projects_diary_write")
    def post(self, request: Request, pk: int) -> Response:
        found = self.found(request, pk)
        require(request.user, Permission.EDIT_PROJECTS, found)
        given = _given(DiaryIn, request)
        lon, lat = given["lon"], given["lat"]
        corrects = None
        if given["corrects"] is not None:
            corrects = DiaryEntry.objects.filter(project=found, pk=given["corrects"]).first()
            if corrects is None:
                raise serializers.ValidationError({"corrects": ["not an entry of this project"]})
        entry = write_diary(
            by=cast(User, request.user), project=found, text=given["text"], on=given["on"],
            location=None if lon is None else Point(lon, lat, srid=4490), corrects=corrects,
        )  # fmt: skip
        return Response({"id": entry.pk}, status=status.HTTP_201_CREATED)


class Files(_OfProject):
    """The files beside a project; another one with its purpose."""

    parser_classes = [MultiPartParser]

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="projects_files_list")
    def get(self, request: Request, pk: int) -> Response:
        rows = record.files(self.found(request, pk))
        return Response({"count": len(rows), "results": [file_data(row) for row, _purpose in rows]})

    @extend_schema(request=FileIn, responses={201: OpenApiTypes.OBJECT}, operation_id="projects_files_attach")
    def post(self, request: Request, pk: int) -> Response:
        user, found = cast(User, request.user), self.found(request, pk)
        if not upkeep.parties_of(user, found):
            raise PermissionDenied
        given = _given(FileIn, request)
        file = given["file"]
        if not Code.objects.of("attachment").offered().filter(value=given["purpose"]).exists():
            raise serializers.ValidationError({"purpose": ["no such purpose"]})
        if file.size > files.MAX_BYTES:  # before any of it is read
            limit = files.MAX_BYTES // 1024**2
            size = f"{file.size / 1024**2:.1f}"
            template = "文件有 %(size)s MB，超过上限 %(limit)s MB"
            raise UnusableInput(
                Notice("attachment-too-large", template, {"size": size, "limit": limit}, field="file")
            )
        row = attach(
            by=user, project=found, purpose=given["purpose"], name=file.name or "", content=file.read()
        )
        return Response(file_data(row), status=status.HTTP_201_CREATED)


class Completeness(_OfProject):
    """How complete the record is, what it lacks with the page of each, and how stale it is."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="projects_completeness_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(completeness_data(self.found(request, pk)))


class Record(_OfProject):
    """All that is known of a project as one object: reserve state, reviews, plan, budget, land, diary (F003)."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="projects_record_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        found = self.found(request, pk)
        plan, statement = record.plan(found), record.land(found)
        return Response(
            {
                "id": found.pk,
                "code": found.code,
                "national_code": found.national_code,
                "name": found.name,
                "library": found.library,
                "stage": found.stage,
                "fields": {name: _plain(getattr(found, f"{name}_id", getattr(found, name))) for name in _SHOWN},
                "plan": plan and plan_data(plan),
                "plans": [{"number": row.number, "total_yuan": str(row.total_yuan)} for row in found.plans.all()],
                "investments": [
                    {
                        "recorded_on": row.recorded_on.isoformat(),
                        "planned_yuan": str(row.planned_yuan),
                        "cumulative_yuan": str(row.cumulative_yuan),
                    }
                    for row in found.investments.all()
                ],
                "land": statement and land_data(statement),
                "evidence": [
                    {
                        "kind": row.kind, "outcome": row.outcome, "title": row.title, "reference": row.reference,
                        "at": row.at.isoformat(),
                    }
                    for row in record.evidence(found)
                ],
                "budget": [
                    {"year": row.year, "instrument": row.instrument, "amount_yuan": str(row.amount_yuan)}
                    for row in budget_of(found)
                ],
                "files": [file_data(row) for row, _purpose in record.files(found)],
                "diary": [line_data(line) for line in diary.lines(cast(User, request.user), found)[:100]],
                "programmes": [row.programme_id for row in found.programmes.all()],
                "six_ones": [{"label": str(one.label), "there": one.there} for one in record.six_ones(found)],
                **completeness_data(found),
            }
        )  # fmt: skip


_SHOWN = tuple(name for name in upkeep.FIELDS if name != "location")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | list):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def budget_of(found: Project) -> QuerySet[BudgetLine]:
    """The budget lines of a project, oldest first."""
    return BudgetLine.objects.filter(project=found).order_by("year", "pk")


def plan_data(plan: InvestmentPlan) -> dict[str, Any]:
    """A plan as the API gives it: amounts are exact decimals of 元, as text."""
    return {
        "number": plan.number,
        "total_yuan": str(plan.total_yuan),
        "reason": plan.reason,
        "at": plan.at.isoformat(),
        "sources": [
            {
                "kind": row.kind.value,
                "label": row.kind.shown,
                "instrument": row.instrument.value,
                "amount_yuan": str(row.amount_yuan),
                "definite": row.definite,
                "document": row.document_id,
                "note": row.note,
            }
            for row in plan.sources.all()
        ],
        "instruments": {row.code.value: str(row.amount_yuan) for row in funding.by_instrument(plan)},
        "years": {str(row.year): str(row.amount_yuan) for row in plan.years.all()},
        "parts": {row.kind.value: str(row.amount_yuan) for row in plan.parts.all()},
    }


def land_data(statement: LandStatement) -> dict[str, Any]:
    return {
        "number": statement.number,
        "total_m2": str(statement.total_m2),
        "parts": {row.kind.value: str(row.area_m2) for row in statement.parts.all()},
    }


def line_data(line: diary.Line) -> dict[str, Any]:
    place = line.entry.location if line.entry is not None else None
    return {
        "id": line.entry.pk if line.entry is not None else None,
        "on": line.on.isoformat(),
        "text": line.text,
        "by": line.by,
        "location": [place.x, place.y] if place else None,
        "photos": [photo.pk for photo in line.photos],
        "before": [{"text": old.text, "at": old.at.isoformat()} for old in line.before],
    }


def file_data(row: Attachment) -> dict[str, Any]:
    return {
        "id": row.pk,
        "purpose": row.purpose,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "at": row.at.isoformat(),
        "url": reverse("library:project-file", args=[row.project_id, row.pk]),
    }


def completeness_data(found: Project) -> dict[str, Any]:
    whole, stale = completeness.of(found), staleness.of(found)
    return {
        "completeness": {
            "score": whole.score,
            "present": whole.present,
            "counted": whole.counted,
            "missing": [
                {"field": item.field, "label": str(item.label), "aspect": item.aspect, "url": item.address}
                for item in whole.missing
            ],
        },
        "staleness": {"days": stale.days, "lamp": stale.lamp},
    }
