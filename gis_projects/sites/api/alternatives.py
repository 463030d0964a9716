"""The API of alternatives: add, rename, remove, check again, weigh, choose."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.library.models import Project
from gis_projects.parsing import FloatField, JSONField, JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.sites import presenting
from gis_projects.sites.actions import alternatives as actions
from gis_projects.sites.api.boundaries import _project, _read_file, _user, _validated
from gis_projects.sites.models import Alternative, AlternativeSource
from gis_projects.sites.presenting_alternatives import alternative_data, comparison_data
from gis_projects.sites.queries import alternatives as queries
from gis_projects.sites.queries import boundaries as boundary_queries
from gis_projects.sites.queries import suggestions as suggestion_queries
from gis_projects.sites.withholding import for_reader
from siting import boundaries
from siting.boundaries import declared_from_json
from siting.engine.boundary import build
from siting.engine.notices import Notice, UnusableInput
from siting.versions import stored


class AlternativeIn(serializers.Serializer[Any]):
    """A name and one of: a drawing, a file, a saved boundary version, a suggested patch."""

    name = serializers.CharField(max_length=60)
    geometry = JSONField(required=False)
    file = serializers.FileField(required=False)
    epsg = serializers.IntegerField(required=False, allow_null=True)
    central_meridian = serializers.IntegerField(required=False, allow_null=True)
    site_version = serializers.IntegerField(required=False, allow_null=True)
    patch = serializers.IntegerField(required=False, allow_null=True)


class NameIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)


class WeightsIn(serializers.Serializer[Any]):
    """Weights by criterion (0 to 100), and how much ground the project needs, m²."""

    weights = serializers.DictField(child=FloatField())
    required_m2 = FloatField(required=False, allow_null=True)


class ChoiceIn(serializers.Serializer[Any]):
    alternative = serializers.IntegerField()
    reason = serializers.CharField(max_length=4000)


class Alternatives(APIView):
    """A project's alternatives in one table; POST adds one."""

    parser_classes = [MultiPartParser, FormParser, JSONParser]

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="alternatives_list")
    def get(self, request: Request, pk: int) -> Response:
        project = _project(request, pk, Permission.READ_SITES)
        return Response(comparison_data(_user(request), queries.comparison(project, reader=_user(request))))

    @extend_schema(
        request=AlternativeIn, responses={201: OpenApiTypes.OBJECT}, operation_id="alternatives_create"
    )
    def post(self, request: Request, pk: int) -> Response:
        project = _project(request, pk, Permission.EDIT_SITES)
        row = _added(_user(request), project, _validated(AlternativeIn(data=request.data)))
        return Response(
            {"id": row.pk, "name": row.name, "verdict": row.verdict, "digest": row.document["digest"]},
            status=status.HTTP_201_CREATED,
        )


def _added(user: User, project: Project, data: dict[str, Any]) -> Alternative:
    given = {"by": user, "project": project, "name": data["name"]}
    if data.get("file"):
        boundary, _, filename = _read_file(data)
        return actions.add_alternative(
            **given, boundary=boundary, source=AlternativeSource.FILE, source_name=filename
        )
    if data.get("geometry"):
        boundary = boundaries.from_drawing(data["geometry"])
        return actions.add_alternative(**given, boundary=boundary, source=AlternativeSource.DRAWN)
    if data.get("site_version"):
        version = boundary_queries.site_version(user, data["site_version"])
        _of_project(version.site.project, project, "site_version")
        return actions.add_alternative(
            **given,
            boundary=stored(version),
            source=AlternativeSource.COPIED,
            source_name=str(version.number),
        )
    if data.get("patch"):
        patch = suggestion_queries.patch(user, data["patch"])
        _of_project(patch.run.project, project, "patch")
        boundary = build(declared_from_json(patch.declared))
        return actions.add_alternative(
            **given, boundary=boundary, source=AlternativeSource.SUGGESTED, patch=patch
        )
    raise UnusableInput(Notice("nothing-given", "请提供边界文件或绘制的图形", field="geometry"))


def _of_project(found: Project, project: Project, field: str) -> None:
    if found.pk != project.pk:
        raise UnusableInput(Notice("other-project", "所选边界不属于本项目", field=field))


class AlternativeDetail(APIView):
    """One alternative: its boundary and check; PATCH renames it, DELETE takes it out."""

    parser_classes = [JSONParser]

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="alternatives_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        row = queries.alternative(_user(request), pk, Permission.READ_SITES)
        boundary = build(declared_from_json(row.declared))
        return Response(
            {
                **alternative_data(_user(request), row),
                "boundary": presenting.boundary_data(boundary),
                "document": for_reader(_user(request), row.document),
            }
        )

    @extend_schema(request=NameIn, responses=OpenApiTypes.OBJECT, operation_id="alternatives_rename")
    def patch(self, request: Request, pk: int) -> Response:
        row = queries.alternative(_user(request), pk, Permission.EDIT_SITES)
        data = _validated(NameIn(data=request.data))
        row = actions.rename_alternative(by=_user(request), alternative=row, name=data["name"])
        return Response({"id": row.pk, "name": row.name})

    @extend_schema(responses={204: None}, operation_id="alternatives_remove")
    def delete(self, request: Request, pk: int) -> Response:
        row = queries.alternative(_user(request), pk, Permission.EDIT_SITES)
        actions.remove_alternative(by=_user(request), alternative=row)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Recheck(APIView):
    """Check all alternatives again under what is in force now."""

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT, operation_id="alternatives_recheck")
    def post(self, request: Request, pk: int) -> Response:
        project = _project(request, pk, Permission.RUN_CHECKS)
        return Response({"checked": actions.recheck_alternatives(by=_user(request), project=project)})


class Weights(APIView):
    """How the criteria weigh."""

    parser_classes = [JSONParser]

    @extend_schema(request=WeightsIn, responses=OpenApiTypes.OBJECT, operation_id="alternatives_weigh")
    def put(self, request: Request, pk: int) -> Response:
        project = _project(request, pk, Permission.EDIT_SITES)
        data = _validated(WeightsIn(data=request.data))
        row = actions.weigh_alternatives(
            by=_user(request), project=project, weights=data["weights"], required_m2=data.get("required_m2")
        )
        return Response({"weights": row.weights, "required_m2": row.required_m2})


class Choice(APIView):
    """Choose one: it becomes the project's next boundary version."""

    parser_classes = [JSONParser]

    @extend_schema(request=ChoiceIn, responses={201: OpenApiTypes.OBJECT}, operation_id="alternatives_choose")
    def post(self, request: Request, pk: int) -> Response:
        project = _project(request, pk, Permission.EDIT_SITES)
        data = _validated(ChoiceIn(data=request.data))
        row = queries.alternative(_user(request), data["alternative"], Permission.EDIT_SITES)
        choice = actions.choose_alternative(
            by=_user(request), project=project, alternative=row, reason=data["reason"]
        )
        return Response(
            {
                "id": choice.pk,
                "site_version": choice.site_version_id,
                "number": choice.site_version.number,
                "sha256": choice.sha256,
                "checks_url": reverse("sites-api:site-version-checks", args=[choice.site_version_id]),
            },
            status=status.HTTP_201_CREATED,
        )
