"""The world that every address is visited in, and who visits it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import shapely
from django.utils import timezone

from gis_projects.argument.actions import committee, meeting_tasks, meetings, minutes
from gis_projects.argument.actions.campaigns import open_campaign
from gis_projects.argument.actions.reviews import open_review
from gis_projects.argument.models import Resolution
from gis_projects.atlas.actions.bookmarks import keep_bookmark
from gis_projects.atlas.actions.publications import stage_layer
from gis_projects.atlas.actions.uploads import begin
from gis_projects.desk.models import Notice
from gis_projects.library.actions.attachments import attach
from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.actions.programmes import save_programme
from gis_projects.library.models import Application, BudgetLine, FundApplication, Project
from gis_projects.people.models import Engagement, OrganisationKind, User
from gis_projects.people.permissions import Role
from gis_projects.sites.actions import alternatives, rulebooks, suggestions
from gis_projects.sites.actions import boundaries as sites
from gis_projects.sites.actions.revalidation import revalidate
from gis_projects.sites.models import AlternativeSource, RulebookPublication
from siting import boundaries
from siting.rulebook import publish_defaults
from siting.rulebook.trials import begin as begin_trial
from tests.api.addresses.visits import World
from tests.factories.committee import meeting, resolved, sitting
from tests.factories.disclosed import shown
from tests.factories.layers import REGION, LayerFactory, grid_table, published
from tests.factories.libraries import in_library, proven
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import OrganisationFactory, UserFactory, baotou, user_of
from tests.factories.plans import kept
from tests.factories.rasters import published_raster
from tests.factories.standards import drafted

SITE = shapely.box(109.901, 40.601, 109.904, 40.603)


def visitors() -> dict[str, User]:
    baotou()
    return {
        "somebody": UserFactory(username="somebody", roles=[], region_id="150200"),
        "planner": user_of(Role.PLANNER, "150207"),
        "elsewhere": user_of(Role.PLANNER, "150202", username="elsewhere"),
        "reviewer": user_of(Role.REVIEWER),
        "surveyor": user_of(Role.SURVEYOR),
        "administrator": user_of(Role.ADMINISTRATOR),
    }


def world(visitors: dict[str, User], folder: Path) -> World:
    rulebook = publish_defaults()
    published("DLTB", grid_table(4, 4))
    confidential = published("JM", grid_table(2, 2), secrecy="confidential")
    published_raster(folder, "DEM")
    published_raster(folder, "GC", secrecy="confidential")
    project = ProjectFactory(
        name="九原大道改造",
        region_id="150207",
        region=None,
        kinds=["key"],
        organisation=OrganisationFactory(),
    )
    InvestmentFactory(project=project)
    text = "drawn"
    boundary = boundaries.from_drawing(json.loads(shapely.to_geojson(SITE)))
    planner = visitors["planner"]
    with_file = sites.save_boundary(
        by=planner, project=project, boundary=boundary, content=text.encode(), filename="界线.txt"
    )
    project.refresh_from_db()
    drawn = sites.save_boundary(by=planner, project=project, boundary=boundary)
    check = sites.run_check(by=planner, project=project, site_version=drawn)
    secret = ProjectFactory(region_id="150207", region=None, secrecy="confidential")
    public = shown(project, (planner, visitors["reviewer"]))
    assert confidential.version == 1
    LayerFactory(code="NEU")
    stage_layer(by=visitors["surveyor"], code="NEU", source=grid_table(2, 2), coverage=REGION)
    upload = begin(by=visitors["surveyor"], filename="neu.zip", size=10, layer="NEU")
    alternative = alternatives.add_alternative(
        by=planner, project=project, name="方案一", boundary=boundary, source=AlternativeSource.DRAWN
    )
    searched = suggestions.start_search(
        by=planner, project=project, asked={}, region=json.loads(shapely.to_geojson(SITE))
    )
    published("GHT", grid_table(2, 2, class_codes=["02"] * 4))
    comparison = kept("DLTB", "GHT", visitors["reviewer"])
    secret_comparison = kept("GHT", "JM", visitors["reviewer"])
    draft, spare_draft = (rulebooks.begin_draft(by=visitors["planner"], rulebook=rulebook) for _ in range(2))
    publication = RulebookPublication.objects.create(
        draft=draft, revision=1, sha256=draft.sha256, reason="急需", proposer=visitors["planner"]
    )
    run = revalidate(by=None).run
    kept_view = keep_bookmark(
        by=visitors["planner"], name="本区重点项目", hash="11/40.62/109.85/layers=DLTB,JM/kinds=key"
    )
    notice = Notice.objects.create(
        user=planner,
        kind="worse",
        project=project,
        step=1,
        template="",
        address="/",
        created_at=timezone.now(),
    )
    in_library(project, "reserve")
    application = Application.objects.create(
        project=project, from_library="reserve", to_library="implementation", applicant=planner
    )
    line = BudgetLine.objects.create(
        project=project,
        year=2026,
        instrument="budget",
        amount_yuan=1000,
        reference="预字1号",
        review=proven(project, "review"),
    )
    declared = FundApplication.objects.create(
        project=project, flow="central", year=2026, amount_yuan=1000, purpose="管网", declared_by=planner
    )
    load_defaults()
    programme = save_programme(
        by=None,
        name="示范",
        region=project.region,
        target_yuan=Decimal(100),
        starts_year=2026,
        years=3,
    )
    attached = attach(by=None, project=project, purpose="proposal", name="建议书.txt", content=b"1")
    engaged = Engagement.objects.create(
        project=project.pk,
        organisation=OrganisationFactory(kind=OrganisationKind.INTERMEDIARY),
        phase="early",
        service="consulting",
        starts_on=timezone.localdate(),
        ends_on=timezone.localdate(),
    )
    review = open_review(by=None, project=project, title="评审", requested_yuan=Decimal(100))
    campaign = open_campaign(
        by=visitors["administrator"],
        year=2026,
        name="入库批次",
        kind="admission",
        region=project.region,
        projects=Project.objects.filter(pk=project.pk),
    )
    of = sitting()
    coming = meeting(of)
    about = meetings.add_item(by=of.clerk, meeting=coming, kind="fiscal", title="财力论证", project=project)
    task = meeting_tasks.assign(
        by=of.clerk,
        meeting=coming,
        title="落实资金",
        organisation=OrganisationFactory(kind="department", region=project.region),
        due_on=timezone.localdate(),
    )
    held = meeting(of)
    adopted = meetings.add_item(by=of.clerk, meeting=held, kind="fiscal", title="财力论证", project=project)
    resolved(of, adopted)
    recorded = minutes.record_minutes(by=of.clerk, meeting=held, minutes="会议审议了议题。")
    minutes.confirm_minutes(by=of.second, meeting=held, revision=recorded.revision)
    beside = meeting_tasks.attach(by=of.clerk, meeting=held, name="纪要.pdf", content=b"%PDF-1.7\n")
    plan = committee.draw_up_plan(
        by=of.clerk, committee=of.committee, year=2026, amounts={project.pk: Decimal(100)}
    )
    return World(
        meeting=coming.pk,
        agenda_item=about.pk,
        meeting_task=task.pk,
        confirmed_meeting=held.pk,
        resolution=Resolution.objects.get(item=adopted).pk,
        annual_plan=plan.pk,
        meeting_file=beside.pk,
        standard=drafted("design", by=None).pk,
        expert_review=review.pk,
        engagement=engaged.pk,
        campaign=campaign.pk,
        programme=programme.pk,
        project_file=attached.pk,
        application=application.pk,
        budget_line=line.pk,
        fund_application=declared.pk,
        rulebook=rulebook.pk,
        rulebook_draft=draft.pk,
        spare_draft=spare_draft.pk,
        rulebook_publication=publication.pk,
        rulebook_trial=begin_trial(draft).pk,
        revalidation=run,
        notice=notice.pk,
        bookmark=kept_view.pk,
        alternative=alternative.pk,
        comparison=comparison.pk,
        secret_comparison=secret_comparison.pk,
        comparison_run=secret_comparison.run.pk,
        search=searched.pk,
        project=project.pk,
        secret_project=secret.pk,
        site_version=with_file.pk,
        drawn_version=drawn.pk,
        check=check.pk,
        slug=public.slug,
        layer_version=1,
        geometry=json.loads(shapely.to_geojson(shapely.MultiPolygon([SITE]))),
        upload=str(upload.pk),
    )
