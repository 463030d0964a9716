"""A print series from the map's panel: over an area, by project and by bookmark; its progress, its file, its end."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from django_tasks_db.models import DBTaskResult
from playwright.sync_api import expect
from pypdf import PdfReader

from gis_projects.atlas.actions.bookmarks import keep_bookmark
from gis_projects.atlas.printing import pdf
from gis_projects.atlas.queries import series
from gis_projects.atlas.series_jobs import print_series
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Job
from tests.browser.conftest import ready
from tests.browser.test_accessibility import serious
from tests.factories.people import user_of

KINDS = "kinds=key,government,planned,reserve"
#: Around the places of the first two projects of the city.
AREA = "rect:109.8195,40.5995,109.8235,40.6025"


@pytest.fixture
def printer(city, django_db_blocker):
    with django_db_blocker.unblock():
        user = user_of(Role.PLANNER, "150207", username="printer")
        for name, hash_ in (
            ("总览", f"11/40.62/109.85/layers=XZQ/{KINDS}"),
            ("近景", "13/40.61/109.83/layers="),
        ):
            keep_bookmark(by=user, name=name, series="印", hash=hash_)
        return user


@contextmanager
def at_each_sheet(monkeypatch, look):
    """Call ``look`` before each sheet is written."""
    write = pdf.written
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "written", lambda shown: (look(), write(shown))[1])
        yield


def work(user) -> None:
    job = Job.objects.filter(kind=series.KIND, actor_id=str(user.pk)).latest("pk")
    print_series.func(**DBTaskResult.objects.get(id=job.task_id).args_kwargs["kwargs"])


def test_a_series_by_grid_by_project_and_by_bookmark(open_page, printer, monkeypatch, django_db_blocker):
    page = ready(open_page(f"/map/#14/40.60100/109.82150/layers=/{KINDS}/pick={AREA}/within=inside", printer))
    page.wait_for_selector("#area-total")
    projects = int(page.inner_text("#area-total"))
    page.click("[data-tool=print]")
    page.fill("#print-title-field", "三处")
    page.click("#print-series summary")
    rows = page.locator(".series-rows li")
    expect(page.locator("#series-make")).to_be_visible()
    assert serious(page) == []

    page.select_option("#series-grid-scale", "2000")
    page.click("#series-make")
    expect(rows.first).to_contain_text("等待中")
    with django_db_blocker.unblock():
        work(printer)
    link = rows.first.get_by_role("link")
    expect(link).to_contain_text("三处.pdf")
    with page.expect_download() as fetched:
        link.click()
    assert fetched.value.suggested_filename == "三处.pdf"
    sheets = len(PdfReader(Path(fetched.value.path())).pages) - 1
    assert sheets > 1
    expect(link).to_contain_text(f"{sheets} 幅")

    page.select_option("#series-way", "projects")
    with page.expect_request("**/api/v1/print/series/") as asked:
        page.click("#series-make")
    query = parse_qs(asked.value.post_data_json["query"])
    assert (query["area"], query["mode"]) == ([AREA], ["inside"])
    expect(rows).to_have_count(2)
    shown = []

    def look() -> None:
        if len(shown) == 1:  # one sheet is done
            page.wait_for_function("() => document.querySelector('.series-progress progress').value > 0")
            assert "已完成 1／" in rows.first.inner_text()
        shown.append(rows.first.inner_text())

    with django_db_blocker.unblock(), at_each_sheet(monkeypatch, look):
        work(printer)
    assert len(shown) == projects + 1
    expect(rows.first.get_by_role("link")).to_contain_text(f"{projects} 幅")

    page.select_option("#series-way", "bookmarks")
    expect(page.locator(".series-bookmarks li")).to_have_text(["印 · 总览", "印 · 近景"])
    page.get_by_label("印 · 近景").uncheck()
    assert serious(page) == []
    with page.expect_request("**/api/v1/print/series/") as asked:
        page.click("#series-make")
    assert len(asked.value.post_data_json["bookmarks"]) == 1
    rows.first.get_by_role("button", name="取消").click()
    expect(rows.first).to_contain_text("已取消")
    expect(rows.first.locator("progress")).to_have_count(0)

    page.click("[data-panel-tool=photos]")
    expect(page.locator("#photo-list [role=status]")).to_be_visible()
    assert serious(page) == []
