"""The API of boundaries and checks: read a file, check while drawing, save, check for good."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import problems
from gis_projects.library.models import Project
from gis_projects.parsing import FloatField, JSONField, JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, require
from gis_projects.sites import presenting
from gis_projects.sites.actions import boundaries as actions
from gis_projects.sites.bounds import LIVE, refuse_beyond
from gis_projects.sites.queries import boundaries as queries
from gis_projects.sites.withholding import for_reader, remarks
from siting import boundaries, certificates, checks
from siting.documents import document
from siting.engine.boundary import Boundary
from siting.engine.corridor import Caps
from siting.engine.notices import Notice, UnusableInput
from siting.models import SiteVersion
from siting.rulebook import NoRulebook, in_force, still_asked
from siting.versions import stored

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_FACT = 200
SUPERSEDED = "urn:gis-projects:problem:superseded"


class FileIn(serializers.Serializer[Any]):
    """A boundary file or pasted coordinates, and the answers that their reader may ask for."""

    file = serializers.FileField(required=False)
    text = serializers.CharField(
        required=False,
        trim_whitespace=False,
        help_text="pasted coordinates, one point a line, instead of a file",
    )
    epsg = serializers.IntegerField(required=False, allow_null=True)
    central_meridian = serializers.IntegerField(required=False, allow_null=True)
    width_m = FloatField(
        required=False,
        allow_null=True,
        help_text="whole width of lines, which take no ground without one; metres",
    )
    caps = serializers.ChoiceField(
        [str(caps) for caps in Caps], required=False, help_text="how a line's ends look: flat unless given"
    )
    layer = serializers.CharField(
        required=False, max_length=200, help_text="which layer, of a file with several"
    )


def _facts_field() -> serializers.DictField:
    """Names of facts and their values; which there are is the rulebook's to say."""
    return serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=MAX_FACT), required=False
    )


class PreviewIn(serializers.Serializer[Any]):
    geometry = JSONField(
        help_text="GeoJSON Polygon or MultiPolygon, or a FeatureCollection with a plot per feature (properties number, "
        "name, use) and the EPSG code of the system in which its edges are straight as `plane`; degrees"
    )
    facts = _facts_field()
    project = serializers.IntegerField(required=False, allow_null=True)


class BoundaryIn(FileIn):
    """Either the original file, pasted coordinates or a drawn geometry."""

    geometry = JSONField(required=False, help_text="as in the live check")
    based_on = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="id of the version that the work began from, null for none: 409 if there is a newer one",
    )
    facts = JSONField(required=False, help_text="object of names and values; in a form, the same as text")

    def validate_facts(self, value: Any) -> dict[str, str]:
        facts: dict[str, str] = _facts_field().run_validation({} if value is None else value)
        return facts


def _read_file(data: dict[str, Any]) -> tuple[Boundary, bytes, str]:
    upload = data["file"]
    if upload.size > MAX_FILE_BYTES:
        raise UnusableInput(
            Notice(
                "file-too-large",
                "文件有 %(size)s MB，超过上限 %(limit)s MB",
                {"size": upload.size // 1024**2, "limit": MAX_FILE_BYTES // 1024**2},
                field="file",
            )
        )
    content = upload.read()
    answers = _answers(data, "epsg", "central_meridian", "width_m", "layer")
    return boundaries.read(content, upload.name, **answers), content, upload.name


def _answers(data: dict[str, Any], *names: str) -> dict[str, Any]:
    answers = {name: data[name] for name in names if data.get(name) is not None and data[name] != ""}
    return answers | ({"caps": Caps(data["caps"])} if data.get("caps") else {})


def _read_text(data: dict[str, Any]) -> Boundary:
    """Pasted coordinates; they are kept as they were understood, not as a file."""
    return boundaries.read_text(data["text"], **_answers(data, "epsg", "central_meridian", "width_m"))


def _user(request: Request) -> User:
    """Whoever is signed in; the API lets nobody else in."""
    return cast(User, request.user)


def _validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _project(request: Request, pk: int, permission: Permission) -> Project:
    projects = Project.objects.select_related("site", "region")
    return find(_user(request), permission, projects, reading=Permission.READ_PROJECTS, pk=pk)


class ReadBoundary(APIView):
    """Read a boundary file, or pasted coordinates, and show what they say; nothing is kept."""

    parser_classes = [MultiPartParser, JSONParser]

    @extend_schema(request=FileIn, responses=OpenApiTypes.OBJECT, operation_id="boundaries_read")
    def post(self, request: Request) -> Response:
        require(_user(request), Permission.RUN_CHECKS)
        data = _validated(FileIn(data=request.data))
        if data.get("file"):
            boundary, *_rest = _read_file(data)
        elif data.get("text"):
            boundary = _read_text(data)
        else:
            raise UnusableInput(Notice("no-file", "请提供边界文件或粘贴的坐标", field="file"))
        return Response(presenting.boundary_data(boundary))


class Preview(APIView):
    """The live check: what a drawing collides with, answered without keeping anything."""

    parser_classes = [JSONParser]

    @extend_schema(request=PreviewIn, responses=OpenApiTypes.OBJECT, operation_id="checks_preview")
    def post(self, request: Request) -> Response:
        require(_user(request), Permission.RUN_CHECKS)
        data = _validated(PreviewIn(data=request.data))
        rulebook = in_force(checks.DEFAULT_RULEBOOK, timezone.localdate())
        facts: dict[str, str] = {}
        if data.get("project"):
            project = _project(request, data["project"], Permission.RUN_CHECKS)
            facts = still_asked(rulebook, project.site.facts) if project.site else {}
        boundary = boundaries.from_drawing(data["geometry"], max_vertices=LIVE.vertices)
        refuse_beyond(LIVE, boundary)
        result = checks.run(boundary, facts={**facts, **data.get("facts", {})}, rulebook=rulebook)
        place = queries.place(_user(request), boundary.geometry)
        found = for_reader(_user(request), document(result))
        return Response(
            {
                "check": presenting.translated(found),
                "layers": {code: result.versions[code].layer_name for code in found["manifest"]},
                "inside_region": place.inside,
                "region_code": place.region_code,
                "region_name": place.region_name,
                "notices": [
                    presenting.notice_data(notice) for notice in (*boundary.notices, *remarks(found))
                ],
            }
        )


class SiteVersions(APIView):
    """Save a boundary as the next version of a project's site."""

    parser_classes = [MultiPartParser, FormParser, JSONParser]

    @extend_schema(
        request=BoundaryIn, responses={201: OpenApiTypes.OBJECT}, operation_id="site_versions_create"
    )
    def post(self, request: Request, pk: int) -> Response:
        project = _project(request, pk, Permission.EDIT_SITES)
        data = _validated(BoundaryIn(data=request.data))
        if data.get("file"):
            boundary, content, filename = _read_file(data)
        elif data.get("text"):
            boundary, content, filename = _read_text(data), b"", ""
        elif data.get("geometry"):
            boundary, content, filename = boundaries.from_drawing(data["geometry"]), b"", ""
        else:
            raise UnusableInput(Notice("nothing-given", "请提供边界文件或绘制的图形", field="geometry"))
        try:
            version = actions.save_boundary(
                by=_user(request),
                project=project,
                boundary=boundary,
                content=content,
                filename=filename,
                facts=data.get("facts"),
                based_on=data.get("based_on", actions.ANY_VERSION),
            )
        except actions.Superseded as newer:
            return _superseded(project, newer.newer)
        return Response(
            {
                "id": version.pk,
                "number": version.number,
                "areas": presenting.areas(boundary),
                "notices": [presenting.notice_data(notice) for notice in boundary.notices],
                "checks_url": reverse("sites-api:site-version-checks", args=[version.pk]),
                "coordinates_url": reverse("sites:coordinates", args=[version.pk]),
            },
            status=status.HTTP_201_CREATED,
        )


def _superseded(project: Project, newer: SiteVersion) -> Response:
    """Say who was faster, when, and with what: nothing was saved, and nothing of the caller's is lost."""
    saved = queries.savings(project).get(newer.pk)
    when = timezone.localtime(newer.created_at)
    body = problems.document(
        409,
        _("%(name)s 已于 %(when)s 保存了第 %(number)s 版；您的修改没有保存，也没有丢失。")
        % {"name": saved.name if saved else "", "when": f"{when:%Y-%m-%d %H:%M}", "number": newer.number},
        kind=SUPERSEDED,
    )
    body["newer"] = {
        "id": newer.pk,
        "number": newer.number,
        "by": saved.name if saved else "",
        "at": when.isoformat(),
        "area_m2": round(newer.area_m2, 2),
    }
    return Response(body, status=409, content_type=problems.MEDIA_TYPE)


class SiteVersionDetail(APIView):
    """One saved boundary as the editor takes it."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="site_versions_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        version = queries.site_version(_user(request), pk)
        saved = queries.savings(version.site.project).get(version.pk)
        return Response(
            {
                "id": version.pk,
                "number": version.number,
                "by": saved.name if saved else "",
                "at": timezone.localtime(version.created_at).isoformat(),
                **presenting.boundary_data(stored(version)),
            }
        )


class Checks(APIView):
    """Check a saved boundary and keep the answer as evidence."""

    @extend_schema(
        request=None, responses={201: OpenApiTypes.OBJECT}, operation_id="site_version_checks_create"
    )
    def post(self, request: Request, pk: int) -> Response:
        version = queries.site_version(_user(request), pk, Permission.RUN_CHECKS)
        check = actions.run_check(by=_user(request), project=version.site.project, site_version=version)
        return Response(
            {
                "id": check.pk,
                "verdict": check.verdict,
                "digest": check.digest,
                "url": reverse("sites:check", args=[check.pk]),
            },
            status=status.HTTP_201_CREATED,
        )


class CheckDetail(APIView):
    """A check's certificate, exactly as signed; without what the user may not read of its layers."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="checks_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        certificate = certificates.certificate(queries.check(_user(request), pk))
        return Response(for_reader(_user(request), certificate))


class CurrentRulebook(APIView):
    """The rules in force on a day (today unless given), and what they ask of a project."""

    @extend_schema(
        parameters=[OpenApiParameter("on", OpenApiTypes.DATE)],
        responses=OpenApiTypes.OBJECT,
        operation_id="rulebooks_current",
    )
    def get(self, request: Request) -> Response:
        require(_user(request), Permission.READ_SITES)
        day = serializers.DateField(default=timezone.localdate).run_validation(
            request.query_params.get("on", serializers.empty)
        )
        try:
            rulebook = in_force(checks.DEFAULT_RULEBOOK, day)
        except NoRulebook as error:
            raise Http404 from error
        return Response(presenting.rulebook_data(rulebook))
