"""Reading engagements of intermediaries: by project and phase, with what was declared and delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.argument.models import Deliverable
from gis_projects.library.models import Attachment, Project
from gis_projects.people.models import Engagement, Phase, User
from gis_projects.people.permissions import Permission, visible_by_post


@dataclass(frozen=True)
class Wanted:
    phase: str = ""
    service: str = ""
    state: str = ""
    q: str = ""


@dataclass(frozen=True)
class Service:
    """An engagement with its project, and how it stands today."""

    engagement: Engagement
    project: Project
    state: str

    @property
    def label(self) -> str:
        return state_labels()[self.state]


def state_labels() -> dict[str, str]:
    return {"current": _("服务中"), "coming": _("未开始"), "over": _("已到期"), "ended": _("已终止")}


def state_of(row: Engagement, day: date | None = None) -> str:
    today = day or timezone.localdate()
    if row.ended_at is not None:
        return "ended"
    if row.starts_on > today:
        return "coming"
    return "over" if row.ends_on < today else "current"


def engagements(user: User, wanted: Wanted | None = None) -> QuerySet[Engagement]:
    """Intermediaries' engagements for the projects that the user reaches, and those of the user's own unit, also when
    they are over: a unit goes on knowing for whom it worked.
    """
    asked = wanted or Wanted()
    # Whoever is let in by an engagement reads the project; other units' engagements are the owner's business.
    reached = visible_by_post(user, Permission.READ_ARGUMENTS, Project.objects.all()).values("pk")
    mine = Q(organisation=user.organisation_id) if user.organisation_id is not None else Q(pk=None)
    served = Q(project__in=reached)
    rows = (
        Engagement.objects.filter(organisation__isnull=False)
        .exclude(service="referral")
        .filter(served | mine)
    )
    rows = rows.select_related("organisation", "engaged_by", "declaration").annotate(
        delivered=Count("deliverables", distinct=True),
        accepted=Count("deliverables", filter=Q(deliverables__receipt__accepted=True), distinct=True),
    )
    if asked.phase:
        rows = rows.filter(phase=asked.phase)
    if asked.service:
        rows = rows.filter(service=asked.service)
    today = timezone.localdate()
    if asked.state == "current":
        rows = rows.filter(ended_at=None, starts_on__lte=today, ends_on__gte=today)
    elif asked.state == "coming":
        rows = rows.filter(ended_at=None, starts_on__gt=today)
    elif asked.state == "over":
        rows = rows.filter(ended_at=None, ends_on__lt=today)
    elif asked.state == "ended":
        rows = rows.filter(ended_at__isnull=False)
    for word in asked.q.split():
        named = Project.objects.filter(Q(name__icontains=word) | Q(code__icontains=word)).values("pk")
        rows = rows.filter(Q(organisation__name__icontains=word) | Q(project__in=named))
    return rows.order_by("-starts_on", "-pk")


def with_projects(rows: list[Engagement]) -> list[Service]:
    """The rows of a page with their projects, in one query."""
    projects = Project.objects.select_related("region", "organisation").in_bulk({row.project for row in rows})
    return [Service(row, projects[row.project], state_of(row)) for row in rows]


def by_phase(rows: QuerySet[Engagement]) -> list[tuple[str, str, int, int]]:
    """Phase, its name, how many engagements, how many deliverables."""
    found = {
        row["phase"]: (row["n"], row["m"])
        for row in rows.order_by()
        .values("phase")
        .annotate(n=Count("pk", distinct=True), m=Count("deliverables", distinct=True))
    }
    return [(phase.value, str(phase.label), *found.get(phase.value, (0, 0))) for phase in Phase]


def deliverables(engagement: Engagement) -> QuerySet[Deliverable]:
    return engagement.deliverables.select_related("by", "receipt__by", "project").order_by("-pk")


def files_of(rows: list[Deliverable]) -> dict[int, list[Attachment]]:
    """The files of deliverables, by their keys, in one query."""
    subjects = {f"argument.deliverable:{row.pk}": row.pk for row in rows}
    found: dict[int, list[Attachment]] = {row.pk: [] for row in rows}
    for file in Attachment.objects.filter(subject__in=subjects).order_by("pk"):
        found[subjects[file.subject]].append(file)
    return found
