"""The API of bookmarks: what the map keeps and opens."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.atlas.actions import bookmarks as actions
from gis_projects.atlas.models import Bookmark
from gis_projects.atlas.models.bookmarks import MOST_HASH, MOST_NOTE, MOST_QUERY
from gis_projects.atlas.queries import bookmarks as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require


class BookmarkIn(serializers.Serializer[Any]):
    """A view: the map's address behind ``?`` (query) and ``#`` (hash), and what it is called."""

    name = serializers.CharField(max_length=80)
    hash = serializers.CharField(max_length=MOST_HASH)
    query = serializers.CharField(max_length=MOST_QUERY, allow_blank=True, default="")
    series = serializers.CharField(max_length=40, allow_blank=True, default="")
    note = serializers.CharField(max_length=MOST_NOTE, allow_blank=True, default="")
    shared = serializers.BooleanField(default=False)


class BookmarkChange(serializers.Serializer[Any]):
    """What is to change; a new view has both its parts."""

    name = serializers.CharField(max_length=80, required=False)
    hash = serializers.CharField(max_length=MOST_HASH, required=False)
    query = serializers.CharField(max_length=MOST_QUERY, allow_blank=True, required=False)
    series = serializers.CharField(max_length=40, allow_blank=True, required=False)
    note = serializers.CharField(max_length=MOST_NOTE, allow_blank=True, required=False)
    shared = serializers.BooleanField(required=False)


class OrderIn(serializers.Serializer[Any]):
    """One's own bookmarks from the first on; those that are not named follow."""

    order = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=actions.MOST)


class BookmarkOut(serializers.Serializer[Any]):
    """A bookmark as its list shows it; what it shows stands at its own address."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    series = serializers.CharField()
    note = serializers.CharField()
    shared = serializers.BooleanField()
    mine = serializers.BooleanField()
    owner = serializers.CharField()
    owner_id = serializers.IntegerField()
    page = serializers.CharField()


class OpenedOut(BookmarkOut):
    """With its view, as far as the reader may see it now."""

    query = serializers.CharField(allow_blank=True)
    hash = serializers.CharField()


def _listed(user: User, row: Bookmark) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "series": row.series,
        "note": row.note,
        "shared": row.shared,
        "mine": row.owner_id == user.pk,
        "owner": str(row.owner),
        "owner_id": row.owner_id,
        "page": reverse("atlas:bookmark-open", args=[row.pk]),
    }


def _opened(user: User, row: Bookmark) -> dict[str, Any]:
    return {**_listed(user, row), "query": row.query, "hash": queries.hash_for(user, row)}


class Bookmarks(APIView):
    """The bookmarks that one may open: one's own in their order, then those that the unit shares."""

    @extend_schema(responses=BookmarkOut(many=True), operation_id="map_bookmarks")
    def get(self, request: Request) -> Response:
        require(request.user, Permission.READ_LAYERS)
        user = cast(User, request.user)
        return Response([_listed(user, row) for row in queries.readable(user)])

    @extend_schema(request=BookmarkIn, responses={201: OpenedOut}, operation_id="map_bookmark_keep")
    def post(self, request: Request) -> Response:
        require(request.user, Permission.READ_LAYERS)
        user = cast(User, request.user)
        asked = BookmarkIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(_opened(user, actions.keep_bookmark(by=user, **asked.validated_data)), status=201)


class OneBookmark(APIView):
    """One bookmark; asking for it is opening it, so what it shows is asked for anew."""

    @extend_schema(responses=OpenedOut, operation_id="map_bookmark")
    def get(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        return Response(_opened(user, queries.bookmark(user, pk)))

    @extend_schema(request=BookmarkChange, responses=OpenedOut, operation_id="map_bookmark_change")
    def patch(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        queries.own_bookmark(user, pk)
        asked = BookmarkChange(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(_opened(user, actions.change_bookmark(by=user, pk=pk, **asked.validated_data)))

    @extend_schema(responses={204: None}, operation_id="map_bookmark_delete")
    def delete(self, request: Request, pk: int) -> Response:
        actions.delete_bookmark(by=cast(User, request.user), pk=pk)
        return Response(status=204)


class Order(APIView):
    """The order of one's own bookmarks, which is that of a presentation."""

    @extend_schema(request=OrderIn, responses=OrderIn, operation_id="map_bookmarks_order")
    def post(self, request: Request) -> Response:
        require(request.user, Permission.READ_LAYERS)
        user = cast(User, request.user)
        asked = OrderIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"order": actions.order_bookmarks(by=user, pks=asked.validated_data["order"])})
