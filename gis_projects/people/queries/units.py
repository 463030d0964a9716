"""How a unit is set up inside."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch

from gis_projects.people.models import InternalUnit, Organisation, Post, PostHolding


@dataclass(frozen=True)
class Office:
    """An internal unit in the order of the tree, with its posts; None: what belongs to the unit as a whole."""

    unit: InternalUnit | None
    depth: int
    posts: list[Post]


def structure(organisation: Organisation) -> list[Office]:
    """The internal units that are there, each after what it belongs to, with their posts and who holds those (each
    post's ``held``). Three queries.
    """
    held = PostHolding.objects.filter(until=None, user__is_active=True).select_related("user")
    posts = organisation.posts.filter(closed_at=None).prefetch_related(
        Prefetch("holdings", queryset=held, to_attr="held")
    )
    of: dict[int | None, list[Post]] = {}
    for post in posts:
        of.setdefault(post.unit_id, []).append(post)
    below: dict[int | None, list[InternalUnit]] = {}
    for unit in organisation.internal_units.filter(closed_at=None):
        below.setdefault(unit.parent_id, []).append(unit)
    rows = [Office(None, 0, of.get(None, []))]

    def walk(parent: int | None, depth: int) -> None:
        for unit in below.get(parent, []):
            rows.append(Office(unit, depth, of.get(unit.pk, [])))
            walk(unit.pk, depth + 1)

    walk(None, 0)
    return rows
