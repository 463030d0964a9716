"""The base map as GeoJSON."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from gis_projects.disclosure.api.public import PublicView
from gis_projects.disclosure.queries.outlines import outlines


class Outlines(PublicView):
    """The base map: generalised regions and water."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="public_outlines")
    def get(self, request: Request) -> Response:
        return Response({"type": "FeatureCollection", "features": outlines()})
