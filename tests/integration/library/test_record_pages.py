"""The pages of a project's record: registering, editing as far as it is one's own, plan, land, diary, files."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image

from gis_projects.library.actions.codes import load_defaults, retire_code
from gis_projects.library.actions.projects import revise_project
from gis_projects.library.models import Attachment, Code, DiaryEntry, Project, ProjectDraft
from gis_projects.library.packages import made
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.library import InvestmentFactory, ProjectFactory, clerk, department, owner
from tests.factories.people import RegionFactory, baotou, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lists(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    baotou()
    load_defaults()


@pytest.fixture
def project():
    made = ProjectFactory(region=RegionFactory(code="150207"), kinds=["key"])
    InvestmentFactory(project=made)
    return made


@pytest.fixture
def planner(client):
    user = clerk()
    client.force_login(user)
    return user


def picture():
    out = io.BytesIO()
    Image.new("RGB", (8, 6), "green").save(out, "PNG")
    return out.getvalue()


def text_of(response):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", response.content.decode()))


FIRST = {
    "name": "昆都仑河防洪提升工程", "investment_kind": "government", "region": "150207", "industry": "N",
    "division": "division:76", "intended_yuan": "120000000.50", "source_kind": "source_kind:superior",
    "source_basis": "市政府会议纪要", "address": "九原区哈林格尔镇", "content": "堤防加固 12 公里",
    "lon": "109.9", "lat": "40.6", "precision": "exact",
}  # fmt: skip
SECOND = {
    "policy": "policy:flood-control", "industry_type": "industry_type:water",
    "project_type": "project_type:infrastructure", "construction_mode": "construction_mode:dbb",
    "nature": "nature:new", "level": "county", "stage": "planning", "year": "2026", "kinds": ["key", "reserve"],
}  # fmt: skip
THIRD = {
    "credit_code": "91350100M000100Y43", "legal_person": "李四", "scale": "堤防 12 公里", "planned_start": "2027-03-01",
    "planned_finish": "2028-10-31", "goals": "防洪标准提高到五十年一遇", "functions": ["basics", "land"],
}  # fmt: skip


def registered(client, **changes):
    client.post(reverse("library:project-new"))
    draft = ProjectDraft.objects.get()
    address = reverse("library:project-draft", args=[draft.pk])
    client.post(f"{address}?step=1", {**FIRST, **changes, "go": "next"})
    client.post(f"{address}?step=2", {**SECOND, "go": "next"})
    return client.post(f"{address}?step=3", {**THIRD, "go": "register"})


def test_a_project_is_registered_in_three_steps_that_are_kept(client, planner):
    response = registered(client)
    project = Project.objects.get()
    assert response.url == reverse("library:project", args=[project.pk])
    assert (project.name, project.intended_yuan) == ("昆都仑河防洪提升工程", Decimal("120000000.50"))
    assert (project.division_id, project.functions) == ("division:76", ["basics", "land"])
    assert project.location == Point(109.9, 40.6, srid=4490)
    assert sorted(project.memberships.values_list("kind", flat=True)) == ["key", "reserve"]
    assert re.fullmatch(r"XM-2026-150207-\d{6}", project.code)
    assert not ProjectDraft.objects.exists()


def test_what_is_wrong_is_said_at_its_field_in_its_step(client, planner):
    response = registered(client, division="division:01", name="")
    assert response.status_code == 200
    assert 'name="name"' in response.content.decode()  # the first step is shown again
    assert "is-invalid" in response.content.decode()
    assert not Project.objects.exists()
    draft = ProjectDraft.objects.get()
    response = client.post(
        reverse("library:project-draft", args=[draft.pk]) + "?step=1",
        {**FIRST, "division": "division:01", "go": "register"},
    )
    assert "不属于所选的行业门类" in text_of(response)


def test_a_draft_is_its_authors_alone(client, planner):
    client.post(reverse("library:project-new"))
    draft = ProjectDraft.objects.get()
    client.force_login(clerk(username="other"))
    assert client.get(reverse("library:project-draft", args=[draft.pk])).status_code == 404
    assert client.post(reverse("library:project-draft-drop", args=[draft.pk])).status_code == 404
    assert ProjectDraft.objects.exists()


def test_what_a_unit_said_once_is_not_asked_again(client):
    user = owner()
    ProjectFactory(organisation=user.organisation, legal_person="王五", legal_person_phone="0472-1234567")
    client.force_login(user)
    client.post(reverse("library:project-new"))
    data = ProjectDraft.objects.get().data
    assert (data["organisation"], data["credit_code"]) == (str(user.organisation.pk), user.organisation.code)
    assert data["legal_person"] == "王五"


@pytest.mark.parametrize(
    ("function", "kind", "enters"),
    [
        ("housing", "government", True),
        ("civil_affairs", "government", True),
        ("civil_affairs", "social", False),
        ("commerce", "social", True),
        ("commerce", "government", False),
        ("water", "government", True),
        ("water", "social", True),
        ("audit", "government", False),
    ],
)
def test_departments_enter_the_kinds_that_are_theirs(client, function, kind, enters):
    client.force_login(clerk(function))
    response = registered(client, investment_kind=kind)
    assert Project.objects.exists() is enters
    if not enters:
        assert "您所在的单位不录入" in text_of(response)


def test_a_unit_enters_its_own_and_nobody_elses(client):
    user = owner()
    client.force_login(user)
    client.post(reverse("library:project-new"))
    draft = ProjectDraft.objects.get()
    draft.data |= FIRST | SECOND | THIRD
    draft.save()
    own = {**THIRD, "organisation": str(user.organisation.pk), "go": "register"}
    other = owner("second").organisation
    address = reverse("library:project-draft", args=[draft.pk]) + "?step=3"
    client.post(address, {**own, "organisation": str(other.pk)})
    assert not Project.objects.exists()
    client.post(address, own)
    assert Project.objects.get().organisation == user.organisation


def test_a_retired_code_stays_where_it_is_and_is_offered_no_more(client, planner, project):
    Project.objects.filter(pk=project.pk).update(policy="policy:flood-control")
    retire_code(
        by=None,
        code=Code.objects.get(pk="policy:flood-control"),
        retired_on=timezone.localdate(),
        reason="到期",
    )
    assert "防洪减灾 （已停用）" in text_of(client.get(reverse("library:project", args=[project.pk])))
    edit = client.get(reverse("library:project-edit", args=[project.pk])).content.decode()
    assert 'value="policy:flood-control" selected' in edit
    client.post(reverse("library:project-new"))
    step = reverse("library:project-draft", args=[ProjectDraft.objects.get().pk]) + "?step=2"
    assert "policy:flood-control" not in client.get(step).content.decode()
    other = ProjectFactory(region=project.region)
    address = reverse("library:project-edit", args=[other.pk])
    response = client.post(address, {**FIRST, **SECOND, **THIRD})
    assert "is-invalid" in response.content.decode()


def test_everyone_edits_their_own_fields_only(client, project):
    unit = owner()
    Project.objects.filter(pk=project.pk).update(organisation=unit.organisation)
    project.refresh_from_db()
    address = reverse("library:project-edit", args=[project.pk])
    names = {}
    for user in (unit, clerk(), user_of(Role.FINANCE, "150207")):
        client.force_login(user)
        page = client.get(address).content.decode()
        names[user.roles[0]] = set(re.findall(r'name="(\w+)"', page))
    assert "legal_person" in names["owner"]
    assert "policy" not in names["owner"]
    assert "policy" in names["planner"]
    assert "legal_person" not in names["planner"]
    assert "investment_mode" in names["finance"]
    assert "name" not in names["finance"]
    client.force_login(user_of(Role.REVIEWER))
    assert client.get(address).status_code == 403


def test_a_field_of_others_is_refused_and_the_attempt_kept(client, project):
    client.force_login(user_of(Role.FINANCE, "150207"))
    address = reverse("library-api:project", args=[project.pk])
    response = client.patch(
        address, {"name": "改名", "investment_mode": "investment_mode:direct"}, "application/json"
    )
    assert response.status_code == 403
    assert [error["field"] for error in response.json()["errors"]] == ["name"]
    project.refresh_from_db()
    assert (project.name, project.investment_mode_id) != ("改名", "investment_mode:direct")
    step = Step.objects.get(verb="library.refuse_change")
    assert (step.actor, step.data) == ("finance", {"fields": ["name"]})


def test_a_plan_is_typed_and_what_doesnt_add_up_is_said_where(client, planner, project):
    address = reverse("library:project-plan", args=[project.pk])
    typed = {
        "total_yuan": "1,000,000.00", "source_city-budget": "400000", "source_special-bond": "500000",
        "year_2026": "1000000",
    }  # fmt: skip
    page = client.post(address, typed)
    assert "资金来源合计比投资匡算少 100,000.00 元" in text_of(page)
    assert 'value="500000"' in page.content.decode()  # what was typed is still there
    assert client.post(address, {**typed, "source_special-bond": "600000"}).status_code == 302
    shown = text_of(client.get(address + "?unit=wan"))
    assert "第 1 版：投资匡算 100 万元" in shown
    assert "债券投资 60 60%" in shown
    assert "亿元" in text_of(client.get(address + "?unit=yi"))
    assert "“多少”不是数值" in text_of(client.post(address, {**typed, "year_2026": "多少"}))


def test_land_is_held_against_its_total(client, planner, project):
    address = reverse("library:project-land", args=[project.pk])
    typed = {"total_m2": "1000", "part_arable": "400.5"}
    assert "少 599.5 平方米" in text_of(client.post(address, typed))
    assert client.post(address, {**typed, "part_construction": "599.50"}).status_code == 302
    assert "还没有选址边界" in text_of(client.get(address))


def test_the_diary_is_written_and_corrected_with_photos(client, planner, project):
    address = reverse("library:project-diary", args=[project.pk])
    photo = SimpleUploadedFile("现场.png", picture(), "image/png")
    today = timezone.localdate()
    client.post(address, {"on": today, "text": "基础浇筑", "lon": "109.9", "lat": "40.6", "photos": [photo]})
    entry = DiaryEntry.objects.get()
    assert entry.location.coords == (109.9, 40.6)
    shot = Attachment.objects.get(subject=f"library.diary:{entry.pk}")
    file = reverse("library:project-file", args=[project.pk, shot.pk])
    assert b"".join(client.get(file + "?show=1")) == picture()
    assert (
        client.post(f"{address}?correct={entry.pk}", {"on": today, "text": "基础浇筑一半"}).status_code == 302
    )
    page = text_of(client.get(address))
    assert "基础浇筑一半" in page
    assert "更正前的内容" in page
    late = client.post(address, {"on": today + timedelta(days=1), "text": "明天"})
    assert "不能晚于今天" in text_of(late)
    revise_project(by=None, project=project, stage="suspended")
    assert "项目状态由“在建”改为“停缓建”" in text_of(client.get(address))


def test_files_are_brought_with_a_purpose_and_given_to_readers_only(client, planner, project):
    upload = reverse("library:project-files", args=[project.pk])
    client.post(
        upload,
        {"purpose": "proposal", "file": SimpleUploadedFile("建议书.txt", "建议".encode(), "text/plain")},
    )
    row = Attachment.objects.get()
    assert (row.purpose, row.subject) == ("proposal", f"library.project:{project.pk}")
    file = reverse("library:project-file", args=[project.pk, row.pk])
    assert client.get(file)["Content-Disposition"].startswith("attachment")
    client.post(upload, {"purpose": "nonsense", "file": SimpleUploadedFile("a.txt", b"x")})
    client.post(upload, {"purpose": "proposal", "file": SimpleUploadedFile("a.exe", b"MZ")})
    assert Attachment.objects.count() == 1
    client.force_login(user_of(Role.PLANNER, "150202", username="elsewhere"))
    assert client.get(file).status_code == 404
    client.force_login(user_of(Role.REVIEWER))
    assert client.get(file).status_code == 200
    assert client.post(upload, {"purpose": "proposal"}).status_code == 403


def test_what_is_beside_an_opinion_is_not_given_out_here(client, planner, project):
    row = Attachment.objects.create(
        project=project, subject="argument.opinion:1", purpose="opinion", name="a.txt", kind="text", size=1,
        sha256="0" * 64,
    )  # fmt: skip
    assert client.get(reverse("library:project-file", args=[project.pk, row.pk])).status_code == 404


def test_the_package_for_funds_is_for_projects_of_the_reserve(client, planner, project):
    address = reverse("library:project-package", args=[project.pk])
    assert client.get(address).status_code == 302
    stored = ProjectFactory(region=project.region, code="R-1", name="储备项目")
    client.post(
        reverse("library:project-files", args=[stored.pk]),
        {"purpose": "proposal", "file": SimpleUploadedFile("建议书.txt", "建议".encode())},
    )
    stored.library = "reserve"
    archive = zipfile.ZipFile(io.BytesIO(made(stored)))
    book = load_workbook(io.BytesIO(archive.read("申报表.xlsx")))
    assert book.sheetnames[0] == "基本情况"
    assert any("建议书" in name for name in archive.namelist())
    assert [cell.value for cell in book["附件清单"][2]][5] == "在包内"


def test_the_record_says_how_complete_it_is_and_links_to_what_lacks(client, planner, project):
    page = client.get(reverse("library:project", args=[project.pk])).content.decode()
    edit = reverse("library:project-edit", args=[project.pk])
    assert f'href="{edit}#id_policy"' in page
    assert reverse("library:project-land", args=[project.pk]) in page
    assert "信息完整度" in page


def test_a_division_of_another_section_is_refused(planner, project):
    with pytest.raises(ValidationError, match="行业门类"):
        revise_project(by=planner, project=project, division=Code.objects.get(pk="division:01"))


def test_a_project_doesnt_start_by_an_edit(planner, project):
    other = ProjectFactory(region=project.region, stage="planning")
    with pytest.raises(ValidationError, match="登记开工"):
        revise_project(by=planner, project=other, stage="construction")


def test_the_authority_is_a_department(planner, project):
    revise_project(by=planner, project=project, authority=department("water"))
    with pytest.raises(ValidationError, match="管理部门"):
        revise_project(by=planner, project=project, authority=owner("x").organisation)
