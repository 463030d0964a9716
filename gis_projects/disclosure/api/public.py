"""What every public answer to a program has in common."""

from __future__ import annotations

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

GEOJSON = "application/geo+json"


class GeoJSONRenderer(JSONRenderer):
    media_type = GEOJSON
    format = "geojson"


class OneForm(BaseContentNegotiation):
    """An address has one form, whatever is asked for: kept answers depend on the address alone."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class PublicView(APIView):
    """No one is asked who they are, so no session and no user is read. Addresses wrap it in `kept_public`."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[
        Any
    ] = []  # kept answers cost nothing; the server in front limits what one address asks
    renderer_classes = [GeoJSONRenderer]
    content_negotiation_class = OneForm
