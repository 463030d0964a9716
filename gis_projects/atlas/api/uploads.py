"""The API of uploads: announce a file, send it in parts, go on where it stood, answer, cancel; and one's own jobs.

A part goes as `PATCH` with `Upload-Offset` and `Upload-Checksum: crc32 <8 hex digits>`; `HEAD` says where to go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, parsers, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import problems
from gis_projects.atlas.actions import uploads as actions
from gis_projects.atlas.models import Upload
from gis_projects.atlas.queries import uploads as queries
from gis_projects.atlas.upload_files import DiskFull
from gis_projects.parsing import JSONField, JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require

_CHECKSUM = re.compile(r"crc32 ([0-9a-f]{8})", re.IGNORECASE)


class TooLarge(exceptions.APIException):
    status_code = 413


class NoSpace(exceptions.APIException):
    status_code = 507


class Conflict(exceptions.APIException):
    status_code = 409


class PartParser(parsers.BaseParser):
    """The bytes of one part; more than that is refused before it is in memory."""

    media_type = "application/octet-stream"

    def parse(  # type: ignore[override]
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        content = stream.read(settings.UPLOAD_CHUNK_BYTES + 1)
        if len(content) > settings.UPLOAD_CHUNK_BYTES:
            raise TooLarge(
                _("一个分片不能超过 %(limit)d MB。") % {"limit": settings.UPLOAD_CHUNK_BYTES // 1024**2}
            )
        return bytes(content)


class AnswersIn(serializers.Serializer[Any]):
    """What the file doesn't say itself. An empty text or null answers too: not known."""

    layer = serializers.CharField(required=False, allow_blank=True, max_length=32)
    file_layer = serializers.CharField(required=False, max_length=255)
    epsg = serializers.IntegerField(required=False, min_value=1, max_value=999_999)
    swap_axes = serializers.BooleanField(required=False, help_text="the file has northing or latitude first")
    band = serializers.IntegerField(required=False, min_value=1, max_value=10_000)
    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=255), required=False
    )
    coverage = JSONField(
        required=False, help_text="before, features, region, or a GeoJSON polygon in degrees"
    )
    source_date = serializers.DateField(required=False, allow_null=True)
    legal_source = serializers.CharField(required=False, allow_blank=True, max_length=200)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_to = serializers.DateField(required=False, allow_null=True)


class UploadIn(serializers.Serializer[Any]):
    """A file that is to come."""

    filename = serializers.CharField(max_length=255)
    size = serializers.IntegerField(min_value=1, max_value=2**62)
    layer = serializers.CharField(required=False, allow_blank=True, default="", max_length=32)
    sha256 = serializers.RegexField(r"^[0-9a-fA-F]{64}$", required=False, default="")
    answers = AnswersIn(required=False)


def _user(request: Request) -> User:
    require(request.user, Permission.UPLOAD_LAYERS)
    return cast(User, request.user)


def _validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _plain(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in answers.items()
    }


def data(row: Upload) -> dict[str, Any]:
    """An upload with its addresses, and what is still to be answered."""
    own = [str(row.uuid)]
    version = None
    if row.version is not None:
        version = reverse("atlas:version", args=[row.layer, row.version.number])
    return {
        **queries.summary(row),
        "chunk_bytes": settings.UPLOAD_CHUNK_BYTES,
        "answers": row.answers,
        "questions": queries.questions_of(row) if row.state == "asking" else [],
        "url": reverse("atlas-api:upload", args=own),
        "page": reverse("atlas:upload", args=own),
        "version_page": version,
    }


def _stands(row_offset: int, code: int, detail: str) -> Response:
    """A part that was not taken, with where the upload stands."""
    body = {**problems.document(code, detail), "offset": row_offset}
    return Response(
        body, status=code, content_type=problems.MEDIA_TYPE, headers={"Upload-Offset": str(row_offset)}
    )


class Uploads(APIView):
    """One's own uploads, and a new one."""

    parser_classes = [JSONParser]

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="uploads_list")
    def get(self, request: Request) -> Response:
        rows = queries.uploads(_user(request))[:100]
        return Response([data(row) for row in rows])

    @extend_schema(request=UploadIn, responses={201: OpenApiTypes.OBJECT}, operation_id="uploads_create")
    def post(self, request: Request) -> Response:
        user = _user(request)
        given = _validated(UploadIn(data=request.data))
        given["answers"] = _plain(given.get("answers") or {})
        layer = given["answers"].pop("layer", "")
        given["layer"] = given["layer"] or layer
        try:
            row = actions.begin(by=user, **given)
        except actions.NoRoom as error:
            raise (TooLarge if given["size"] > settings.UPLOAD_MAX_BYTES else NoSpace)(str(error)) from error
        return Response(
            data(row),
            status=status.HTTP_201_CREATED,
            headers={"Location": reverse("atlas-api:upload", args=[row.uuid])},
        )


PART = [
    OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, description="bytes that came before"),
    OpenApiParameter("Upload-Checksum", str, OpenApiParameter.HEADER, description="crc32 and 8 hex digits"),
]


class OneUpload(APIView):
    """How an upload stands; its next bytes; and giving it up."""

    parser_classes = [PartParser]

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="uploads_retrieve")
    def get(self, request: Request, key: UUID) -> Response:
        return Response(data(queries.upload(_user(request), key)), headers={"Cache-Control": "no-store"})

    @extend_schema(exclude=True)
    def head(self, request: Request, key: UUID) -> Response:
        row = queries.upload(_user(request), key)
        headers = {
            "Upload-Offset": str(row.received),
            "Upload-Length": str(row.size),
            "Cache-Control": "no-store",
        }
        return Response(headers=headers)

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        parameters=PART,
        responses=OpenApiTypes.OBJECT,
        operation_id="uploads_append",
    )
    def patch(self, request: Request, key: UUID) -> Response:
        user = _user(request)
        row = queries.upload(user, key)
        offset = request.headers.get("Upload-Offset", "")
        checksum = _CHECKSUM.fullmatch(request.headers.get("Upload-Checksum", ""))
        if not (offset.isascii() and offset.isdigit() and len(offset) < 20) or checksum is None:
            return _stands(
                row.received, 400, _("分片须带 Upload-Offset 和 Upload-Checksum（crc32 与 8 位十六进制数）。")
            )
        content = request.data
        if not isinstance(content, bytes) or not content:
            return _stands(row.received, 400, _("分片是空的。"))
        try:
            row = actions.append(
                by=user, key=key, offset=int(offset), content=content, crc32=int(checksum[1], 16)
            )
        except actions.OffsetMismatch as error:
            return _stands(error.offset, 409, _("请从第 %(offset)d 字节继续。") % {"offset": error.offset})
        except actions.DamagedChunk:
            return _stands(row.received, 400, _("分片在传输中损坏，请重发。"))
        except DiskFull:
            return _stands(
                row.received, 507, _("服务器磁盘空间不足，这一片没有保存。请联系管理员清理后继续。")
            )
        return Response(
            data(row), headers={"Upload-Offset": str(row.received), "Upload-Length": str(row.size)}
        )

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="uploads_cancel")
    def delete(self, request: Request, key: UUID) -> Response:
        try:
            return Response(data(actions.cancel(by=_user(request), key=key)))
        except ValidationError as error:
            raise Conflict(error.messages[0]) from error


class Answers(APIView):
    """What the file doesn't say itself."""

    parser_classes = [JSONParser]

    @extend_schema(request=AnswersIn, responses=OpenApiTypes.OBJECT, operation_id="uploads_answer")
    def post(self, request: Request, key: UUID) -> Response:
        user = _user(request)
        queries.upload(user, key)
        given = _plain(_validated(AnswersIn(data=request.data)))
        try:
            return Response(data(actions.answer(by=user, key=key, given=given)))
        except ValidationError as error:
            raise Conflict(error.messages[0]) from error


class Retry(APIView):
    """Another try of what failed."""

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT, operation_id="uploads_retry")
    def post(self, request: Request, key: UUID) -> Response:
        try:
            return Response(data(actions.retry(by=_user(request), key=key)))
        except ValidationError as error:
            raise Conflict(error.messages[0]) from error


class Jobs(APIView):
    """One's own jobs, newest first, with how far they are."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="jobs_list")
    def get(self, request: Request) -> Response:
        require(request.user, Permission.READ_LAYERS)
        rows = queries.job_rows(cast(User, request.user))
        return Response(rows, headers={"Cache-Control": "no-store"})
