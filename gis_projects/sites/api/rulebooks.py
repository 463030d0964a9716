"""The API of rulebook drafts: read one, save its next revision, see how far a trial is."""

from __future__ import annotations

from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import problems
from gis_projects.parsing import JSONField, JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.sites import rulebook_presenting as presenting
from gis_projects.sites.actions import rulebooks as actions
from gis_projects.sites.queries import rulebooks as queries
from gis_projects.trail.jobs import OPEN
from siting.engine.notices import UnusableInput
from siting.models import RulebookDraft

SUPERSEDED = "urn:gis-projects:problem:superseded"
MAX_RULES = 1000


class DraftIn(serializers.Serializer[Any]):
    revision = serializers.IntegerField(min_value=1, help_text="the revision that the edit began with")
    content = JSONField(help_text="as in a rulebook file, without a version")

    def validate_content(self, value: Any) -> Any:
        """Only the outermost shape; what is in it is checked entry by entry, with the place."""
        if not isinstance(value, dict):
            raise serializers.ValidationError(_("规则库应为一组“名称 = 值”。"))
        if isinstance(value.get("rule"), list) and len(value["rule"]) > MAX_RULES:
            raise serializers.ValidationError(_("规则太多，最多 %(most)s 条。") % {"most": MAX_RULES})
        return value


def _data(draft: RulebookDraft) -> dict[str, Any]:
    newest = draft.revisions.select_related("saved_by").order_by("-number").first()
    return {
        "id": draft.pk,
        "revision": draft.revision,
        "content": draft.content,
        "sha256": draft.sha256,
        "open": draft.is_open,
        "by": str(newest.saved_by) if newest else "",
        "at": timezone.localtime(newest.saved_at).isoformat() if newest else "",
    }


class Draft(APIView):
    parser_classes = (JSONParser,)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        """The draft as it is now, and who saved it."""
        return Response(_data(queries.draft(cast(User, request.user), pk)))

    @extend_schema(request=DraftIn, responses={200: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT})
    def put(self, request: Request, pk: int) -> Response:
        """Save the next revision. One that can't run is refused, each fault with its place; where somebody saved
        another one meanwhile the answer (409) brings it along, and nothing is written over.
        """
        user = cast(User, request.user)
        draft = queries.draft(user, pk, Permission.EDIT_RULES)
        given = DraftIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            saved = actions.save_draft(
                by=user,
                draft=draft,
                content=given.validated_data["content"],
                based_on=given.validated_data["revision"],
            )
        except actions.DraftMoved as moved:
            body = problems.document(
                409,
                _("%(name)s 已保存了第 %(number)s 次修改；您的修改没有保存，也没有丢失。")
                % {"name": _data(moved.draft)["by"], "number": moved.draft.revision},
                kind=SUPERSEDED,
            )
            body["newer"] = _data(moved.draft)
            return Response(body, status=409, content_type=problems.MEDIA_TYPE)
        except UnusableInput as refusal:
            body = problems.document(
                400,
                _("草案中有规则不能运行，未保存。"),
                errors=[
                    problems.notice_error(notice) | presenting.fault_data(notice)
                    for notice in refusal.notices
                ],
            )
            return Response(body, status=400, content_type=problems.MEDIA_TYPE)
        return Response(_data(saved))


class Trial(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        """How far a trial is."""
        trial = queries.trial(cast(User, request.user), pk)
        job = queries.job_of(trial)
        return Response(
            {
                "id": trial.pk,
                "finished": trial.finished_at is not None,
                "progress": 100 if trial.finished_at else job.progress if job else 0,
                "message": job.message if job and not trial.finished_at else "",
                "state": str(job.get_state_display()) if job else "",
                "open": job is not None and job.state in OPEN,
            }
        )
