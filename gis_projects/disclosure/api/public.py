"""What every public answer to a program has in common."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.cache import get_conditional_response
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

GEOJSON = "application/geo+json"
# A withdrawn project is gone from every proxy and browser after so many seconds.
FRESH_SECONDS = 60


class PublicThrottle(AnonRateThrottle):
    """Counted by address; generous for a town hall behind one, too slow for copying the map in a loop."""

    rate = "300/min"


class GeoJSONRenderer(JSONRenderer):
    media_type = GEOJSON
    format = "geojson"


class PublicView(APIView):
    """No one is asked who they are, so no session and no user is read."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [PublicThrottle]
    renderer_classes = [GeoJSONRenderer, JSONRenderer]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code != 200:
            return response
        response["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
        if isinstance(response, Response):
            response.render()
        response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        return get_conditional_response(request._request, etag=response["ETag"], response=response)
