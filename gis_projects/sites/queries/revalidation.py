"""Readers of runs, of what became of sites in them, and of which projects have an answer: through the one question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.utils.translation import gettext_noop

from gis_projects.library.models import ENDED_STAGES, Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, has, visible
from gis_projects.sites import jobs
from gis_projects.sites.withholding import LAYER_SCOPE
from gis_projects.trail.models import Job
from layers.models import Layer
from siting import revalidation
from siting.models import Change, How, RevalidatedSite, Revalidation
from siting.rulebook import NoRulebook

OUTCOME_SCOPE = ScopePaths(
    region="site_version__site__project__region_id",
    project="site_version__site__project__pk",
    organisation="site_version__site__project__organisation_id",
    secrecy="site_version__site__project__secrecy",
)
#: What a list of outcomes can be cut down to, besides one kind of change.
TURNED = "turned"


# --- runs -----------------------------------------------------------------------------------------


def runs(user: User) -> QuerySet[Revalidation]:
    """Every run, newest first, to those who may read sites: what became of whose sites is `counts`' question."""
    rows = Revalidation.objects.order_by("-pk").select_related("footing__rulebook")
    return rows if has(user, Permission.READ_SITES) else rows.none()


def counts(user: User, keys: Iterable[int]) -> dict[int, Counter[str]]:
    """Of each run, how many sites in the user's reach ended how (`How`) and in which change (`Change`). One query."""
    rows = visible(
        user,
        Permission.READ_SITES,
        RevalidatedSite.objects.filter(revalidation__in=list(keys)),
        OUTCOME_SCOPE,
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for run, how, change, number in (
        rows.values_list("revalidation", "how", "change").annotate(n=Count("pk")).order_by()
    ):
        found[run][how] += number
        if how != How.PROVED:
            found[run][change] += number
    return found


def outcomes(
    user: User, run: int, *, change: str = "", how: str = "", q: str = ""
) -> QuerySet[RevalidatedSite]:
    """What became of the sites in the user's reach, those whose verdict turned first."""
    rows = RevalidatedSite.objects.filter(revalidation=run).select_related(
        "site_version__site__project__region", "before", "after"
    )
    rows = rows.defer(
        "site_version__geometry", "site_version__declared", "site_version__source_file", "before__canonical",
        "after__canonical",
    )  # fmt: skip
    rows = visible(user, Permission.READ_SITES, rows, OUTCOME_SCOPE)
    if change == TURNED:
        rows = rows.filter(change__in=[Change.WORSE, Change.BETTER, Change.UNANSWERABLE, Change.ANSWERED])
    elif change in Change.values:
        rows = rows.filter(change=change)
    if how in How.values:
        rows = rows.filter(how=how)
    for word in q.split():
        rows = rows.filter(
            Q(site_version__site__project__name__icontains=word)
            | Q(site_version__site__project__code__icontains=word)
        )
    ranks = [
        Change.UNKNOWN,
        Change.UNANSWERABLE,
        Change.WORSE,
        Change.ANSWERED,
        Change.BETTER,
        Change.FINDINGS,
    ]
    rank = Case(
        *(When(change=change, then=Value(n)) for n, change in enumerate(ranks)), default=Value(len(ranks))
    )
    return rows.order_by(rank, "site_version__site__project__code")


def open_job(run: Revalidation | None) -> Job | None:
    """The job that does a run, while it is not done."""
    if run is None:
        return None
    return Job.objects.filter(subject=jobs.subject(run.pk)).order_by("-pk").first()


def readable_layers(user: User) -> set[str]:
    """Codes of the layers that a page may name to the user."""
    rows = visible(user, Permission.READ_LAYERS, Layer.objects.all(), LAYER_SCOPE)
    return set(rows.values_list("code", flat=True))


# --- which projects have an answer ----------------------------------------------------------------


class Standing(StrEnum):
    """Whether a project has an answer pinned to what is in force, or why it has none."""

    PINNED = "pinned"
    ENDED = "ended"
    NO_BOUNDARY = "no_boundary"
    NOT_YET = "not_yet"
    BOUNDARY_CHANGED = "boundary_changed"
    FACTS_CHANGED = "facts_changed"
    OUTDATED = "outdated"


STANDINGS = {
    Standing.PINNED: gettext_noop("有现行结果"),
    Standing.ENDED: gettext_noop("已竣工，不再比对"),
    Standing.NO_BOUNDARY: gettext_noop("没有选址边界"),
    Standing.NOT_YET: gettext_noop("尚未比对"),
    Standing.BOUNDARY_CHANGED: gettext_noop("边界已修改，待复检"),
    Standing.FACTS_CHANGED: gettext_noop("项目情况已修改，待复检"),
    Standing.OUTDATED: gettext_noop("图层或规则已更新，待复检"),
}
#: What a project needs to be eligible: it goes on, and has a boundary.
NOT_ELIGIBLE = (Standing.ENDED, Standing.NO_BOUNDARY)


def projects(user: User) -> QuerySet[Any]:
    """The projects in the user's reach, each with its ``standing`` (`Standing`), by code."""
    try:
        footing: int | None = revalidation.current().footing.pk
    except NoRulebook:
        footing = None
    rows = Project.objects.annotate(
        standing=Case(
            When(stage__in=[str(stage) for stage in ENDED_STAGES], then=Value(str(Standing.ENDED))),
            When(Q(site=None) | Q(site__current=None), then=Value(str(Standing.NO_BOUNDARY))),
            When(site__answer=None, then=Value(str(Standing.NOT_YET))),
            When(
                ~Q(site__answer__site_version=F("site__current")), then=Value(str(Standing.BOUNDARY_CHANGED))
            ),
            When(~Q(site__answer__facts=F("site__facts")), then=Value(str(Standing.FACTS_CHANGED))),
            When(site__answer__footing=footing, then=Value(str(Standing.PINNED))),
            default=Value(str(Standing.OUTDATED)),
            output_field=CharField(),
        )
    )
    return visible(user, Permission.READ_SITES, rows, Project.SCOPE).order_by("code")


@dataclass(frozen=True)
class Coverage:
    """How many projects are eligible, how many of them have an answer pinned to what is in force, and where."""

    eligible: int
    pinned: int
    proved: int
    by_standing: dict[str, int]
    by_region: list[dict[str, Any]]

    @property
    def share(self) -> float | None:
        """0 to 1; None where no project is eligible."""
        return self.pinned / self.eligible if self.eligible else None


def coverage(user: User) -> Coverage:
    """Sum up `projects`, also by region. Two queries."""
    rows = projects(user)
    proved = rows.filter(standing=Standing.PINNED, site__answer__proof__isnull=False).count()
    total: Counter[str] = Counter()
    regions: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    grouped = (
        rows.values_list("region__position", "region__name", "standing").annotate(n=Count("pk")).order_by()
    )
    for position, region, standing, number in grouped:
        total[standing] += number
        regions[position, region][standing] += number
    return Coverage(
        eligible=_eligible(total),
        pinned=total[Standing.PINNED],
        proved=proved,
        by_standing={str(standing): total[standing] for standing in Standing},
        by_region=[
            {
                "name": name,
                "projects": counted.total(),
                "eligible": _eligible(counted),
                "pinned": counted[Standing.PINNED],
                "share": counted[Standing.PINNED] / _eligible(counted) if _eligible(counted) else None,
            }
            for (_, name), counted in sorted(regions.items())
        ],
    )


def _eligible(counted: Counter[str]) -> int:
    return counted.total() - sum(counted[standing] for standing in NOT_ELIGIBLE)
