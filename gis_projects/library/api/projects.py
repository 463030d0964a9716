"""The API of projects: the same selection as the list page, as GeoJSON."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.gis.geos import Point
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_gis.pagination import GeoJsonPagination
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from gis_projects.library import upkeep
from gis_projects.library.actions.projects import own_fields, register_project, revise_project, set_kinds
from gis_projects.library.api.records import refused_fields
from gis_projects.library.filters import ProjectFilter
from gis_projects.library.models import Project, ProjectKind
from gis_projects.library.queries import projects as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require

#: What a project says of itself beyond its name, place and stage.
RECORD = (
    "national_code", "library", "investment_kind", "policy", "industry_type", "project_type", "construction_mode",
    "investment_mode", "nature", "division", "source_kind", "source_basis", "address", "intended_yuan", "authority",
    "scale", "legal_person", "credit_code", "planned_start", "planned_finish", "goals", "funding_note", "functions",
)  # fmt: skip


class MayReadProjects(IsAuthenticated):
    """Signed in, with a role that reads projects; which ones is the queryset's answer."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and has(request.user, Permission.READ_PROJECTS)


class ProjectSerializer(GeoFeatureModelSerializer):
    """A project as a GeoJSON feature; its geometry is its location (EPSG:4490), as good as ``precision``
    says.
    """

    region_name = serializers.CharField(source="region.short_name", read_only=True)
    organisation = serializers.CharField(source="organisation.name", default=None, read_only=True)
    kinds = serializers.ListField(child=serializers.ChoiceField(ProjectKind.choices), read_only=True)
    planned_yuan = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True, read_only=True)
    cumulative_yuan = serializers.DecimalField(
        max_digits=18, decimal_places=2, allow_null=True, read_only=True
    )
    has_site = serializers.BooleanField(source="has_boundary", read_only=True)

    class Meta:
        model = Project
        geo_field = "location"
        fields = (
            "id",
            "code",
            "name",
            "content",
            "region",
            "region_name",
            "organisation",
            "kinds",
            "industry",
            "level",
            "stage",
            "year",
            "precision",
            "secrecy",
            "disclosed",
            "planned_yuan",
            "cumulative_yuan",
            "has_site",
            "updated_at",
            *RECORD,
        )
        read_only_fields = fields


class ProjectIn(serializers.ModelSerializer[Project]):
    """What a project says of itself, as it is brought: codes by their keys (``policy:flood-control``), units by theirs,
    the place as ``lon`` and ``lat`` (EPSG:4490).
    """

    lon = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True)
    lat = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True)
    kinds = serializers.ListField(child=serializers.ChoiceField(ProjectKind.choices), required=False)

    class Meta:
        model = Project
        fields = (*(name for name in upkeep.FIELDS if name != "location"), "kinds", "lon", "lat")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        lon, lat = given.pop("lon", None), given.pop("lat", None)
        if (lon is None) != (lat is None):
            raise serializers.ValidationError({"lat": [_("经度和纬度须一并填写。")]})
        if {"lon", "lat"} & set(self.initial_data):
            given["location"] = None if lon is None or lat is None else Point(lon, lat, srid=4490)
        for name, value in given.items():
            if isinstance(value, str):
                given[name] = value.replace("\0", "").strip()
        return given


class ProjectPages(GeoJsonPagination):
    page_size = 100
    max_page_size = 1000


class OfUser(generics.GenericAPIView[Project]):
    permission_classes = [MayReadProjects]
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    queryset = Project.objects.none()  # tells the schema the model; every answer comes from get_queryset

    def get_queryset(self) -> QuerySet[Project]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.projects(cast(User, self.request.user)).order_by("code")


class Projects(OfUser, generics.ListAPIView[Project]):
    """Projects that the user may know of, filtered like the list page, a page at a time; or a new one."""

    pagination_class = ProjectPages

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "sort",
                OpenApiTypes.STR,
                description="one of " + ", ".join(queries.ORDERINGS) + "; - before it descends",
            )
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Project]:
        return queries.ordered(super().get_queryset(), self.request.query_params.get("sort", "code"))

    @extend_schema(request=ProjectIn, responses={201: ProjectSerializer})
    def post(self, request: Request) -> Response:
        """Register a project; the platform gives it a code of its own."""
        require(request.user, Permission.EDIT_PROJECTS)
        serializer = ProjectIn(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = register_project(by=cast(User, request.user), **serializer.validated_data)
        return Response(ProjectSerializer(self.get_queryset().get(pk=made.pk)).data, status=201)


class ProjectDetail(OfUser, generics.RetrieveAPIView[Project]):
    """One project; what it says of itself can be changed field by field, by whoever keeps the field up."""

    filter_backends: list[Any] = []

    def handle_exception(self, exc: Exception) -> Response:
        return refused_fields(exc) or super().handle_exception(exc)

    @extend_schema(request=ProjectIn, responses=ProjectSerializer)
    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change some fields. 403 names those that others keep up; nothing is changed then."""
        user, found = cast(User, request.user), self.get_object()
        serializer = ProjectIn(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        kinds = given.pop("kinds", None)
        with own_fields(user, found):
            revise_project(by=user, project=found, **given)
            if kinds is not None:
                set_kinds(by=user, project=found, kinds=kinds)
        return Response(ProjectSerializer(self.get_object()).data)
