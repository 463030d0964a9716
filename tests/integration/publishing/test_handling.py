"""Publicity of handling: a case walked through real actions, and what the public sees of it and of nobody."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connections
from django.utils import timezone

from gis_projects.argument.actions import cases, meetings, minutes
from gis_projects.argument.models import Opinion
from gis_projects.disclosure.models import DisclosedProject, HandlingMatter, HandlingStage, PublicChange
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.publishing import portal_jobs
from gis_projects.publishing.actions import handling
from gis_projects.publishing.actions import projects as disclosing
from tests.factories import arguments, expert_reviews
from tests.factories.committee import meeting, resolved, sitting
from tests.factories.disclosed import boundary, shown, site_of
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])


@pytest.fixture
def walk():
    """A disclosed project of a unit, its departments, its experts and the people who disclose."""
    bureau = arguments.bureau()
    panel = expert_reviews.panel()
    Project.objects.filter(pk=panel.project.pk).update(site=site_of(boundary()), industry="N")
    panel.project.refresh_from_db()
    two = (user_of(Role.PLANNER), user_of(Role.REVIEWER))
    shown(panel.project, two)
    return bureau, panel, two


def matter_of(panel) -> HandlingMatter:
    portal_jobs.follow_trail()
    return HandlingMatter.objects.get(project__slug=DisclosedProject.objects.get().slug)


def stages(panel) -> list[int]:
    return [step.stage for step in matter_of(panel).steps.all()]


def walked(bureau, panel) -> list[list[int]]:
    """The five steps as people take them, and which stages the public saw after each."""
    case = arguments.opened(bureau, panel.project, "total_structure")
    seen = [stages(panel)]
    bureau.give_all(case)
    seen.append(stages(panel))
    panel.go_to(9)
    seen.append(stages(panel))
    cases.conclude(by=bureau.coordinator, case=case, text="同意该项目，王主任审定。")
    seen.append(stages(panel))
    of = sitting()
    held = meeting(of)
    item = meetings.add_item(
        by=of.clerk, meeting=held, kind="fiscal", title="财力论证", project=panel.project
    )
    resolved(of, item)
    recorded = minutes.record_minutes(by=of.clerk, meeting=held, minutes="会议审议了议题。")
    minutes.confirm_minutes(by=of.second, meeting=held, revision=recorded.revision)
    seen.append(stages(panel))
    return seen


def test_a_case_walks_through_its_five_steps_before_the_public(walk, client):
    bureau, panel, two = walk
    assert walked(bureau, panel) == [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]]
    matter = matter_of(panel)
    assert matter.ended
    page = client.get(f"/public/handling/{matter.slug}/").content.decode()
    for stage in HandlingStage:
        assert str(stage.label) in page
    assert page.count(f"{timezone.localdate():%Y-%m-%d}") >= 5
    assert "九投委决" in page
    listed = client.get("/public/handling/?kind=total_structure&state=ended").content.decode()
    assert panel.project.name in listed
    assert panel.project.name not in client.get("/public/handling/?state=open").content.decode()
    table = client.get("/public/handling/?format=csv").content.decode("utf-8-sig")
    assert panel.project.name in table
    shown_page = client.get(f"/public/projects/{matter.project_id}/").content.decode()
    assert f"/public/handling/{matter.slug}/" in shown_page
    assert shown_page.count("is-done") == 5
    client.force_login(two[1], backend="gis_projects.people.backends.Accounts")
    inside = client.get("/publishing/handling/?format=csv").content.decode("utf-8-sig")
    assert inside == table
    assert client.get("/publishing/handling/?format=xlsx").content.startswith(b"PK")


def test_no_name_of_anybody_and_no_opinion_is_in_any_public_row(walk):
    bureau, panel, _two = walk
    walked(bureau, panel)
    words: set[str] = set()
    for user in User.objects.all():
        words |= {user.username, user.get_full_name(), user.full_name, user.email}
    for row in Opinion.objects.all():
        words.add(row.text)
    words |= {"王主任", "建议实施", "同意该项目"}
    words = {word for word in words if word and len(word) > 1}
    assert len(words) > 20
    public = [model._meta.db_table for model in apps.get_app_config("disclosure").get_models()]
    found = []
    with connections["default"].cursor() as cursor:
        for table in public:
            # Every text that stands anywhere in a row, without the names of fields.
            cursor.execute(
                f"""SELECT found #>> '{{}}' FROM "{table}" t, jsonb_path_query(to_jsonb(t), 'lax $.**') found
                WHERE jsonb_typeof(found) = 'string'"""
            )
            for (text,) in cursor.fetchall():
                found += [(table, word, text) for word in words if word in text]
    assert found == []
    assert HandlingMatter.objects.exists()


def test_only_disclosed_projects_have_it_and_it_goes_with_them(walk, client):
    bureau, panel, two = walk
    other = arguments.project()
    arguments.opened(bureau, other, "total_structure")
    arguments.opened(bureau, panel.project, "total_structure")
    matter = matter_of(panel)
    assert HandlingMatter.objects.count() == 1
    disclosing.withdraw_project(by=two[1], project=panel.project, reason="更正")
    # gone in the same transaction, before anything follows the trail
    assert not HandlingMatter.objects.exists()
    assert client.get(f"/public/handling/{matter.slug}/").status_code == 404
    portal_jobs.follow_trail()
    assert not HandlingMatter.objects.exists()
    assert PublicChange.objects.filter(subject=f"handling:{matter.slug}", kind="withdrawn").count() == 1
    portal_jobs.follow_trail()
    handling.refresh(project=panel.project)
    assert PublicChange.objects.filter(subject=f"handling:{matter.slug}", kind="withdrawn").count() == 1
    shown(panel.project, two)
    assert matter_of(panel).slug == matter.slug


def test_a_case_taken_back_is_no_matter_any_more(walk):
    bureau, panel, _two = walk
    case = arguments.opened(bureau, panel.project, "total_structure")
    slug = matter_of(panel).slug
    cases.withdraw_case(by=bureau.coordinator, case=case, reason="项目调整")
    portal_jobs.follow_trail()
    assert not HandlingMatter.objects.filter(slug=slug).exists()


def test_nothing_is_written_where_nothing_changed(walk):
    bureau, panel, _two = walk
    arguments.opened(bureau, panel.project, "total_structure")
    before = matter_of(panel)
    assert handling.refresh(project=panel.project) == 0
    assert matter_of(panel).changed_at == before.changed_at
    assert PublicChange.objects.filter(subject__startswith="handling:").count() == 1
