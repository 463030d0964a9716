"""Out of the libraries: exit, merging and splitting.

What becomes of money and ground is one rule each. Merging: the survivor takes over the planned and the spent money of
those that are merged into it (a new investment record of the sum, so that totals stay what they were), and keeps its
own boundary; theirs are no longer live. Splitting: the parts take over the money, and must add up to it to the fen; the
boundary stays with the whole, whose site is no longer live, as a part's ground has to be drawn and checked for itself.
What still holds a balance of the budget comes out only after that is changed or paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_noop

from gis_projects.library.actions.investment import add_record
from gis_projects.library.actions.libraries import move
from gis_projects.library.actions.projects import register_project
from gis_projects.library.actions.sites import keep_live
from gis_projects.library.models import (
    AcceptanceState,
    ApplicationState,
    ChangeState,
    Library,
    LibraryMove,
    Project,
    ProjectKind,
    Succession,
    Way,
)
from gis_projects.library.queries.budget import balance_of
from gis_projects.library.queries.gates import inside
from gis_projects.library.refusals import refused
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.trail import actions as trail


@dataclass(frozen=True)
class PartOf:
    """One part that a project is split into; amounts in 元."""

    code: str
    name: str
    planned_yuan: Decimal
    cumulative_yuan: Decimal = Decimal(0)
    content: str = ""


@transaction.atomic
def exit_project(*, by: User | None, project: Project, reason: str) -> LibraryMove:
    """Take a project out of the libraries.

    Raises
    ------
    Refused
        It is in none; an application, a change or an acceptance is open; a balance of the budget is left; or no reason
        is given.
    """
    project = _leaving(by, project, reason)
    row = _out(by, project, Way.EXITED, reason)
    trail.record(
        by=by,
        verb="library.exit",
        subject=subject(project),
        data={"from": row.from_library, "move": row.pk, "reason": row.reason},
    )
    return row


@transaction.atomic
def merge(*, by: User | None, projects: Sequence[Project], into: Project, reason: str) -> list[LibraryMove]:
    """Let projects go on as one that is already in the libraries.

    Raises
    ------
    Refused
        As for `exit_project`; or the survivor is among them, or they are of another region or kind of investment.
    """
    order = sorted({project.pk for project in (*projects, into)})
    rows = {
        key: locked(Project(pk=key)) for key in order
    }  # in one order, so two who merge at once don't block
    survivor = rows[into.pk]
    demand(by, Permission.MANAGE_LIBRARIES, survivor)
    if into.pk in {project.pk for project in projects} or not projects:
        raise refused("merge-of-one", gettext_noop("请选择要并入的其他项目。"))
    if not inside(survivor):
        raise refused("survivor-outside", gettext_noop("并入的目标项目须在库中。"))
    moves = []
    planned, cumulative = _money(survivor)
    for project in projects:
        gone = _leaving(by, rows[project.pk], reason)
        if (gone.region_id, gone.investment_kind) != (survivor.region_id, survivor.investment_kind):
            raise refused(
                "merge-of-unlike",
                gettext_noop("只能合并同一地区、同一投资性质的项目：“%(name)s”。"),
                name=gone.name,
            )
        theirs = _money(gone)
        planned, cumulative = planned + theirs[0], cumulative + theirs[1]
        row = _out(by, gone, Way.MERGED, reason)
        Succession.objects.create(predecessor=gone, successor=survivor, move=row)
        moves.append(row)
    if planned or cumulative:
        add_record(survivor, planned, cumulative, None)
    for row in moves:
        trail.record(
            by=by,
            verb="library.merge",
            subject=f"library.project:{row.project_id}",
            data={"into": survivor.pk, "name": survivor.name, "reason": row.reason},
        )
    trail.record(
        by=by,
        verb="library.take_in",
        subject=subject(survivor),
        data={"merged": [row.project_id for row in moves], "planned_yuan": str(planned),
              "cumulative_yuan": str(cumulative), "reason": reason.strip()},
    )  # fmt: skip
    return moves


@transaction.atomic
def split(*, by: User | None, project: Project, parts: Sequence[PartOf], reason: str) -> list[Project]:
    """Let a project go on as several, which stand in its library and share its money to the fen.

    What was decided for the whole holds for its parts up to here; each passes the next gate by itself.

    Raises
    ------
    Refused
        As for `exit_project`; or there are fewer than two parts, or they don't add up.
    """
    project = _leaving(by, project, reason)
    planned, cumulative = _money(project)
    if len(parts) < 2:
        raise refused("split-in-one", gettext_noop("至少拆分为两个项目。"))
    sums = (
        sum((part.planned_yuan for part in parts), Decimal(0)),
        sum((part.cumulative_yuan for part in parts), Decimal(0)),
    )
    if sums != (planned, cumulative):
        raise refused(
            "split-adds-up",
            gettext_noop(
                "拆分后的投资须与原项目一致：计划 %(planned)s 元（现合计 %(sum)s 元），"
                "累计 %(cumulative)s 元（现合计 %(spent)s 元）。"
            ),
            planned=f"{planned:,}", sum=f"{sums[0]:,}", cumulative=f"{cumulative:,}", spent=f"{sums[1]:,}",
        )  # fmt: skip
    library, gate = project.library, _last_gate(project)
    row = _out(by, project, Way.SPLIT_UP, reason)
    made = []
    for part in parts:
        new = register_project(
            by=None,  # whoever splits need not be one who enters projects; they stand in the part's first move
            code=part.code,
            name=part.name,
            content=part.content or project.content,
            region=project.region,
            organisation=project.organisation,
            industry=project.industry,
            level=project.level,
            stage=project.stage,
            year=project.year,
            kinds=list(
                project.memberships.filter(kind__in=ProjectKind.values).values_list("kind", flat=True)
            ),
            investment_kind=project.investment_kind,
            location=project.location,
            precision=project.precision,
            secrecy=project.secrecy,
            planned_yuan=part.planned_yuan,
            cumulative_yuan=part.cumulative_yuan,
        )
        move(by=by, projects=[new], to=library, way=Way.SPLIT_OFF, reason=reason.strip(), gate=gate)
        Succession.objects.create(predecessor=project, successor=new, move=row)
        trail.record(
            by=by,
            verb="library.split_off",
            subject=subject(new),
            data={"of": project.pk, "name": project.name, "to": library, "reason": reason.strip()},
        )
        made.append(new)
    trail.record(
        by=by,
        verb="library.split",
        subject=subject(project),
        data={"into": [new.pk for new in made], "reason": reason.strip()},
    )
    return made


def _leaving(by: User | None, project: Project, reason: str) -> Project:
    """The project, locked, that may come out."""
    project = locked(project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    if not reason.strip():
        raise refused("reason-missing", gettext_noop("请写明理由。"))
    if not inside(project):
        raise refused("outside-the-libraries", gettext_noop("“%(name)s”不在库中。"), name=project.name)
    if project.applications.filter(state=ApplicationState.OPEN).exists():
        raise refused(
            "application-open",
            gettext_noop("“%(name)s”还有待审核的申请，请先办结或撤回。"),
            name=project.name,
        )
    if (
        project.building_changes.filter(state=ChangeState.APPLIED).exists()
        or project.acceptances.filter(state=AcceptanceState.APPLIED).exists()
    ):
        raise refused(
            "at-work-open",
            gettext_noop("“%(name)s”还有未办结的变更或验收，请先办结或撤回。"),
            name=project.name,
        )
    if (left := balance_of(project)) > 0:
        raise refused(
            "balance-left",
            gettext_noop("“%(name)s”的预算还有 %(left)s 元未拨付，请先调整预算。"),
            name=project.name,
            left=f"{left:,}",
        )
    return project


def _out(by: User | None, project: Project, way: Way, reason: str) -> LibraryMove:
    [row] = move(by=by, projects=[project], to=Library.EXITED, way=way, reason=reason.strip())
    if project.site is not None:
        keep_live(project, project.site)
    return row


def _money(project: Project) -> tuple[Decimal, Decimal]:
    latest = project.investments.first()
    return (latest.planned_yuan, latest.cumulative_yuan) if latest else (Decimal(0), Decimal(0))


def _last_gate(project: Project) -> list[dict[str, object]]:
    latest = project.moves.first()
    return list(latest.gate) if latest else []
