"""An expert review in its eleven steps: nobody chooses whom the draw chose, nobody sees scores before all are in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from gis_projects.argument.models import ExpertReview, Seat
from tests.browser.conftest import PHONE
from tests.browser.house import house
from tests.browser.test_accessibility import serious
from tests.factories.expert_reviews import PDF, held, jpeg
from tests.factories.library import ProjectFactory


@pytest.fixture
def unblocked(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def sent(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def windows(open_page, review: ExpertReview) -> dict[Seat, Page]:
    """Each expert at their own desk, the first on a phone."""
    return {
        seat: open_page(
            f"/expert-reviews/{review.pk}/", seat.expert.user, **({} if n else {"viewport": PHONE})
        )
        for n, seat in enumerate(held(review))
    }


def test_the_eleven_steps(unblocked, open_page):
    made = house().panel
    project = ProjectFactory(
        name="北郊泵站工程", region=made.project.region, organisation=made.project.organisation
    )
    panel = replace(made, project=project)
    review = panel.open(title="泵站工程全程评审", procedure="whole")
    at = f"/expert-reviews/{review.pk}/"
    office, owner = open_page(at, panel.organiser), open_page(at, panel.owner)
    sent(office, "接收评审")

    office.fill("#method", "会议评审")
    rows = office.locator(".criterion-row")
    for number in range(rows.count()):
        values = [("必要性", "40"), ("投资合理性", "60")][number] if number < 2 else ("", "")
        rows.nth(number).locator("[name=criterion]").fill(values[0])
        rows.nth(number).locator("[name=weight]").fill(values[1])
    office.fill("[name=wanted-water]", "2")
    office.fill("[name=wanted-cost]", "1")
    sent(office, "确定方案")

    sent(office, "随机抽取专家")
    office.get_by_role("link", name="第 1 次抽取").click()
    expect(office.locator(".alert-success")).to_contain_text("结果一致")  # computed again from list and seed
    office.goto(at)
    experts = windows(open_page, review)
    assert len(experts) == 3
    for page in experts.values():
        sent(page, "接受邀请")
    office.reload()
    sent(office, "办完“组建专家”")

    owner.reload()
    owner.set_input_files("#material", {"name": "可研.pdf", "mimeType": "application/pdf", "buffer": PDF})
    sent(owner, "上传")
    for page in experts.values():
        page.reload()
        with page.expect_download():
            page.get_by_role("link", name="可研.pdf").click()
        page.reload()
        expect(page.locator("[aria-labelledby=materials] .file-list")).to_contain_text("已打开")
    office.reload()
    sent(office, "办完“资料评审”")

    owner.reload()
    owner.locator("summary", has_text="项目陈述").click()
    owner.fill("#statement", "项目解决三个乡镇的供水。")
    sent(owner, "提交陈述")
    office.reload()
    sent(office, "办完“项目陈述”")
    first, second, third = experts.values()
    first.reload()
    first.fill("#question", "水源保证率多少？")
    sent(first, "提出问题")
    owner.reload()
    owner.locator("[id^=reply-]").fill("95%。")
    sent(owner, "答复")
    office.reload()
    sent(office, "办完“咨询答辩”")

    first.reload()
    first.locator("summary", has_text="记录一次勘查").click()
    first.fill("#attended", "专家组、项目单位")
    first.fill("#visit_text", "场地平整，无遮挡。")
    first.set_input_files(
        "#photos", {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": jpeg(exif=True)}
    )
    sent(first, "保存勘查记录")
    office.reload()
    sent(office, "办完“实地勘查”")

    for number, page in enumerate((first, second, third)):
        page.reload()
        for box, score in zip(
            page.locator("[id^=score-]").all(),
            (("80", "90"), ("60", "70"), ("70", "80"))[number],
            strict=True,
        ):
            box.fill(score)
        expect(page.locator("[data-score-total]")).to_have_text(("86.00", "66.00", "76.00")[number])
        page.check("[name=recommendation][value=passed]")
        page.fill("#my_opinion", "同意建设。")
        sent(page, "提交评分")
        if number == 0:
            second.reload()
            assert second.locator("#scores").count() == 0  # not before all have handed in
    office.reload()
    office.check("[name=conclusion][value=passed]")
    office.fill("#opinion", "建议实施。")
    sent(office, "作出结论")
    expect(office.locator("dl.facts").first).to_contain_text("76")  # (86 + 66 + 76) / 3
    assert serious(office) == []

    office.check("[name=use][value=cut]")
    office.fill("#approved_yuan", "9000000")
    office.fill("#use_remark", "核减管网部分。")
    sent(office, "确定结果运用")
    sent(office, "归档")
    expect(office.locator(".step-bar .is-done")).to_have_count(11)
    review.refresh_from_db()
    assert (review.reached, review.cut_yuan) == (11, review.requested_yuan - 9_000_000)
