"""A table comes in: what is wrong is marked in the user's own file, mended, confirmed and there."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Download, expect

from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.models import Expert
from gis_projects.people.permissions import Role
from tests.browser.test_accessibility import serious
from tests.factories.people import user_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def work() -> None:
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)


@pytest.fixture
def unblocked(city, django_db_blocker):
    with django_db_blocker.unblock():
        load_defaults()
        yield


def opened(download: Download) -> Workbook:
    return load_workbook(io.BytesIO(Path(download.path()).read_bytes()))


def saved(book: Workbook) -> dict[str, object]:
    out = io.BytesIO()
    book.save(out)
    return {"name": "专家.xlsx", "mimeType": XLSX, "buffer": out.getvalue()}


def test_a_file_with_errors_is_marked_mended_and_applied(unblocked, open_page):
    keeper = user_of(Role.ADMINISTRATOR, username="keeper-of-tables")
    page = open_page("/tables/experts/", keeper)
    with page.expect_download() as caught:
        page.get_by_role("link", name="Excel 模板").click()
    book = opened(caught.value)
    sheet = book.worksheets[0]
    heads = {str(cell.value).strip("* "): cell.column for cell in sheet[1]}
    given = {
        "姓名": "周工",
        "专家库所属地区": "150207",
        "来源": "研究院",
        "工作单位": "市规划院",
        "专业": "水利水务",
    }
    for line, code in ((2, "ZJ-9001"), (3, "ZJ-9002")):
        for cell in sheet[line]:
            cell.value = None
        for name, value in {"专家编号": code, **given}.items():
            sheet.cell(line, heads[name], value)
    sheet.cell(3, heads["来源"], "街道")
    page.set_input_files("#id_file", saved(book))
    with page.expect_navigation():
        page.get_by_role("button", name="上传并检查").click()
    work()
    expect(page.locator("h2", has_text="不能导入的行")).to_be_visible()
    expect(page.locator("main")).to_contain_text("街道")
    assert serious(page) == []
    assert not Expert.objects.filter(code__startswith="ZJ-900").exists()  # not the right row either

    with page.expect_download() as caught:
        page.get_by_role("link", name="下载错误标注副本").click()
    marked = opened(caught.value)
    wrong = marked.worksheets[0].cell(3, heads["来源"])
    assert wrong.fill.fgColor.rgb != marked.worksheets[0].cell(2, heads["来源"]).fill.fgColor.rgb
    wrong.value = "研究院"
    page.goto("/tables/experts/")
    page.set_input_files("#id_file", saved(marked))
    with page.expect_navigation():
        page.get_by_role("button", name="上传并检查").click()
    work()
    confirm = page.get_by_role("button", name="确认导入")
    expect(confirm).to_be_visible()
    with page.expect_navigation():
        confirm.click()
    work()
    expect(page.locator("#import-status")).to_contain_text("已导入")
    assert sorted(Expert.objects.filter(code__startswith="ZJ-900").values_list("code", "source")) == [
        ("ZJ-9001", "research"), ("ZJ-9002", "research"),
    ]  # fmt: skip
