"""A draft is edited in the form, refused with the place, tried, and published by a second person."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from gis_projects.people.permissions import Role
from gis_projects.sites.actions import rulebooks as actions
from gis_projects.sites.trials import KIND, run_trial
from gis_projects.trail.models import Job
from siting.models import RuleBook, RulebookDraft
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories import rulebooks
from tests.factories.people import user_of


@pytest.fixture
def writer(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield user_of(Role.PLANNER, "150207", username=f"writer{RulebookDraft.objects.count()}")


@pytest.fixture
def draft(writer, django_db_blocker) -> RulebookDraft:
    with django_db_blocker.unblock():
        return actions.begin_draft(by=writer, rulebook=RuleBook.objects.order_by("-version")[0])


def choose(page: Page, name: str) -> None:
    page.locator(".rule-name", has_text=name).click()


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


# The second begins from the version that the first published: it has to change something else.
@pytest.mark.parametrize(("viewport", "severity"), [(DESKTOP, "R"), (PHONE, "C")], ids=["desktop", "phone"])
def test_from_the_form_to_a_published_version(
    open_page, city, writer, draft, watch, django_db_blocker, viewport, severity
):
    page = open_page(f"/rulebook-drafts/{draft.pk}/", writer, viewport)
    fits(page)
    choose(page, "占用永久基本农田")
    page.get_by_label("面积容差（平方米）").fill("-5")
    page.get_by_label("管控级别", exact=True).select_option(severity)
    expect(page.locator("#draft-status")).to_have_text("有未保存的修改")
    watch.expected.append("400")
    page.get_by_role("button", name="保存草案").click()
    fault = page.locator("#draft-faults button")
    expect(fault).to_contain_text("面积容差")
    choose(page, "占用农用地")
    fault.click()
    expect(page.get_by_label("面积容差（平方米）")).to_be_focused()
    expect(page.get_by_label("面积容差（平方米）")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("面积容差（平方米）").fill("")
    page.get_by_role("button", name="保存草案").click()
    expect(page.locator("#diff-title + ul")).to_contain_text("管控级别")
    fits(page)

    page.get_by_role("button", name="试算", exact=True).click()
    expect(page.locator("#trial-progress")).to_contain_text("正在试算")
    with django_db_blocker.unblock():
        job = Job.objects.filter(kind=KIND).latest("pk")
        run_trial.func(job_id=job.pk, trial=int(job.subject.rsplit(":", 1)[1]))
    expect(page.locator("#sites-title")).to_be_visible()
    expect(page.locator("#matrix-title")).to_be_visible()
    fits(page)

    page.goto(f"/rulebook-drafts/{draft.pk}/")
    page.get_by_role("button", name="申请发布").click()
    expect(page.locator("#decide-title")).to_be_visible()
    expect(page.get_by_role("button", name="批准发布")).to_have_count(0)

    second = open_page(f"/rulebook-drafts/{draft.pk}/", city.reviewer, viewport)
    second.get_by_role("button", name="批准发布").click()
    expect(second.locator("h1")).to_contain_text("已发布为第")
    second.get_by_role("link", name="打开已发布的版本").click()
    expect(second.locator("h1")).to_contain_text("版")
    fits(second)


def test_two_who_edit_lose_nothing(open_page, writer, draft, watch, django_db_blocker):
    page = open_page(f"/rulebook-drafts/{draft.pk}/", writer)
    choose(page, "占用林地")
    page.get_by_label("办理建议").fill("我写的建议")
    choose(page, "占用其他草原")
    page.get_by_label("条款", exact=True).fill("我写的条款")
    with django_db_blocker.unblock():
        other = user_of(Role.PLANNER, "150202", username=f"other{draft.pk}")

        def change(content):
            rulebooks.rule(content, "forest-land")["advice"] = "别人写的建议"
            rulebooks.rule(content, "slope")["name"] = "坡度太陡"

        rulebooks.saved(draft, other, change)
    watch.expected.append("409")
    page.get_by_role("button", name="保存草案").click()
    expect(page.locator(".rule-conflicts li")).to_have_count(1)
    expect(page.locator(".rule-conflicts")).to_contain_text("别人写的建议")
    page.get_by_role("button", name="采用我的").click()
    page.get_by_role("button", name="保存草案").click()
    expect(page.locator("#steps-title + ul")).to_contain_text("第 3 次修改")
    with django_db_blocker.unblock():
        draft.refresh_from_db()
        assert rulebooks.rule(draft.content, "forest-land")["advice"] == "我写的建议"
        assert rulebooks.rule(draft.content, "grassland-other")["article"] == "我写的条款"
        assert rulebooks.rule(draft.content, "slope")["name"] == "坡度太陡"


def test_rules_are_added_copied_moved_and_removed(open_page, writer, draft, django_db_blocker):
    page = open_page(f"/rulebook-drafts/{draft.pk}/", writer)
    names = page.locator(".rule-name")
    count = names.count()
    choose(page, "坡度超过阈值")
    page.get_by_role("button", name="复制规则").click()
    expect(names).to_have_count(count + 1)
    page.get_by_label("规则名称").fill("平均坡度过大")
    page.get_by_label("空间关系").select_option("raster_mean")
    page.get_by_role("button", name="上移").click()
    choose(page, "位于一般管控单元")
    page.get_by_role("button", name="删去规则").click()
    expect(names).to_have_count(count)
    page.get_by_role("button", name="添加规则").click()
    page.get_by_label("规则名称").fill("离公路太远")
    page.get_by_label("图层", exact=True).select_option("GLYD")
    page.get_by_label("空间关系").select_option("nearest_distance")
    page.get_by_label("最近距离不大于（米）").fill("800")
    page.get_by_label("法律依据").fill("本局规定")
    page.get_by_label("主管部门").fill("交通运输主管部门")
    page.get_by_role("button", name="保存草案").click()
    expect(page.locator("#diff-title + ul")).to_contain_text("离公路太远")
    with django_db_blocker.unblock():
        draft.refresh_from_db()
        rules = {rule["name"]: rule for rule in draft.content["rule"]}
    assert rules["离公路太远"]["nearest_at_most_m"] == 800
    assert rules["平均坡度过大"]["relation"] == "raster_mean"
    assert "raster_min_share" not in rules["平均坡度过大"]
    assert "位于一般管控单元" not in rules
    codes = [rule["code"] for rule in draft.content["rule"]]
    assert codes.index("slope-2") < codes.index("slope")


def test_versions_are_read_in_words_and_compared(open_page, city):
    page = open_page("/rulebooks/", city.reviewer)
    page.get_by_role("link", name="第 2 版").first.click()
    expect(page.locator(".rule-cards")).to_contain_text("须取得：国务院批准的农用地转用和土地征收文件")
    expect(page.locator(".rule-state-open").first).to_have_text("待核")
    page.get_by_label("版本").select_option(label="第 1 版")
    page.get_by_role("button", name="比较").click()
    expect(page.locator(".rule-added").first).to_contain_text("地下工程")
    page.get_by_label("规则、图层、依据").fill("防洪法")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".rule-card")).to_have_count(2)
