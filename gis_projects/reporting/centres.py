"""Two read models of one library, held against each other (F371).

The application data centre reads how things stand: projects, what they say of themselves, where they are. The decision
support data centre reads what happened: moves, records of money, steps of the trail. What both can count they must
count alike; where they don't, a row of one is missing in the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import BigIntegerField, Count, QuerySet, Sum
from django.db.models.functions import Cast, Substr
from django.utils.translation import gettext as _

from gis_projects.argument.models import Case, CaseKind, CaseState
from gis_projects.library.models import (
    Evidence,
    InvestmentRecord,
    Library,
    LibraryMove,
    Project,
    ProjectKind,
)
from gis_projects.library.queries import projects as projects_of
from gis_projects.library.queries.overviews import overview
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from gis_projects.trail.models import Step

Amount = int | Decimal


@dataclass(frozen=True)
class Entry:
    """One thing that both centres count: ``application`` as it stands, ``decision`` as it came about."""

    group: str
    name: str
    application: Amount
    decision: Amount
    money: bool = False

    @property
    def difference(self) -> Amount:
        return self.application - self.decision


def reconciled(user: User) -> list[Entry]:
    """All that both centres count of the projects that the user may know of. A bounded number of queries."""
    known = visible(user, Permission.READ_STATISTICS, Project.objects.all()).order_by()
    return [*_registered(known), *_libraries(known), *_money(known), *_kinds(known), *_arguments(known)]


def _registered(known: QuerySet[Project]) -> Iterator[Entry]:
    """Every project has its step of registration: alone, or in a ledger that was taken over."""
    steps = Step.objects.filter(verb="library.register_project").annotate(
        of=Cast(Substr("subject", len("library.project:") + 1), BigIntegerField())
    )
    told = known.filter(pk__in=steps.values("of")).count()
    yield Entry(_("项目"), _("登记项目数"), known.count(), told)


def _libraries(known: QuerySet[Project]) -> Iterator[Entry]:
    """Where projects stand, against the newest move of each."""
    standing = Counter(dict(known.values_list("library").annotate(number=Count("pk"))))
    newest = LibraryMove.objects.order_by("project_id", "-pk").distinct("project_id").values("pk")
    moves = LibraryMove.objects.filter(pk__in=newest, project__in=known.values("pk")).order_by()
    moved = Counter(dict(moves.values_list("to_library").annotate(number=Count("pk"))))
    for library in Library:
        if library != Library.NONE:
            yield Entry(_("三库"), str(library.label), standing[library], moved[library])


def _money(known: QuerySet[Project]) -> Iterator[Entry]:
    """What the project list shows of each, against the newest records of all."""
    shown = overview(known)
    newest = InvestmentRecord.objects.order_by("project_id", "-recorded_on", "-pk").distinct("project_id")
    records = InvestmentRecord.objects.filter(pk__in=newest.values("pk"), project__in=known.values("pk"))
    sums = records.order_by().aggregate(planned=Sum("planned_yuan"), cumulative=Sum("cumulative_yuan"))
    zero = Decimal(0)
    yield Entry(_("投资"), _("计划投资（元）"), shown.planned_yuan, sums["planned"] or zero, money=True)
    yield Entry(_("投资"), _("累计投资（元）"), shown.cumulative_yuan, sums["cumulative"] or zero, money=True)


def _kinds(known: QuerySet[Project]) -> Iterator[Entry]:
    """How long the list is with each kind, against what stands beside the toggles of the map."""
    counted = overview(known).kinds
    for kind in ProjectKind:
        yield Entry(
            _("项目类别"), str(kind.label), projects_of.of_kinds(known, [kind]).count(), counted[kind]
        )


def _arguments(known: QuerySet[Project]) -> Iterator[Entry]:
    """Arguments that came to an end, against the evidence that they left in the library."""
    cases = Case.objects.filter(state=CaseState.CONCLUDED, project__in=known.values("pk")).order_by()
    concluded = Counter(dict(cases.values_list("kind").annotate(number=Count("pk"))))
    rows = Evidence.objects.filter(
        project__in=known.values("pk"), reference__startswith="argument.case:"
    ).order_by()
    left = Counter(dict(rows.values_list("kind").annotate(number=Count("reference", distinct=True))))
    for kind in CaseKind:
        yield Entry(_("论证"), _("%(kind)s办结数") % {"kind": kind.label}, concluded[kind], left[kind])
