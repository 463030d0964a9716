"""The API of a project's eight links as one thing."""

from __future__ import annotations

from typing import cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.argument.queries import one_thing as queries
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find


class OneThing(APIView):
    """The eight links of a project under its one number (F198): application, review, setup, building, change,
    acceptance application, acceptance, evaluation; each with its standing (done, under_way, back, not_yet,
    not_needed) and what it came to.
    """

    permission_classes = [IsAuthenticated]

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        projects = Project.objects.select_related("region", "organisation", "start")
        project = find(user, Permission.READ_ARGUMENTS, projects, pk=pk)
        return Response(
            {
                "case": queries.case_number(project),
                "project": project.pk,
                "links": [
                    {
                        "link": one.link.value,
                        "name": str(one.link.label),
                        "standing": one.standing.value,
                        "address": one.address,
                        "events": [
                            {
                                "on": event.on.isoformat(),
                                "text": event.text,
                                "state": str(event.state),
                                "address": event.address,
                            }
                            for event in one.events
                        ],
                    }
                    for one in queries.links(user, project)
                ],
            }
        )
