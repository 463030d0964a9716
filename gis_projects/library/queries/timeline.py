"""A project's timeline: the steps of the trail that are about it, in words.

Everybody who may read a project may read what happened to it; who it was stands there by name for those who may read
the trail (and of oneself always), and for everybody else by unit. What colleagues said before it was decided (`INSIDE`
of a room's words) is told to readers of the trail only, and so are the digests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may
from gis_projects.people.roles import Role
from gis_projects.trail import words
from gis_projects.trail.models import Step

#: Files that were brought beside an opinion, a review, a deliverable: their own rooms tell of them.
_FILES_OF_ROOMS_ABOVE = Q(verb="library.attach_file", data__beside__startswith="argument.")


@dataclass(frozen=True)
class Wanted:
    """What of a timeline is asked for; ``room`` is a step's room (``argument``), the days belong to the period."""

    room: str = ""
    who: str = ""
    since: date | None = None
    until: date | None = None
    files: bool = False


@dataclass(frozen=True)
class Line:
    """One step as a reader sees it. ``who`` is a name or a unit; ``digest`` is empty but for readers of the trail."""

    number: int
    at: datetime
    who: str
    said: str
    verb: str
    changes: tuple[words.Change, ...]
    files: tuple[words.FileHash, ...]
    digest: str = ""


def reads_names(user: User, project: Project) -> bool:
    """Whether the user is told persons, votes and digests, not just units."""
    return may(user, Permission.READ_TRAIL, project)


def steps(user: User, project: Project, wanted: Wanted) -> QuerySet[Step]:
    """The steps about a project that the user may read of, newest first."""
    about = Q(subject=subject(project)) | Q(data__projects__contains=[project.pk])
    rows = Step.objects.filter(about).order_by("-number")
    if not reads_names(user, project):
        rows = rows.exclude(verb__in=words.inside_verbs())
        # A file beside an opinion on its way, or a score sheet, names by its name what isn't told yet.
        rows = rows.exclude(_FILES_OF_ROOMS_ABOVE)
    if wanted.room:
        rows = rows.filter(verb__startswith=f"{wanted.room}.")
    if wanted.since:
        rows = rows.filter(at__gte=_midnight(wanted.since))
    if wanted.until:
        rows = rows.filter(at__lt=_midnight(wanted.until + timedelta(days=1)))
    if wanted.files:
        # a digest is no file's: only keys that say sha256
        rows = rows.extra(where=["trail_step.data::text LIKE %s"], params=['%sha256": "%'])
    if wanted.who:
        rows = rows.filter(actor_id__in=[str(key) for key in _named(wanted.who, reads_names(user, project))])
    return rows


def rooms(user: User, project: Project) -> list[str]:
    """The rooms that have steps about a project, for a filter."""
    verbs = steps(user, project, Wanted()).order_by().values_list("verb", flat=True).distinct()
    return sorted({verb.partition(".")[0] for verb in verbs})


def lines(user: User, project: Project, rows: Iterable[Step]) -> Iterator[Line]:
    """Steps as the user may see them. One query for all who acted."""
    listed = list(rows)
    named = reads_names(user, project)
    who = actors(user, listed, named=named)
    for step in listed:
        yield Line(
            number=step.number,
            at=step.at,
            who=who[step.number],
            said=words.sentence(step),
            verb=step.verb,
            changes=tuple(words.changes(step)),
            files=tuple(words.file_hashes(step)),
            digest=step.digest if named else "",
        )


def actors(user: User, steps: Iterable[Step], *, named: bool) -> dict[int, str]:
    """Who took each step (by its number), as the user may be told; ``named``: `reads_names`. One query."""
    listed = list(steps)
    keys = {step.actor_id for step in listed if step.actor_id.isdecimal()}
    people = User.objects.filter(pk__in=keys).select_related("organisation", "region").in_bulk()
    return {
        step.number: _who(
            step,
            people.get(int(step.actor_id)) if step.actor_id.isdecimal() else None,
            named=named or step.actor_id == str(user.pk),
        )
        for step in listed
    }


def _who(step: Step, actor: User | None, *, named: bool) -> str:
    if not step.actor:
        return gettext("系统")
    if named:
        return str(actor) if actor is not None else step.actor
    if actor is None:
        return gettext("工作人员")
    if Role.EXPERT in actor.roles:
        return gettext("评审专家")
    if actor.organisation is not None:
        return actor.organisation.name
    return actor.region.name if actor.region is not None else gettext("工作人员")


def _named(text: str, named: bool) -> list[int]:
    """Who is meant by a filter's words: units, and persons for those who are told of persons."""
    meant = Q(organisation__name__icontains=text)
    if named:
        meant |= Q(full_name__icontains=text) | Q(username__icontains=text)
    return list(User.objects.filter(meant).values_list("pk", flat=True)[:1000])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
