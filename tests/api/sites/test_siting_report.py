"""The siting report: chapters that persons write, and a file that says what the check and they said."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest
import shapely
from django.db import DatabaseError, IntegrityError, transaction
from docx import Document
from pypdf import PdfReader

from gis_projects.library.models import InvestmentRecord
from gis_projects.people.permissions import Role
from gis_projects.sites.models import Alternative, Chapter, Statement
from gis_projects.sites.reports.siting_report import investment, land_use
from gis_projects.trail.models import Step
from siting import certificates, sealed_pdf
from siting.models import Check
from tests.api.conftest import geojson, signed_in
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def check(published_land, planner, project) -> Check:
    answer = planner.post(
        f"/api/v1/projects/{project.pk}/site-versions/",
        json.dumps({"geometry": geojson()}),
        content_type="application/json",
    )
    made = planner.post(f"/api/v1/site-versions/{answer.json()['id']}/checks/").json()["id"]
    return Check.objects.get(pk=made)


def save(client, project, chapter: str, text: str, based_on: int = 0):
    return client.post(
        f"/projects/{project.pk}/siting-report/",
        {"chapter": chapter, "text": text, "based_on": str(based_on)},
    )


def test_chapters_and_figures_stand_in_both_files(check, planner, project):
    assert save(planner, project, "rationality", "地形平坦。\n\n交通便利。").status_code == 302
    assert save(planner, project, "conclusion", "建议按程序报批。").status_code == 302
    pdf = planner.get(f"/projects/{project.pk}/siting-report.pdf").content
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    word = Document(io.BytesIO(planner.get(f"/projects/{project.pk}/siting-report.docx").content))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    written = "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])
    document = certificates.certificate(check)
    for text in (printed, written):
        for wanted in (
            "地形平坦。", "交通便利。", "建议按程序报批。", project.code, f"{document['site']['area_m2']:,.2f}",
            "历史文化保护", "坐标成果表", document["digest"],
            *(f"{finding['area_m2']:,.2f}" for finding in document["findings"]),
        ):  # fmt: skip
            assert wanted in text, wanted
    assert "{{" not in written
    assert sealed_pdf.verify(pdf) == []


def test_every_chapter_has_its_heading(check, planner, project):
    page = planner.get(f"/projects/{project.pk}/siting-report/").content.decode()
    pdf = planner.get(f"/projects/{project.pk}/siting-report.pdf").content
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    for chapter in Chapter:
        assert str(chapter.label) in page
        assert str(chapter.label) in printed


def test_without_a_check_there_is_no_report_and_it_says_why(planner, project):
    answer = planner.get(f"/projects/{project.pk}/siting-report.pdf")
    assert answer.status_code == 409
    assert "运行检查" in answer.json()["detail"]
    assert "还不能生成报告" in planner.get(f"/projects/{project.pk}/siting-report/").content.decode()


def test_of_two_who_write_one_chapter_the_second_is_told_and_loses_nothing(planner, project):
    other = signed_in(Role.PLANNER, username="other")
    assert save(planner, project, "saving", "甲的文字").status_code == 302
    late = save(other, project, "saving", "乙的文字")
    assert late.status_code == 409
    page = late.content.decode()
    assert "甲的文字" in page
    assert "乙的文字" in page
    assert Statement.objects.get(project=project).text == "甲的文字"
    assert save(other, project, "saving", "乙的文字", based_on=1).status_code == 302
    assert list(Statement.objects.values_list("number", "text")) == [(2, "乙的文字"), (1, "甲的文字")]
    assert [step.verb for step in Step.objects.order_by("-number")[:2]] == ["sites.write_statement"] * 2


def test_what_was_written_stays(planner, project):
    save(planner, project, "saving", "文字")
    row = Statement.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        Statement.objects.filter(pk=row.pk).update(text="改")
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.create(
            project=project, chapter="saving", number=1, by=user_of(Role.PLANNER, username="x")
        )


@pytest.mark.parametrize(
    ("chapter", "text", "based_on"),
    [("nothing", "x", "0"), ("saving", "x", "-1"), ("saving", "x", "9" * 30), ("saving", "长" * 20_001, "0")],
)
def test_what_makes_no_sense_is_refused(planner, project, chapter, text, based_on):
    assert save(planner, project, chapter, text, based_on).status_code == 400
    assert not Statement.objects.exists()


def test_markup_and_nulls_stay_text(check, planner, project):
    save(planner, project, "overview", "<b>粗</b>\0 & {{ 7*7 }}")
    word = Document(io.BytesIO(planner.get(f"/projects/{project.pk}/siting-report.docx").content))
    text = "\n".join(paragraph.text for paragraph in word.paragraphs)
    assert "<b>粗</b> & {{ 7*7 }}" in text
    pdf = planner.get(f"/projects/{project.pk}/siting-report.pdf").content
    assert "<b>粗</b>" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_land_adds_up_to_the_site(check):
    result = certificates.certificate(check)
    rows = land_use(result)
    assert sum(row["area_m2"] for row in rows if not row["of"]) == pytest.approx(
        result["site"]["area_m2"], abs=0.005
    )
    assert land_use(result | {"present_land": None}) is None


def test_investment_per_hectare_is_decimal(check, project):
    project.refresh_from_db()
    InvestmentRecord.objects.create(
        project=project, region=project.region, planned_yuan=Decimal("123456789.01"), cumulative_yuan=0,
        recorded_on="2026-01-01",
    )  # fmt: skip
    hectares = Decimal(str(project.site.current.area_m2)) / 10_000
    told = investment(project)
    assert told["planned_wan"] == "12,345.68"
    expected = (Decimal("123456789.01") / hectares / 10_000).quantize(Decimal("0.01"))
    assert told["per_hectare_wan"] == f"{expected:,}"


def test_alternatives_and_the_choice_stand_in_the_report(published_land, planner, project):
    for name, west in (("西", 109.836), ("中", 109.842)):
        box = shapely.box(west, 40.615, west + 0.002, 40.617)
        answer = planner.post(
            f"/api/v1/projects/{project.pk}/alternatives/",
            json.dumps({"name": name, "geometry": geojson(box)}),
            content_type="application/json",
        )
        assert answer.status_code == 201, answer.content
    chosen = Alternative.objects.get(name="中")
    answer = planner.post(
        f"/api/v1/projects/{project.pk}/alternatives/choice/",
        json.dumps({"alternative": chosen.pk, "reason": "离道路最近且不占耕地"}),
        content_type="application/json",
    )
    assert answer.status_code == 201, answer.content
    planner.post(f"/api/v1/site-versions/{answer.json()['site_version']}/checks/")
    pdf = planner.get(f"/projects/{project.pk}/siting-report.pdf").content
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    word = Document(io.BytesIO(planner.get(f"/projects/{project.pk}/siting-report.docx").content))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    written = "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])
    for text in (printed, written):
        for wanted in ("选定方案：中。", "离道路最近且不占耕地", f"{chosen.area_m2:,.2f}"):
            assert wanted in text, wanted
    assert "{{" not in written
