"""The API of a layer's features: the same questions as the feature table's."""

from __future__ import annotations

import json
from typing import Any, cast

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import authentication, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.atlas.queries import browsing as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.people.tokens import PersonalToken
from layers import browsing
from layers.models import LayerVersion

COUNTED = 100_000


class PageIn(serializers.Serializer[Any]):
    """How much of it, in which order, and behind which feature to go on."""

    sort = serializers.ChoiceField(
        choices=[*browsing.ORDERS, *(f"-{order}" for order in browsing.ORDERS)], default="key"
    )
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    after = serializers.CharField(required=False, max_length=1000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "after" in attrs:
            place = queries.place_in(attrs["after"], attrs["sort"])
            if place is None:
                raise serializers.ValidationError({"after": "after"}, code="after")
            attrs["after"] = place
        return attrs


CHOOSING = [
    OpenApiParameter("q", str, description="words in the key, the name or the label of the class"),
    OpenApiParameter("class", str, description="class code"),
    OpenApiParameter("field", str, description="an attribute …"),
    OpenApiParameter("value", str, description="… and what it equals"),
    OpenApiParameter("least", float, description="least area, m²"),
    OpenApiParameter("most", float, description="greatest area, m²"),
    OpenApiParameter("bbox", str, description="west,south,east,north in degrees (EPSG:4490)"),
]


def chosen(found: LayerVersion, asked: QueryDict) -> browsing.Selection:
    """What the parameters choose; a ValidationError is a problem document."""
    return queries.selection_of(asked, [field.name for field in browsing.fields(found)])


class Features(APIView):
    """Features of a layer's version without their shapes: filtered, sorted, a page at a time."""

    authentication_classes = [authentication.SessionAuthentication, PersonalToken]

    @extend_schema(
        parameters=[PageIn, *CHOOSING], responses=OpenApiTypes.OBJECT, operation_id="layer_features"
    )
    def get(self, request: Request, code: str) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_LAYERS)
        paging = PageIn(data=request.query_params)
        paging.is_valid(raise_exception=True)
        asked = paging.validated_data
        found = queries.version_of(user, code, number=asked.get("version"))
        selection = chosen(found, request.query_params)
        page = browsing.page(
            found, selection, order=asked["sort"], limit=asked["limit"], after=asked.get("after")
        )
        if selection.everything:
            counted = browsing.Counted(found.feature_count, exact=True)
        else:
            counted = browsing.count(found, selection, at_most=COUNTED)
        return Response(
            {
                "layer": code,
                "version": found.number,
                "root_hash": found.root_hash,
                "count": counted.number,
                "count_is_exact": counted.exact,
                "next": None if page.next is None else json.dumps(list(page.next), ensure_ascii=False),
                "features": [
                    {
                        "key": row.key,
                        "class": row.class_code,
                        "class_name": found.class_names.get(row.class_code, ""),
                        "name": row.name,
                        "area_m2": round(row.area_m2, 2),
                        "bbox": row.bbox,
                        "attributes": row.attributes,
                    }
                    for row in page.rows
                ],
            }
        )
