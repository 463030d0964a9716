"""Avoidance (避让) in the live check: conflicts cut away, the smallest shift that clears them. Nothing is kept."""

from __future__ import annotations

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import layers.queries
from gis_projects.library.models import Project
from gis_projects.parsing import FloatField, JSONField, JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, require
from gis_projects.sites import presenting
from gis_projects.sites.bounds import LIVE, refuse_beyond
from gis_projects.sites.withholding import readable
from layers.models import IN_FORCE_ONCE, LayerVersion
from siting import avoidance, boundaries, checks, drawings
from siting.avoidance import Question
from siting.checks import CheckResult
from siting.engine.area import hectares, mu
from siting.engine.notices import Notice, UnusableInput
from siting.engine.verdict import Outcome
from siting.rulebook import in_force, still_asked

MAX_PARTS = 50


class AvoidIn(serializers.Serializer[Any]):
    """A drawing, what its check was asked, and the conflicts (codes of rules) to avoid."""

    geometry = JSONField(help_text="as in the live check")
    rules = serializers.ListField(child=serializers.CharField(max_length=100), max_length=200)
    facts = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=200), required=False
    )
    project = serializers.IntegerField(required=False, allow_null=True)
    versions = serializers.DictField(
        child=serializers.IntegerField(min_value=1), required=False,
        help_text="layer version numbers by code, from the manifest of the check; the ones in force unless given",
    )  # fmt: skip


class CutAwayIn(AvoidIn):
    clearance_m = FloatField(required=False, default=0.0, help_text="how much further is cut, m")
    least_width_m = FloatField(
        required=False, default=1.0, help_text="remaining parts narrower than this are left out, m"
    )


class ShiftIn(AvoidIn):
    bound_m = FloatField(required=False, default=200.0, help_text="how far is looked, m")


class _Asked(APIView):
    parser_classes = [JSONParser]

    def asked(
        self, request: Request, serializer: AvoidIn
    ) -> tuple[drawings.Drawing, Question, dict[str, Any]]:
        user = cast(User, request.user)
        require(user, Permission.RUN_CHECKS)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        rulebook = in_force(checks.DEFAULT_RULEBOOK, timezone.localdate())
        facts: dict[str, str] = {}
        if data.get("project"):
            projects = Project.objects.select_related("site", "region")
            project = find(
                user, Permission.RUN_CHECKS, projects, reading=Permission.READ_PROJECTS, pk=data["project"]
            )
            facts = still_asked(rulebook, project.site.facts) if project.site else {}
        _refuse_hidden(user, rulebook.rules, data["rules"])
        drawing = drawings.read(data["geometry"])
        refuse_beyond(LIVE, boundaries.measured(drawing, max_vertices=LIVE.vertices))
        codes = sorted({*rulebook.layers, checks.PRESENT_LAND_LAYER})
        versions = layers.queries.current(codes) | _pinned(codes, data.get("versions") or {})
        return drawing, Question({**facts, **data.get("facts", {})}, rulebook, versions), data


def _pinned(codes: list[str], named: dict[str, int]) -> dict[str, layers.queries.PinnedVersion]:
    """The named versions, of those that were in force once: one that waits has answered nobody."""
    rows = LayerVersion.objects.filter(
        layer__code__in=[code for code in codes if code in named], status__in=IN_FORCE_ONCE
    ).values_list("layer__code", "number")
    return layers.queries.pinned({code: number for code, number in rows if named[code] == number})


def _refuse_hidden(user: User, rules: Any, chosen: list[str]) -> None:
    """What is cut away shows the outline of what it was cut by: not of layers that the user may not read."""
    shown = readable(user, {rule.layer for rule in rules if rule.code in chosen})
    for rule in rules:
        if rule.code in chosen and rule.layer not in shown:
            raise UnusableInput(
                Notice(
                    "conflict-withheld",
                    "“%(rule)s”用到涉密图层，不能由系统避让",
                    {"rule": rule.name},
                    field="rules",
                )
            )


class CutAway(_Asked):
    """Cut chosen conflicts out of a drawing: what is lost, what remains, and the check of it."""

    @extend_schema(request=CutAwayIn, responses=OpenApiTypes.OBJECT, operation_id="checks_avoid")
    def post(self, request: Request) -> Response:
        drawing, question, data = self.asked(request, CutAwayIn(data=request.data))
        done = avoidance.cut_away(
            drawing,
            question,
            data["rules"],
            clearance_m=data["clearance_m"],
            least_width_m=data["least_width_m"],
        )
        return Response(
            {
                "drawing": done.drawing.to_json(),
                "areas": presenting.areas(done.after.boundary),
                "lost": _sizes(done.lost_m2),
                "parts_m2": [round(area, 2) for area in done.parts_m2[:MAX_PARTS]],
                "parts": len(done.parts_m2),
                "dropped_m2": [round(area, 2) for area in done.dropped_m2[:MAX_PARTS]],
                "dropped": len(done.dropped_m2),
                "still": list(done.still),
                **_said(done.after),
            }
        )


class SmallestShift(_Asked):
    """The smallest shift that clears chosen conflicts, confirmed by a check; null where none was found."""

    @extend_schema(request=ShiftIn, responses=OpenApiTypes.OBJECT, operation_id="checks_shift")
    def post(self, request: Request) -> Response:
        drawing, question, data = self.asked(request, ShiftIn(data=request.data))
        asked = set(question.rulebook.layers)
        unseen = asked - readable(cast(User, request.user), asked)
        shift = avoidance.smallest_shift(
            drawing, question, data["rules"], bound_m=data["bound_m"], unseen=unseen
        )
        found = shift and {
            "north_m": shift.north_m,
            "east_m": shift.east_m,
            "distance_m": round(shift.distance_m, 2),
            "drawing": shift.drawing.to_json(),
            "areas": presenting.areas(shift.check.boundary),
            **_said(shift.check),
        }
        return Response({"shift": found, "bound_m": data["bound_m"]})


def _sizes(area_m2: float) -> dict[str, float]:
    return {"area_m2": round(area_m2, 2), "area_mu": mu(area_m2), "area_ha": hectares(area_m2)}


def _said(result: CheckResult) -> dict[str, Any]:
    """What the check of the result says: the verdict, and which rules are still in conflict or open."""
    of = {
        outcome: [item.rule.code for item in result.results if item.outcome is outcome] for outcome in Outcome
    }
    return {
        "verdict": str(result.verdict),
        "conflicts": [*of[Outcome.HIT], *of[Outcome.SUSPECT]],
        "not_checked": of[Outcome.NOT_CHECKED],
    }
