"""The committee for programs: what is read, what a department's own system may report, and how refusals look."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.actions import meeting_tasks, meetings, minutes
from gis_projects.argument.models import MeetingTask, Resolution
from gis_projects.people.permissions import Role
from tests.factories.committee import meeting, resolved, sitting
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, signed_in, user_of

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%%EOF\n"
BASE = "/api/v1/committee-"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def of():
    return sitting()


@pytest.fixture
def department():
    return OrganisationFactory(kind="department", region=RegionFactory(code="150207"))


@pytest.fixture
def held(of, department):
    """A confirmed meeting with an open and a confidential item, each resolved, and a task out of each."""
    admin = user_of(Role.ADMINISTRATOR, username="boss")
    row = meeting(of)
    for number, secrecy in enumerate(("internal", "confidential"), start=1):
        project = ProjectFactory(
            name=f"工程{number}", region=RegionFactory(code="150207"), secrecy=secrecy, organisation=None
        )
        item = meetings.add_item(by=admin, meeting=row, kind="fiscal", title=f"议题{number}", project=project)
        resolved(of, item)
        meeting_tasks.assign(
            by=of.clerk, meeting=row, item=item, title=f"落实{number}", due_on=timezone.localdate(),
            organisation=department,
        )  # fmt: skip
    recorded = minutes.record_minutes(by=of.clerk, meeting=row, minutes="会议审议了两个议题。")
    minutes.confirm_minutes(by=of.second, meeting=row, revision=recorded.revision)
    return row


def test_a_meeting_is_read_without_what_its_reader_may_not_know(of, held):
    page = signed_in(of.clerk)
    listed = page.get(f"{BASE}meetings/").json()
    assert [(row["id"], row["items"], row["state"]) for row in listed["results"]] == [
        (held.pk, 1, "confirmed")
    ]
    one = page.get(f"{BASE}meetings/{held.pk}/").json()
    assert [item["title"] for item in one["items"]] == ["议题1"]
    assert one["items"][0]["votes"] == {"for": 3, "against": 0, "abstained": 0, "recused": 0, "missing": 0}
    assert one["quorum"] == {"members": 3, "present": 3, "needed": 3, "reached": True}
    assert [task["title"] for task in one["tasks"]] == ["落实1"]
    assert "议题2" not in str(one)
    everything = signed_in(user_of(Role.REVIEWER)).get(f"{BASE}meetings/{held.pk}/").json()
    assert [item["title"] for item in everything["items"]] == ["议题1", "议题2"]
    elsewhere = signed_in(user_of(Role.COMMITTEE, "150202"))
    assert elsewhere.get(f"{BASE}meetings/").json()["count"] == 0
    assert elsewhere.get(f"{BASE}meetings/{held.pk}/").status_code == 404


def test_resolutions_are_found_by_their_words_and_numbers(of, held):
    page = signed_in(of.clerk)
    [row] = page.get(f"{BASE}resolutions/").json()["results"]
    stored = Resolution.objects.get(item__title="议题1")
    assert (row["id"], row["document"], row["outcome"]) == (stored.pk, stored.document, "adopted")
    assert page.get(f"{BASE}resolutions/{stored.pk}/").json() == row
    for query, count in (
        ({"q": stored.document}, 1), ({"q": "议题1"}, 1), ({"q": "议题2"}, 0), ({"outcome": "rejected"}, 0),
        ({"year": held.year}, 1), ({"year": held.year - 1}, 0),
    ):  # fmt: skip
        assert page.get(f"{BASE}resolutions/", query).json()["count"] == count, query
    secret = Resolution.objects.get(item__title="议题2")
    assert page.get(f"{BASE}resolutions/{secret.pk}/").status_code == 404


def test_what_is_not_confirmed_yet_has_no_number_and_is_not_listed(of):
    row = meeting(of)
    item = meetings.add_item(by=of.clerk, meeting=row, kind="dispatch", title="调度")
    resolved(of, item)
    page = signed_in(of.clerk)
    assert page.get(f"{BASE}resolutions/").json() == {"count": 0, "results": []}
    assert page.get(f"{BASE}meetings/{row.pk}/").json()["items"][0]["resolution"]["document"] is None


def test_a_department_reports_with_a_file_once(held, department):
    task = MeetingTask.objects.get(title="落实1")
    handler = UserFactory(roles=[str(Role.HANDLER)], organisation=department, region=department.region)
    page = signed_in(handler)
    address = f"{BASE}tasks/{task.pk}/reports/"
    assert (
        page.get(f"{BASE}tasks/", {"state": "open"}).json()["count"] == 2
    )  # its own, whatever the project's secrecy
    nothing = page.post(address, {"text": "已办结"})
    assert (nothing.status_code, nothing["Content-Type"]) == (400, "application/problem+json")
    assert nothing.json()["errors"][0]["code"] == "task-needs-file"
    assert page.post(address, {"file": file()}).status_code == 400
    done = page.post(address, {"text": "已办结", "file": file()})
    assert done.status_code == 201
    assert (done.json()["state"], [each["name"] for each in done.json()["files"]]) == (
        "reported",
        ["说明.pdf"],
    )
    again = page.post(address, {"text": "再次", "file": file()})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "task-not-open")
    assert page.get(f"{BASE}tasks/{task.pk}/").json()["files"][0]["url"].startswith("/committee/files/")
    assert task.files.count() == 1


def test_nobody_reports_for_another_department(of, held):
    task = MeetingTask.objects.get(title="落实1")
    other = OrganisationFactory(kind="department", region=RegionFactory(code="150207"))
    handler = UserFactory(roles=[str(Role.HANDLER)], organisation=other, region=other.region)
    address = f"{BASE}tasks/{task.pk}/reports/"
    refused = signed_in(handler).post(address, {"text": "已办结", "file": file()})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "not-yours")
    assert signed_in(of.clerk).post(address, {"text": "已办结", "file": file()}).status_code == 403
    assert not task.files.exists()


def test_a_meeting_of_many_items_asks_no_more_questions_than_one_of_few(of, django_assert_max_num_queries):
    row = meeting(of)
    page = signed_in(of.clerk)
    counts = []
    for number in range(1, 7):
        item = meetings.add_item(by=of.clerk, meeting=row, kind="dispatch", title=f"议题{number}")
        resolved(of, item)
        if number in (1, 6):
            for address in (f"{BASE}meetings/{row.pk}/", reverse("argument:meeting", args=[row.pk])):
                page.get(address)  # what is cached for a minute
                with django_assert_max_num_queries(60) as asked:
                    assert page.get(address).status_code == 200
                counts.append(len(asked))
    assert counts[:2] == counts[2:]


def file() -> SimpleUploadedFile:
    return SimpleUploadedFile("说明.pdf", PDF, "application/pdf")
