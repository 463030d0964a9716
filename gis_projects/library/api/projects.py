"""The API of projects: the same selection as the list page, as GeoJSON."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import exceptions, generics, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_gis.pagination import GeoJsonPagination
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from gis_projects.library.filters import ProjectFilter, without_kinds
from gis_projects.library.models import Project, ProjectKind
from gis_projects.library.queries import projects as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has


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
        )
        read_only_fields = fields


class ProjectPages(GeoJsonPagination):
    page_size = 100
    max_page_size = 1000


class _OfUser(generics.GenericAPIView[Project]):
    permission_classes = [MayReadProjects]
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    queryset = Project.objects.none()  # tells the schema the model; every answer comes from get_queryset

    def get_queryset(self) -> QuerySet[Project]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.projects(cast(User, self.request.user)).order_by("code")


class Projects(_OfUser, generics.ListAPIView[Project]):
    """Projects that the user may know of, filtered like the list page, a page at a time."""

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


class ProjectDetail(_OfUser, generics.RetrieveAPIView[Project]):
    """One project."""

    filter_backends: list[Any] = []


class ProjectMap(_OfUser):
    """Every selected project at once, with what the map shows. Amounts are exact decimals of 元, as text."""

    pagination_class = None

    @extend_schema(filters=True, responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        features = queries.map_points(self.filter_queryset(self.get_queryset()))
        return Response({"type": "FeatureCollection", "features": features})


class ProjectCounts(_OfUser):
    """What stands beside the toggles: per kind under the other filters, and the selection's length and
    money.
    """

    pagination_class = None

    @extend_schema(
        filters=True,
        responses=inline_serializer(
            "ProjectCounts",
            {
                "kinds": serializers.DictField(child=serializers.IntegerField()),
                "total": serializers.IntegerField(),
                "planned_yuan": serializers.DecimalField(max_digits=20, decimal_places=2),
                "cumulative_yuan": serializers.DecimalField(max_digits=20, decimal_places=2),
                "progress": serializers.IntegerField(allow_null=True, help_text="whole per cent, half-up"),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        every = self.get_queryset()
        selected = self.filter_queryset(every)
        rest = ProjectFilter(without_kinds(request.query_params), queryset=every)
        if not rest.form.is_valid():
            raise exceptions.ValidationError(rest.form.errors)
        counts = queries.counts(selected, rest.qs)
        money = queries.summary(selected)
        return Response(
            {
                "kinds": counts.kinds,
                "total": counts.total,
                "planned_yuan": str(money.planned_yuan),
                "cumulative_yuan": str(money.cumulative_yuan),
                "progress": money.progress,
            }
        )
