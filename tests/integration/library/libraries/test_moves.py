"""Into the libraries, on and out: every move by whom it is for, on what the gate asks, with its row and its step."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from gis_projects.clock.models import Clock
from gis_projects.library.actions import libraries, reshaping
from gis_projects.library.models import Application, LibraryMove, Project
from gis_projects.library.queries import gates
from gis_projects.library.refusals import NotThisPerson, Refused
from gis_projects.people.actions.delegations import delegate
from gis_projects.people.permissions import Permission, Role
from gis_projects.trail.models import Step
from siting.models import Site
from tests.factories.libraries import (
    admission,
    answered,
    bureau,
    entry,
    in_library,
    owner_of,
    project_for_catalogue,
    ready_for_implementation,
    ready_for_reserve,
)
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, user_of
from tests.refusals import codes

pytestmark = pytest.mark.django_db


def test_a_project_walks_through_the_three_libraries(project, owner, admitter):
    for to, prepare in (
        ("catalogue", lambda one: one),
        ("reserve", ready_for_reserve),
        ("implementation", ready_for_implementation),
    ):
        since = project.library
        project = prepare(project)
        assert gates.missing(project, to) == []
        application = libraries.apply(by=owner, project=project, to=to, note="请审核")
        assert Clock.objects.get(subject=f"library.application:{application.pk}").limit_days == 15
        move = libraries.admit(by=admitter, application=application, reason="符合条件")
        project = Project.objects.get(pk=project.pk)
        assert project.library == to
        assert (move.from_library, move.to_library, move.way) == (since, to, "admitted")
        assert move.gate, "the gate's answers are kept"
        assert all(answer["met"] for answer in move.gate)
        application.refresh_from_db()
        assert (application.state, application.decided_by) == ("admitted", admitter)
        assert Clock.objects.get(subject=f"library.application:{application.pk}").state == "stopped"
    verbs = list(
        Step.objects.filter(
            subject=f"library.project:{project.pk}", verb__in=["library.apply", "library.admit"]
        )
        .order_by("number")
        .values_list("verb", flat=True)
    )
    assert verbs == ["library.apply", "library.admit"] * 3


@pytest.mark.parametrize("field", ["name", "intended_yuan", "division", "source_basis", "content", "address"])
def test_each_of_the_catalogues_fields_is_asked_for(project, owner, field):
    Project.objects.filter(pk=project.pk).update(
        **{field: None if field in ("intended_yuan", "division") else ""}
    )
    with pytest.raises(Refused) as refused:
        libraries.apply(by=owner, project=project, to="catalogue")
    assert codes(refused) == {f"field.{field}_id" if field == "division" else f"field.{field}"}
    assert not Application.objects.exists()


def test_what_is_missing_is_listed_with_links_before_one_applies(project):
    in_library(project, "catalogue")
    lacking = gates.missing(project, "reserve")
    assert {one.code for one in lacking} == {
        "field.legal_person",
        "field.credit_code",
        "field.nature_id",
        "plan.total",
        "plan.sources",
        "plan.years",
        "field.scale",
        "field.national_code",
        "field.planned_start",
        "field.planned_finish",
        "land.total",
        "land.parts",
        "field.goals",
        "file.proposal",
        "file.site_file",
        "site.checked",
        "site.allowed",
        "site.area",
        "evidence.total_structure",
        "evidence.site",
    }
    assert all(one.address.startswith("/projects/") for one in lacking)
    assert "填写“法定代表人”" in [one.text for one in lacking]


@pytest.mark.parametrize(
    ("verdict", "lacks"),
    [
        ("clear", []),
        ("restricted", []),
        ("incomplete", ["site.checked"]),
        ("prohibited", ["site.allowed"]),
    ],
)
def test_a_site_must_be_checked_and_may_not_be_prohibited(project, verdict, lacks):
    project = ready_for_reserve(in_library(project, "catalogue"))
    answered(project, verdict)
    assert [one.code for one in gates.missing(project, "reserve")] == lacks


def test_a_prohibited_site_needs_a_named_approval(project):
    from gis_projects.library.actions.attachments import attach

    project = ready_for_reserve(in_library(project, "catalogue"))
    answered(project, "prohibited")
    attach(by=None, project=project, purpose="approval", name="国务院批复.pdf", content=b"%PDF-1.4\n%%EOF\n")
    assert gates.missing(project, "reserve") == []


def test_an_argument_about_an_earlier_boundary_counts_no_more(project):
    from siting import versions
    from tests.factories import land

    project = ready_for_reserve(in_library(project, "catalogue"))
    assert project.site is not None
    versions.save(Site.objects.get(pk=project.site_id), land.boundary())
    project = Project.objects.get(pk=project.pk)
    # the new boundary has no answer yet either
    assert {one.code for one in gates.missing(project, "reserve")} == {
        "evidence.site",
        "site.checked",
        "site.allowed",
    }


@pytest.mark.parametrize(
    ("since", "to"),
    [
        ("none", "reserve"), ("none", "implementation"), ("catalogue", "implementation"), ("catalogue", "catalogue"),
        ("reserve", "catalogue"), ("implementation", "reserve"), ("implementation", "catalogue"), ("reserve", "none"),
        ("none", "exited"), ("exited", "reserve"),
    ],
)  # fmt: skip
def test_no_library_is_skipped_and_none_is_gone_back_to(project, owner, since, to):
    if since == "exited":
        reshaping.exit_project(by=None, project=in_library(project, "catalogue"), reason="停止实施")
    elif since != "none":
        in_library(project, since)
    with pytest.raises(Refused) as refused:
        libraries.apply(by=owner, project=project, to=to)
    assert codes(refused) == {"no-such-step"}


def test_one_application_at_a_time(project, owner, admitter):
    application = libraries.apply(by=owner, project=project, to="catalogue")
    with pytest.raises(Refused) as refused:
        libraries.apply(by=owner, project=project, to="catalogue")
    assert codes(refused) == {"application-open"}
    libraries.return_application(by=admitter, application=application, reason="建设内容过于笼统")
    application.refresh_from_db()
    assert (application.state, application.reason) == ("returned", "建设内容过于笼统")
    again = libraries.apply(by=owner, project=project, to="catalogue")
    libraries.withdraw_application(by=owner, application=again)
    for act in (libraries.admit, libraries.return_application, libraries.withdraw_application):
        who = owner if act is libraries.withdraw_application else admitter
        with pytest.raises(Refused) as refused:
            act(by=who, application=again, reason="再看一次")
        assert codes(refused) == {"decided"}
    assert not LibraryMove.objects.exists()


def test_a_return_says_why(project, owner, admitter):
    application = libraries.apply(by=owner, project=project, to="catalogue")
    with pytest.raises(Refused) as refused:
        libraries.return_application(by=admitter, application=application, reason="  ")
    assert codes(refused) == {"reason-missing"}


def test_the_gate_is_asked_again_when_it_is_decided(project, owner, admitter):
    application = libraries.apply(by=owner, project=project, to="catalogue")
    Project.objects.filter(pk=project.pk).update(address="")
    with pytest.raises(Refused) as refused:
        libraries.admit(by=admitter, application=application)
    assert codes(refused) == {"field.address"}


def test_likely_duplicates_are_looked_at_before_a_project_is_admitted(project, owner, admitter):
    twin = project_for_catalogue(name="滨河路改造（续建）")
    application = libraries.apply(by=owner, project=project, to="catalogue")
    with pytest.raises(Refused) as refused:
        libraries.admit(by=admitter, application=application)
    assert codes(refused) == {"duplicates"}
    libraries.acknowledge(by=admitter, project=project, other=twin, reason="续建段，起止不同")
    assert libraries.admit(by=admitter, application=application).to_library == "catalogue"


def test_a_confidential_project_is_never_told_of_as_a_duplicate(project):
    project_for_catalogue(name="滨河路改造（二）", secrecy="confidential")
    assert gates.missing(project, "catalogue") == []


@pytest.mark.parametrize("role", list(Role))
def test_each_role_at_each_move(project, owner, role):
    """Whatever somebody is, only who is responsible decides, and only who brings the project applies."""
    elsewhere = OrganisationFactory()
    person = user_of(role, "150207", username=f"of-{role}", organisation=elsewhere)
    application = libraries.apply(by=owner, project=project, to="catalogue")
    for act in (libraries.admit, libraries.return_application):
        with pytest.raises(PermissionDenied):
            act(by=person, application=application, reason="理由")
    libraries.withdraw_application(by=owner, application=application)
    if role == Role.ADMINISTRATOR:
        return
    with pytest.raises(PermissionDenied):
        libraries.apply(by=person, project=project, to="catalogue")


def test_a_department_enters_the_kinds_that_it_is_listed_for(project):
    assert libraries.apply(by=entry("construction"), project=project, to="catalogue").pk
    social = project_for_catalogue(name="稀土永磁产业园", investment_kind="social")
    with pytest.raises(PermissionDenied):
        libraries.apply(by=entry("construction", username="other"), project=social, to="catalogue")
    assert libraries.apply(by=entry("commerce", username="commerce"), project=social, to="catalogue").pk


def test_only_the_admitting_department_of_the_region_admits(project, owner):
    """The city's 发改 decides while the district has none of its own, and only looks on from then on (F382)."""
    application = libraries.apply(by=owner, project=project, to="catalogue")
    of_city = admission("150200", "city")
    project.region.parent = of_city.region
    project.region.save()
    of_finance = user_of(Role.ADMISSION, "150207", username="wrong", organisation=bureau("finance"))
    own = admission("150207")
    for person in (of_city, of_finance, admission("150202", "neighbour")):
        with pytest.raises(PermissionDenied):
            libraries.admit(by=person, application=application)
    assert libraries.admit(by=own, application=application).by == own
    other = project_for_catalogue(name="东河区排水管网", region=of_city.region)
    theirs = libraries.apply(by=owner_of(other, "second"), project=other, to="catalogue")
    with pytest.raises(PermissionDenied):
        libraries.admit(by=own, application=theirs)
    assert libraries.admit(by=of_city, application=theirs).by == of_city


def test_who_applies_does_not_admit_and_neither_does_a_delegate(project):
    both = admission(username="both")
    both.roles = [str(Role.ADMISSION), str(Role.HANDLER)]
    both.save()
    project.organisation = both.organisation
    project.save()
    application = libraries.apply(by=both, project=project, to="catalogue")
    with pytest.raises(NotThisPerson):
        libraries.admit(by=both, application=application)
    colleague = admission(username="colleague")
    delegate(
        by=both,
        to=colleague,
        permissions=[Permission.APPLY_ADMISSION],
        starts_on=timezone.localdate(),
        ends_on=timezone.localdate(),
        reason="出差",
    )
    colleague.refresh_from_db()
    with pytest.raises(NotThisPerson):
        libraries.admit(by=colleague, application=application)
    with pytest.raises(NotThisPerson):
        libraries.return_application(by=colleague, application=application, reason="不符合")
    assert libraries.admit(by=admission(username="third"), application=application).pk


def test_a_ledger_is_taken_over_in_few_statements(admitter, django_assert_max_num_queries):
    rows = [ProjectFactory(region_id="150207", region=None) for _ in range(30)]
    with django_assert_max_num_queries(20):
        libraries.take_over(by=admitter, projects=rows, library="reserve", source="2019 年台账")
    assert Project.objects.filter(library="reserve").count() == 30
    assert Step.objects.filter(verb="library.take_over").count() == 30
    with pytest.raises(Refused) as refused:
        libraries.take_over(by=admitter, projects=rows[:1], library="implementation", source="台账")
    assert codes(refused) == {"in-a-library"}
