"""九原区 at work: departments with people, a committee, a review and its experts; made once for all walks of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache

from django.utils import timezone

from gis_projects.argument.actions import blockers, checklists, meeting_tasks, meetings
from gis_projects.argument.actions.campaigns import open_campaign
from gis_projects.argument.actions.services import engage
from gis_projects.argument.models import Case, ExpertReview, Link
from gis_projects.desk.actions.instructions import instruct
from gis_projects.library.actions import planning
from gis_projects.library.actions.programmes import save_programme, set_members
from gis_projects.library.models import BudgetLine, Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from siting.rulebook import publish_defaults
from tests.factories import arguments, committee, expert_reviews
from tests.factories.libraries import in_library, project_for_catalogue, proven
from tests.factories.people import RegionFactory, UserFactory

REGION = "150207"


@dataclass
class House:
    """Who works here, by what they do, and what lies on their desks."""

    bureau: arguments.Bureau
    sitting: committee.Sitting
    panel: expert_reviews.Panel
    people: dict[str, User]
    case: Case
    review: ExpertReview
    project: Project


@cache
def house() -> House:
    """Make it on first use; whoever asks unblocks the database."""
    publish_defaults()
    bureau = arguments.bureau()
    sitting = committee.sitting(REGION)
    panel = expert_reviews.panel()
    region = RegionFactory(code=REGION)
    water, finance, ndrc = (bureau.unit(code) for code in ("water", "finance", "ndrc"))

    def person(role: Role, **more: object) -> User:
        return UserFactory(username=f"house-{role}", full_name=f"{role}甲", roles=[str(role)], **more)

    people = {
        "coordinator": bureau.coordinator,
        "handler": bureau.person(water, Role.HANDLER),
        "approver": bureau.person(water, Role.APPROVER),
        "admission": person(Role.ADMISSION, region=region, organisation=ndrc),
        "finance": person(Role.FINANCE, region=region, organisation=finance),
        "monitor": person(Role.MONITOR, region=region),
        "leader": sitting.members[0],
        "committee": sitting.clerk,
        "owner": panel.owner,
        "organiser": panel.organiser,
        "unit_admin": person(Role.UNIT_ADMIN, region=None, organisation=panel.project.organisation),
        "intermediary": expert_reviews.intermediary("北方咨询"),
        "administrator": UserFactory(
            username="house-admin",
            full_name="管理员甲",
            roles=[str(Role.ADMINISTRATOR)],
            region=RegionFactory(code="150200"),
            organisation=water,
        ),
    }
    project = in_library(project_for_catalogue(name="滨河净水厂工程"), "implementation")
    today, soon = timezone.localdate(), timezone.localdate() + timedelta(days=20)
    case = arguments.opened(bureau, project)
    task = case.tasks.select_related("organisation__region", "case__routing").order_by("pk")[0]
    bureau.give(task, "conditional")
    review = panel.go_to(6)
    people["expert"] = expert_reviews.held(review)[0].expert.user
    blockers.raise_blocker(
        by=bureau.coordinator,
        project=project,
        link=Link.values[0],
        title="用水指标未落实",
        organisation=water,
        due_on=soon,
    )
    checklists.open_checklist(
        by=bureau.coordinator, project=project, system_lead=bureau.unit("committee_office")
    )
    coming = committee.meeting(sitting)
    meetings.add_item(by=sitting.clerk, meeting=coming, kind="fiscal", title="财力论证", project=project)
    meeting_tasks.assign(by=sitting.clerk, meeting=coming, title="落实资金", organisation=water, due_on=soon)
    engage(
        by=panel.owner, project=panel.project, organisation=people["intermediary"].organisation, phase="early",
        service="consulting", purpose="可研", starts_on=today, ends_on=soon,
    )  # fmt: skip
    open_campaign(
        by=people["administrator"], year=today.year, name="入库批次", kind="admission", region=region,
        projects=Project.objects.filter(pk=project.pk),
    )  # fmt: skip
    instruct(
        by=sitting.members[0], text="请核实取水许可", organisations=[water], due_on=soon, project=project
    )
    programme = save_programme(
        by=None, name="示范工程", region=region, target_yuan=Decimal(100), starts_year=2026, years=3
    )
    set_members(by=None, programme=programme, add=[project])
    planning.save_list(by=None, code="QD-1", name="谋划清单", region=region, year=2026, issued_on=today)
    BudgetLine.objects.create(
        project=project, year=2026, instrument="budget", amount_yuan=1000, reference="预字9号",
        review=proven(project, "review"),
    )  # fmt: skip
    return House(bureau, sitting, panel, people, case, review, project)
