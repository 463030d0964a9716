"""Chains of approval: the one that new work takes, and the one that running work keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from gis_projects.people.models import (
    ApprovalChain,
    ChainLevel,
    ChainMode,
    Organisation,
    Post,
    PostHolding,
    User,
)
from gis_projects.people.queries import delegations
from gis_projects.people.roles import Permission


@dataclass(frozen=True)
class Level:
    """One level, counted from 1. ``post`` is the key of the post whose holder decides there; None: anybody of the unit
    who may approve. ``name`` is Chinese, and the message id where it is ours.
    """

    number: int
    post: int | None
    name: str


@dataclass(frozen=True)
class Chain:
    """By whom an item is let through. ``pk`` is what running work keeps (`version`); None is the default chain of a
    unit that set up none, which is version 0.
    """

    pk: int | None
    version: int
    mode: ChainMode
    levels: tuple[Level, ...]

    def level(self, number: int) -> Level | None:
        return next((level for level in self.levels if level.number == number), None)

    def after(self, number: int) -> Level | None:
        """The level that follows; None after the last one: the item is through."""
        return self.level(number + 1)


DEFAULT = Chain(None, 0, ChainMode.APPROVE, (Level(1, None, gettext_noop("审批")),))


def current(organisation: Organisation | int, item: str) -> Chain:
    """The chain that a unit's new work takes: its newest version, or one level by a second person. Two queries."""
    key = organisation if isinstance(organisation, int) else organisation.pk
    rows = ApprovalChain.objects.filter(organisation=key, item=item).order_by("-version")
    row = rows.prefetch_related("levels").first()
    return DEFAULT if row is None else _read(row)


def version(pk: int | None) -> Chain:
    """The chain that running work began with, by the key that it kept; None is the default one."""
    if pk is None:
        return DEFAULT
    return _read(ApprovalChain.objects.prefetch_related("levels").get(pk=pk))


def may_decide(
    user: User,
    organisation: Organisation | int,
    level: Level,
    permission: Permission = Permission.APPROVE_OPINIONS,
) -> bool:
    """Whether a level is this person's: they hold its post, or somebody who does lends them this permission.

    Whether they may approve at all, and that they didn't do the level below, the caller's room asks besides.
    """
    key = organisation if isinstance(organisation, int) else organisation.pk
    if user.organisation_id != key:
        return False
    if level.post is None:
        return True
    people = [user, *delegations.acting_for(user, permission)]
    return _holdings().filter(post=level.post, user__in=people).exists()


def holders(posts: Iterable[Post | int]) -> list[User]:
    """Who holds any of these posts today, and is active."""
    held = _holdings().filter(post__in=list(posts)).values("user")
    return list(User.objects.filter(pk__in=held, is_active=True).order_by("pk"))


def _holdings() -> QuerySet[PostHolding]:
    day = timezone.localdate()
    return PostHolding.objects.filter(since__lte=day).exclude(until__lte=day)


def _read(row: ApprovalChain) -> Chain:
    levels: list[ChainLevel] = sorted(row.levels.all(), key=lambda level: level.number)
    return Chain(
        row.pk,
        row.version,
        ChainMode(row.mode),
        tuple(Level(level.number, level.post_id, level.name) for level in levels),
    )


@dataclass(frozen=True)
class Held:
    """A level as a page shows it: the post's name (empty: anybody who may approve), and who holds it today."""

    number: int
    name: str
    post: str
    people: list[User]


def described(chain: Chain) -> list[Held]:
    """The levels of a chain with their posts and holders."""
    keys = [level.post for level in chain.levels if level.post is not None]
    posts = {post.pk: post.name for post in Post.objects.filter(pk__in=keys)}
    held: dict[int, list[User]] = {}
    for row in _holdings().filter(post__in=keys, user__is_active=True).select_related("user"):
        held.setdefault(row.post_id, []).append(row.user)
    return [
        Held(
            level.number,
            gettext(level.name),
            "" if level.post is None else posts[level.post],
            [] if level.post is None else held.get(level.post, []),
        )
        for level in chain.levels
    ]
