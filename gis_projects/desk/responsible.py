"""Who is told about a project: everybody whose word on its site counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.trail.models import Step

#: Steps by which a person took a part in a project's site, whatever their reach is now.
_TOOK_PART = ("sites.save_boundary", "sites.sign_check")


def responsible(projects: Collection[int]) -> dict[int, set[int]]:
    """The projects of each responsible user: those who may edit its site, who last saved the boundary, who signed.

    Who may no longer read a project's site is not among them. One query per user who edits sites or took a part.
    """
    rows = Project.objects.filter(pk__in=projects)
    took_part = _took_part(projects)
    found: dict[int, set[int]] = defaultdict(set)
    for user in User.objects.filter(is_active=True).order_by("pk"):
        edits = has(user, Permission.EDIT_SITES)
        if not edits and user.username not in took_part:
            continue
        readable = set(visible(user, Permission.READ_SITES, rows).values_list("pk", flat=True))
        own = took_part.get(user.username, set())
        if edits:
            own = own | set(visible(user, Permission.EDIT_SITES, rows).values_list("pk", flat=True))
        if own & readable:
            found[user.pk] = own & readable
    return found


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
