"""A run's progress, for the page that shows it."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sentences import word
from gis_projects.sites import revalidating
from gis_projects.sites.queries import revalidation as queries
from gis_projects.trail.jobs import OPEN
from siting.models import RunState


class RunSerializer(serializers.Serializer[Any]):
    """How far a run is. ``open``: it goes on, or will."""

    id = serializers.IntegerField()
    state = serializers.CharField()
    state_label = serializers.CharField()
    open = serializers.BooleanField()
    progress = serializers.IntegerField(min_value=0, max_value=100)
    message = serializers.CharField()


class Run(APIView):
    """One run of re-validation."""

    @extend_schema(responses=RunSerializer, summary="复检进度")
    def get(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_SITES)
        row = queries.runs(user).filter(pk=pk).first()
        if row is None:
            raise Http404
        job = queries.open_job(row)
        going_on = job is not None and job.state in OPEN
        label = (
            str(job.get_state_display())
            if job is not None
            else word(revalidating.STATES[RunState(row.state)])
        )
        return Response(
            RunSerializer(
                {
                    "id": row.pk,
                    "state": row.state,
                    "state_label": label,
                    "open": going_on,
                    "progress": job.progress if job is not None else 100,
                    "message": word(job.message) if job is not None else "",
                }
            ).data
        )
