"""Who is told about a project: everybody whose word on its site counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.people.roles import ENGAGED
from gis_projects.trail.models import Step

#: Steps by which a person took a part in a project's site, whatever their reach is now.
_TOOK_PART = ("sites.save_boundary", "sites.sign_check")


def responsible(projects: Collection[int]) -> dict[int, set[int]]:
    """The projects of each responsible user: those who may edit its site, who last saved the boundary, who signed.

    Who may no longer read a project's site is not among them. Two queries for each reach that such users have: people
    of one unit with the same roles are asked about once.
    """
    rows = Project.objects.filter(pk__in=projects)
    took_part = _took_part(projects)
    found: dict[int, set[int]] = defaultdict(set)
    reaches: dict[tuple[object, ...], tuple[set[int], set[int]]] = {}
    for user in User.objects.filter(is_active=True).order_by("pk"):
        edits = has(user, Permission.EDIT_SITES)
        if not edits and user.username not in took_part:
            continue
        reach = _reach(user)
        if reach not in reaches:
            readable = set(visible(user, Permission.READ_SITES, rows).values_list("pk", flat=True))
            editable = visible(user, Permission.EDIT_SITES, rows).values_list("pk", flat=True)
            reaches[reach] = readable, set(editable) if edits else set()
        readable, own = reaches[reach]
        if concerned := (own | took_part.get(user.username, set())) & readable:
            found[user.pk] = concerned
    return found


def _reach(user: User) -> tuple[object, ...]:
    """What `visible` depends on; whom somebody lent something, or engaged, is alone with it."""
    lent = user.borrows_until is not None
    alone = user.pk if lent or not ENGAGED.isdisjoint(user.roles) else None
    return tuple(sorted(user.roles)), user.region_id, user.organisation_id, alone


def _took_part(projects: Collection[int]) -> dict[str, set[int]]:
    """By user name: whose boundary is the newest, and who signed. One query."""
    by_subject = {f"library.project:{project}": project for project in projects}
    steps = Step.objects.filter(subject__in=by_subject, verb__in=_TOOK_PART).order_by("number")
    saved: dict[int, str] = {}
    found: dict[str, set[int]] = defaultdict(set)
    for subject, verb, actor in steps.values_list("subject", "verb", "actor"):
        if verb == "sites.save_boundary":
            saved[by_subject[subject]] = actor
        else:
            found[actor].add(by_subject[subject])
    for project, actor in saved.items():
        found[actor].add(project)
    return found
