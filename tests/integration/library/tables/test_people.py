"""Units and accounts come in as tables and go out again; who may not, can't, and nobody gives themselves a role."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gis_projects.library.actions import tables as actions
from gis_projects.library.jobs import read_table_file
from gis_projects.library.models import TableImport
from gis_projects.library.tables import get
from gis_projects.people.actions.functions import load_functions
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.people import OrganisationFactory, UserFactory, baotou, user_of

pytestmark = pytest.mark.django_db

UNIT = {
    "code": "11150207MB0000001X", "name": "九原区水务局", "kind": "管理部门", "department": "water",
    "region": "150207", "contact": "李主任",
}  # fmt: skip
ACCOUNT = {
    "username": "li.si", "full_name": "李四", "organisation": UNIT["code"], "region": "150207",
    "roles": ["handler", "approver"], "email": "li.si@example.org",
}  # fmt: skip


@pytest.fixture
def admin():
    baotou()
    load_functions(by=None)
    return user_of(Role.ADMINISTRATOR)


def brought(by, table, *rows):
    return actions.write_objects(by=by, table=get(table), rows=rows, options={}, dry_run=False)


def codes(outcome, line=1):
    return [(problem.column, problem.notice.code) for problem in outcome.problems[line]]


def test_units_and_their_people_are_taken_over(admin):
    assert brought(admin, "organisations", UNIT).new == 1
    assert brought(admin, "accounts", ACCOUNT).new == 1
    unit = Organisation.objects.get(code=UNIT["code"])
    assert (unit.kind, unit.department_id, unit.region_id) == ("department", "water", "150207")
    account = User.objects.get(username="li.si")
    assert (account.organisation, account.roles) == (unit, ["handler", "approver"])
    assert not account.has_usable_password()
    steps = Step.objects.filter(verb__startswith="people.").values_list("verb", "actor")
    assert {("people.save_organisation", admin.username), ("people.create_user", admin.username)} <= set(
        steps
    )


def test_what_differs_is_corrected_and_what_doesnt_is_left(admin):
    brought(admin, "organisations", UNIT)
    brought(admin, "accounts", ACCOUNT)
    found = brought(admin, "organisations", {**UNIT, "phone": "0472-1"})
    assert (found.changed, found.unchanged) == (1, 0)
    unit = Organisation.objects.get(code=UNIT["code"])
    assert (unit.phone, unit.contact, unit.department_id) == ("0472-1", "李主任", "water")
    assert brought(admin, "accounts", ACCOUNT).unchanged == 1
    assert brought(admin, "accounts", {**ACCOUNT, "roles": ["handler"], "region": "150202"}).changed == 1
    account = User.objects.get(username="li.si")
    assert (account.roles, account.region_id) == (["handler"], "150202")
    verbs = Step.objects.filter(subject=f"people.user:{account.pk}").values_list("verb", flat=True)
    assert set(verbs) == {"people.create_user", "people.assign", "people.set_roles"}


def test_an_export_comes_back_unchanged(admin, client):
    brought(admin, "organisations", UNIT)
    brought(admin, "accounts", ACCOUNT)
    client.force_login(admin, backend="gis_projects.people.backends.Accounts")
    for name in ("organisations", "accounts"):
        answer = client.get(f"/tables/{name}/export/", {"format": "csv"})
        content = b"".join(answer.streaming_content)
        page = client.post(f"/tables/{name}/", {"file": SimpleUploadedFile("out.csv", content)})
        row = TableImport.objects.latest("pk")
        assert page.url == f"/tables/imports/{row.pk}/"
        read_table_file.func(job_id=row.job_id, row=row.pk)
        row.refresh_from_db()
        assert (row.new, row.changed, row.refused, row.problems) == (0, 0, 0, row.problems)
        assert row.unchanged == (1 if name == "organisations" else 2)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"code": "12"}, ("code", "cell-invalid")),
        ({"kind": "项目单位"}, ("department", "row-no-department")),
        ({"region": "999999"}, ("region", "cell-no-region")),
        ({"email": "nobody"}, ("email", "cell-invalid")),
    ],
)
def test_a_wrong_unit_says_where(admin, more, problem):
    found = brought(admin, "organisations", {**UNIT, **more})
    assert problem in codes(found)
    assert not Organisation.objects.exists()


def test_only_ones_own_region_and_never_ones_own_roles(admin):
    elsewhere = UserFactory(username="east", roles=[str(Role.ADMINISTRATOR)], region_id="150202")
    assert codes(brought(elsewhere, "organisations", UNIT)) == [("region", "row-out-of-reach")]
    brought(admin, "organisations", UNIT)
    assert codes(brought(elsewhere, "organisations", UNIT)) == [("code", "row-key-taken")]
    assert codes(brought(elsewhere, "accounts", ACCOUNT)) == [("region", "row-out-of-reach")]
    own = {"username": elsewhere.username, "region": "150202", "roles": ["administrator", "surveyor"]}
    assert codes(brought(elsewhere, "accounts", own)) == [("roles", "row-own-roles")]
    elsewhere.refresh_from_db()
    assert elsewhere.roles == ["administrator"]


def test_nobody_comes_to_a_closed_unit(admin):
    closed = OrganisationFactory(region_id="150207", closed_at="2026-01-01T00:00Z", closed_reason="合并")
    found = brought(admin, "accounts", {**ACCOUNT, "organisation": closed.code})
    assert codes(found) == [("organisation", "row-closed-unit")]


@pytest.mark.parametrize("name", ["organisations", "accounts"])
def test_whoever_doesnt_manage_people_gets_neither(admin, client, name):
    planner = user_of(Role.PLANNER, "150207")
    client.force_login(planner, backend="gis_projects.people.backends.Accounts")
    for address in (f"/tables/{name}/", f"/tables/{name}/export/?format=csv", f"/tables/{name}/template/"):
        assert client.get(address).status_code == 403
