"""One chooses, another sees what the public will see and approves, and it is gone again; on a desk and on a phone."""

from __future__ import annotations

import pytest

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.people.permissions import Role
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_accessibility import serious
from tests.factories import media
from tests.factories.disclosed import project_with_site
from tests.factories.people import user_of


@pytest.fixture
def unblocked(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def fits(page) -> bool:
    """Nothing makes the page scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_project_is_shown_by_two_and_taken_back_by_one(open_page, city, unblocked, viewport, tmp_path):
    width = viewport["width"]
    project = project_with_site(name=f"河道整治 {width}", content="整治河道两公里")
    planner = user_of(Role.PLANNER, "150207", username=f"publishing{width}")

    photo = tmp_path / "site.jpg"
    photo.write_bytes(media.jpeg(320, 240))
    page = open_page(f"/projects/{project.pk}/progress/", planner, viewport)
    page.set_input_files("#files", str(photo))
    page.fill("#id_caption", f"清淤现场 {width}")
    page.get_by_role("button", name="上传").click()
    page.wait_for_selector(".alert-success")
    assert fits(page)

    page = open_page(f"/projects/{project.pk}/disclosure/", planner, viewport)
    assert fits(page)
    assert serious(page) == []
    page.get_by_label(f"清淤现场 {width}").check()
    page.get_by_label("主管部门").check()
    page.get_by_label("入库年度").uncheck()
    page.fill("#id_township", "哈林格尔镇")
    page.screenshot(path=str(tmp_path / f"propose{width}.png"), full_page=True)
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_selector(".alert-success")

    page = open_page("/publishing/", city.reviewer, viewport)
    assert fits(page)
    assert serious(page) == []
    page.screenshot(path=str(tmp_path / f"queue{width}.png"), full_page=True)
    page.get_by_role("link", name=project.name).click()
    page.wait_for_selector(".grid-map svg")
    assert fits(page)
    assert serious(page) == []
    page.screenshot(path=str(tmp_path / f"approve{width}.png"), full_page=True)
    page.get_by_role("link", name="预览公开页").click()
    page.wait_for_selector("h1")
    assert "哈林格尔镇" in page.inner_text("main")
    assert page.locator("text=预览，尚未公开").count() == 1
    page.go_back()
    page.get_by_role("button", name="批准公开").click()
    page.wait_for_selector(".disclosure-shown")
    shown = DisclosedProject.objects.get(name=project.name)
    assert (shown.year, shown.township) == (None, "哈林格尔镇")

    # what was published is found and seen without an account, on the same kind of screen
    everybody = open_page(f"/public/projects/?q=河道整治 {width}", None, viewport)
    everybody.get_by_role("link", name=project.name).first.click()
    picture = everybody.get_by_alt_text(f"清淤现场 {width}")
    picture.scroll_into_view_if_needed()
    everybody.wait_for_function("document.querySelector('.media-list img').naturalWidth > 0")
    assert fits(everybody)

    page.get_by_text("撤回公开", exact=True).click()
    page.fill("#withdraw_reason", "用地调整")
    page.get_by_role("button", name="立即撤回").click()
    page.wait_for_selector(".alert-success")
    assert not DisclosedProject.objects.filter(name=project.name).exists()
    assert fits(page)
