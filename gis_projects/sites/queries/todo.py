"""What waits for a person in the reviews of sites and among rulebooks."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_noop

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.people.todo import Waiting
from gis_projects.sites.models import PublicationState, RulebookPublication
from gis_projects.sites.models.reviews import ReviewState
from gis_projects.sites.queries.boundaries import CHECK_SCOPE
from gis_projects.sites.queries.reviews import Wanted, inbox
from siting.models import Check

KINDS: dict[str, str] = {
    "sites.review": gettext_noop("选址复核"),
    "sites.sign": gettext_noop("复核签发"),
    "sites.change": gettext_noop("边界修改"),
    "sites.rulebook": gettext_noop("规则库发布"),
}
_REVIEW = gettext_noop("复核“%(project)s”的合规检查")
_SIGN = gettext_noop("签发“%(project)s”的复核")
_CHANGE = gettext_noop("按复核意见修改“%(project)s”的边界")
_RULEBOOK = gettext_noop("审批规则库“%(name)s”的发布申请")


def waiting(user: User) -> Iterator[Waiting]:
    """Reviews handed in or taken, changes asked for, and rulebooks that wait for a second person."""
    yield from _reviews(user)
    yield from _changes(user)
    yield from _rulebooks(user)


def _reviews(user: User) -> Iterator[Waiting]:
    """Of what the inbox shows, that which somebody handed in or the user took; the rest waits for nobody's word yet."""
    if has(user, Permission.REVIEW_CHECKS):
        rows = visible(user, Permission.REVIEW_CHECKS, inbox(user, Wanted()), CHECK_SCOPE)
        open_ones = rows.filter(review__state__in=[ReviewState.WAITING, ReviewState.REVIEWING])
        handed_in = Q(review__submitted_at__isnull=False, review__assignee=None)
        for check in open_ones.filter(handed_in | Q(review__assignee=user)):
            yield _of_check(check, "sites.review", _REVIEW, mine=check.review.assignee_id == user.pk)
    if has(user, Permission.SIGN_CHECKS):
        rows = visible(
            user, Permission.SIGN_CHECKS, inbox(user, Wanted(state=ReviewState.READY)), CHECK_SCOPE
        )
        for check in rows:
            yield _of_check(check, "sites.sign", _SIGN, mine=check.review.assignee_id == user.pk)


def _changes(user: User) -> Iterator[Waiting]:
    if has(user, Permission.EDIT_SITES):
        rows = inbox(user, Wanted(state=ReviewState.CHANGE))
        for check in visible(user, Permission.EDIT_SITES, rows, CHECK_SCOPE):
            yield _of_check(check, "sites.change", _CHANGE, mine=False)


def _of_check(check: Check, kind: str, template: str, *, mine: bool) -> Waiting:
    project = check.site_version.site.project
    return Waiting(
        kind=kind,
        template=template,
        params={"project": project.name},
        address=reverse("sites:review", args=[check.pk]),
        project=project.pk,
        mine=mine,
    )


def _rulebooks(user: User) -> Iterator[Waiting]:
    if has(user, Permission.PUBLISH_RULES):
        rows = RulebookPublication.objects.filter(state=PublicationState.PROPOSED).exclude(proposer=user)
        for row in rows.select_related("draft"):
            yield Waiting(
                kind="sites.rulebook",
                template=_RULEBOOK,
                params={"name": row.draft.name},
                address=reverse("sites:rulebook-decide", args=[row.pk]),
                mine=False,
            )
