"""Two accounts of a completed project: in their order, the backlog of three years, and the rates against the city's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from gis_projects.library.actions import completion
from gis_projects.library.actions.parameters import set_parameter
from gis_projects.library.models import CompletionAccount
from gis_projects.library.queries.accounts import rates
from gis_projects.library.refusals import Refused
from tests.factories import libraries as factory
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory

pytestmark = pytest.mark.django_db


def done(day: date | None, *, settled: date | None = None, final: date | None = None, name: str = "桥"):
    row = ProjectFactory(region=RegionFactory(code=factory.REGION), stage="completed", name=name)
    if day is not None:
        completion.register_completion(by=None, project=row, completed_on=day, source="竣工验收备案表")
    for kind, on in (("settlement", settled), ("final", final)):
        if on is not None:
            account(row, kind, on)
    return row


def account(row, kind: str, on: date):
    return completion.record_account(
        by=None, project=row, kind=kind, concluded_on=on, amount_yuan=Decimal(100), number="审1号"
    )


def test_each_account_follows_what_comes_before_it():
    row = done(None)
    with pytest.raises(Refused):
        account(row, "settlement", date(2025, 5, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        CompletionAccount.objects.create(
            project=row, kind="settlement", concluded_on=date(2025, 5, 1), amount_yuan=1, number="x"
        )
    completion.register_completion(by=None, project=row, completed_on=date(2025, 3, 1), source="备案表")
    with pytest.raises(Refused):
        account(row, "final", date(2025, 5, 1))
    with pytest.raises(ValidationError):
        account(row, "settlement", date(2025, 2, 28))
    account(row, "settlement", date(2025, 5, 1))
    with pytest.raises(ValidationError):
        account(row, "final", date(2025, 4, 30))
    account(row, "final", date(2025, 5, 1))
    with pytest.raises(Refused):
        account(row, "settlement", date(2025, 6, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        CompletionAccount.objects.filter(project=row).delete()
    building = ProjectFactory(region=row.region, stage="planning")
    with pytest.raises(Refused):
        completion.register_completion(
            by=None, project=building, completed_on=date(2025, 3, 1), source="备案表"
        )


@pytest.mark.parametrize(("average", "met"), [("66.66", True), ("66.67", False), ("66.6667", False)])
def test_a_rate_is_held_against_the_citys_exactly(average, met):
    """Two of three are 66.666…%: what is shown as 66.67% is below an average of 66.67%."""
    user = factory.finance()
    for settled in (date(2025, 7, 1), date(2026, 1, 5), None):
        done(date(2025, 6, 30), settled=settled)
    done(date(2024, 12, 31))  # of another year
    set_parameter(
        by=None, key="city_settlement_rate", value=Decimal(average), source="市财政局通报",
        region=None, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    settlement, final = rates(user, 2025)
    assert (settlement.part, settlement.whole, settlement.share) == (2, 3, Decimal("66.67"))
    assert settlement.met is met
    assert (final.part, final.average, final.met) == (0, None, None)
    assert rates(user, 2020)[0].share is None


def test_the_backlog_goes_three_years_back_and_holds_what_has_no_day(client):
    client.force_login(factory.finance())
    done(date(2022, 12, 31), name="更早")
    done(date(2023, 1, 1), name="边界")
    done(None, name="不详")
    done(date(2025, 1, 1), settled=date(2025, 2, 1), final=date(2025, 3, 1), name="完成")

    def names(**asked):
        answer = client.get(reverse("library:accounts"), {"format": "csv", **asked})
        return {line.split(",")[1] for line in answer.content.decode("utf-8-sig").splitlines()[1:]}

    assert names(since="2023") == {"边界", "不详", "完成"}
    assert names(since="2022") == {"更早", "边界", "不详", "完成"}
    assert names(since="2023", state="settlement") == {"边界", "不详"}
    assert names(since="2023", state="day") == {"不详"}
    assert names(since="2023", state="done") == {"完成"}
    page = client.get(reverse("library:accounts"))
    assert page.context["since"] == page.context["last_year"] + 1 - 3
    assert "全市平均水平未填报" in page.content.decode()
