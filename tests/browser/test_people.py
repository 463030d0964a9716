"""A unit registers and a second person lets it in; its administrator opens an account; a colleague is lent a right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from tests.browser.conftest import PHONE
from tests.browser.test_accessibility import serious
from tests.factories.people import OrganisationFactory, UserFactory, user_of

NAME, CODE = "九原供热有限公司", "91150207MA0HEAT018"
PDF = {"name": "执照.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}


@pytest.fixture
def unblocked(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def sent(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def test_a_unit_is_registered_let_in_and_has_an_account(unblocked, open_page):
    page = open_page("/units/register/", None, PHONE)
    page.fill("[name=name]", NAME)
    page.fill("[name=code]", CODE)
    page.select_option("[name=kind]", "owner")
    page.select_option("[name=region]", "150207")
    page.fill("[name=contact]", "赵经理")
    page.fill("[name=phone]", "0472-7654321")
    page.set_input_files("[name=proof]", PDF)
    assert serious(page) == []
    sent(page, "提交申请")

    admin = open_page("/units/registrations/", user_of(Role.ADMINISTRATOR, username="lets-units-in"))
    admin.get_by_role("link", name=NAME).click()
    expect(admin.locator("main")).to_contain_text("校验位")  # the code is warned of, not refused
    sent(admin, "同意")
    expect(admin.locator("h1")).to_contain_text("已注册")

    head = User.objects.get(organisation__code=CODE)
    own = open_page(f"/units/{head.organisation_id}/accounts/", head)
    own.fill("[name=username]", "heat-owner")
    own.fill("[name=full_name]", "钱工")
    own.check("[name=roles][value=owner]")
    sent(own, "开通")
    assert "/accounts/set-password/" in own.input_value("#password-link")
    assert User.objects.get(username="heat-owner").roles == [Role.OWNER]


def test_a_right_is_lent_to_a_colleague_and_taken_back(unblocked, open_page):
    unit = OrganisationFactory(kind="department", region_id="150207", name="九原区能源局")
    giver, taker = (
        UserFactory(username=name, full_name=said, roles=roles, region_id="150207", organisation=unit)
        for name, said, roles in (
            ("gives", "孙科长", [str(Role.APPROVER)]),
            ("takes", "吴科员", [str(Role.HANDLER)]),
        )
    )
    today = timezone.localdate()
    page = open_page("/accounts/delegations/", giver)
    page.select_option("[name=to]", str(taker.pk))
    page.check("[name=permissions][value=approve_opinions]")
    page.fill("[name=starts_on]", today.isoformat())
    page.fill("[name=ends_on]", (today + timedelta(days=5)).isoformat())
    page.fill("[name=reason]", "出差")
    sent(page, "委托")
    expect(page.locator(".alert-success")).to_contain_text("委托已生效")

    other = open_page("/accounts/delegations/", taker, PHONE)
    expect(other.locator("main")).to_contain_text("孙科长")
    expect(other.locator("td[data-label=权限]")).to_have_text("审批意见")
    assert serious(other) == []
    sent(page, "终止")
    other.reload()
    assert other.get_by_role("button", name="终止").count() == 0
