"""Expert reviews, experts, services and campaigns. The world's review waits to be accepted; nobody was drawn yet."""

from typing import Any

from gis_projects.people.permissions import Permission as P
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import (
    API_IN_REACH,
    API_WITH_ROLE,
    IN_REACH,
    WITH_ROLE,
    Address,
    World,
    of_project,
)


def of_review(world: World, **more: Any) -> dict[str, Any]:
    return {"pk": world.expert_review, **more}


def of_engagement(world: World) -> dict[str, Any]:
    return {"pk": world.engagement}


def of_campaign(world: World) -> dict[str, Any]:
    return {"pk": world.campaign}


NONE = "302 403 404 404 404 404 404"
HOLDERS = "302 403 403 403 403 403 200"
_OF_REVIEW = Policy(P.READ_ARGUMENTS, "review")
_NOBODY = Policy(P.READ_ARGUMENTS, personal=True)
_HOLDS = Policy(P.HOLD_REVIEWS, "review", reading=P.READ_ARGUMENTS)

ADDRESSES: dict[str, list[Address]] = {
    "argument:reviews": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"step": "accept", "mine": "1", "format": "csv"}),
        Address(
            WITH_ROLE, query=lambda world: {"step": "no-such", "campaign": "x", "region": "\0", "page": "z"}
        ),
    ],
    "argument:review-new": [
        Address("302 403 200 200 403 403 200"),
        Address(
            NONE.replace("404 404 404 404 404", "404 404 403 403 404"), query=lambda world: {"project": "0"}
        ),
    ],
    "argument:review": [Address(IN_REACH, of_review)],
    "argument:review-act": [
        # the panel is not what comes next
        Address(
            "302 403 403 404 403 403 409",
            lambda world: of_review(world, name="complete"),
            lambda world: {"step": "panel"},
            method="post",
        ),
        Address(NONE, lambda world: of_review(world, name="no-such"), method="post"),
    ],
    "argument:review-file": [Address(NONE, lambda world: of_review(world, attachment=10**9))],
    "argument:review-report": [Address(NONE, lambda world: of_review(world, kind="pdf"))],
    "argument:review-archive": [Address(NONE, of_review)],
    "argument:draw": [Address(NONE, lambda world: of_review(world, number=1))],
    "argument:draw-data": [Address(NONE, lambda world: of_review(world, number=1))],
    "argument:experts": [
        Address(HOLDERS),
        Address(HOLDERS, query=lambda world: {"speciality": "x", "format": "xlsx"}),
    ],
    "argument:expert-desk": [Address(HOLDERS)],
    "argument:services": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"phase": "late", "state": "over", "format": "csv"}),
    ],
    "argument:service": [Address(IN_REACH, of_engagement)],
    "argument:service-act": [
        # without a reason
        Address(
            "302 403 403 404 403 403 400",
            lambda world: {**of_engagement(world), "name": "end"},
            method="post",
        ),
        Address(NONE, lambda world: {**of_engagement(world), "name": "no-such"}, method="post"),
    ],
    "argument:deliverable-file": [Address(NONE, lambda world: {**of_engagement(world), "attachment": 10**9})],
    "argument:service-new": [Address("302 403 403 404 403 403 200", of_project)],
    "argument:campaigns": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"year": "\u0662", "kind": "x"}),
    ],
    "argument:campaign-new": [
        Address(HOLDERS),
        Address("302 403 403 403 403 403 400", query=lambda world: {"year": "none"}, method="post"),
    ],
    "argument:campaign": [
        Address(IN_REACH, of_campaign),
        Address(IN_REACH, of_campaign, lambda world: {"rounding": "truncate", "use": "x", "format": "csv"}),
    ],
    "argument:campaign-act": [
        # a batch of admissions has no reviews
        Address(
            "302 403 403 404 403 403 400",
            lambda world: {**of_campaign(world), "name": "assign"},
            method="post",
        ),
        Address(NONE, lambda world: {**of_campaign(world), "name": "no-such"}, method="post"),
    ],
    "argument-api:reviews": [
        Address(API_WITH_ROLE),
        Address("403 403 400 400 400 400 400", query=lambda world: {"step": "no-such"}),
    ],
    "argument-api:review": [Address(API_IN_REACH, of_review)],
    "argument-api:review-steps": [
        Address(
            "403 403 403 404 403 403 409", of_review, method="post", json=lambda world: {"step": "panel"}
        ),
        Address(
            "403 403 403 404 403 403 409",
            of_review,
            method="post",
            json=lambda world: {"step": "accept", "skip": True, "remark": "赶时间"},
        ),
    ],
    "argument-api:campaign": [
        Address(API_IN_REACH, of_campaign),
        Address("403 403 400 404 400 400 400", of_campaign, lambda world: {"rounding": "x"}),
    ],
}

POLICY: dict[str, Policy | list[Policy]] = {
    "argument:reviews": Policy(P.READ_ARGUMENTS),
    "argument:review-new": [
        Policy([P.HOLD_REVIEWS, P.APPLY_ADMISSION]),
        Policy([P.HOLD_REVIEWS, P.APPLY_ADMISSION]),
    ],
    "argument:review": _OF_REVIEW,
    "argument:review-act": [_HOLDS, _NOBODY],
    "argument:review-file": _NOBODY,
    "argument:review-report": _NOBODY,
    "argument:review-archive": _NOBODY,
    "argument:draw": _NOBODY,
    "argument:draw-data": _NOBODY,
    "argument:experts": Policy(P.HOLD_REVIEWS),
    "argument:expert-desk": Policy(P.REVIEW_AS_EXPERT),
    "argument:services": Policy(P.READ_ARGUMENTS),
    "argument:service": _OF_REVIEW,
    "argument:service-act": [
        Policy(P.MANAGE_ENGAGEMENTS, "review", reading=P.READ_ARGUMENTS),
        _NOBODY,
    ],
    "argument:deliverable-file": _NOBODY,
    "argument:service-new": Policy(P.MANAGE_ENGAGEMENTS, "project", reading=P.READ_PROJECTS),
    "argument:campaigns": Policy(P.READ_ARGUMENTS),
    "argument:campaign-new": Policy(P.HOLD_REVIEWS),
    "argument:campaign": Policy(P.READ_ARGUMENTS, "region"),
    "argument:campaign-act": [Policy(P.HOLD_REVIEWS, "region", reading=P.READ_ARGUMENTS), _NOBODY],
    "argument-api:reviews": Policy(P.READ_ARGUMENTS),
    "argument-api:review": _OF_REVIEW,
    "argument-api:review-steps": _HOLDS,
    "argument-api:campaign": Policy(P.READ_ARGUMENTS, "region"),
}
