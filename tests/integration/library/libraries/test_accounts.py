"""Two accounts of a completed project: in their order, the backlog of three years, and the rates against the city's."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from gis_projects.library.actions import completion
from gis_projects.library.actions.parameters import set_parameter
from gis_projects.library.models import Completion, CompletionAccount
from gis_projects.library.queries.accounts import completed, rates, standing_accounts
from gis_projects.library.refusals import Refused
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from gis_projects.trail.words import sentence
from tests.factories import libraries as factory
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, user_of

pytestmark = pytest.mark.django_db


def done(
    day: date | None, *, settled: date | None = None, final: date | None = None, name: str = "桥",
    region: str = factory.REGION, **more,
):  # fmt: skip
    row = ProjectFactory(region=RegionFactory(code=region), stage="completed", name=name, **more)
    if day is not None:
        completion.register_completion(by=None, project=row, completed_on=day, source="竣工验收备案表")
    for kind, on in (("settlement", settled), ("final", final)):
        if on is not None:
            account(row, kind, on)
    return row


def account(row, kind: str, on: date, **more):
    return completion.record_account(
        by=None, project=row, kind=kind, concluded_on=on, amount_yuan=Decimal(100), number="审1号", **more
    )


def average(value: str, **more):
    said = {"region": None, "valid_from": date(2026, 1, 1), "source": "市财政局通报", **more}
    set_parameter(by=None, key="city_settlement_rate", value=Decimal(value), **said)


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


def test_what_was_entered_wrongly_is_corrected_with_a_reason():
    user = factory.finance()
    row = done(date(2024, 5, 1), settled=date(2025, 7, 1), final=date(2025, 8, 1))

    def complete(day, reason):
        completion.register_completion(by=None, project=row, completed_on=day, source="备案表", reason=reason)

    with pytest.raises(Refused):
        complete(date(2025, 5, 1), "")
    with pytest.raises(ValidationError):  # after its settlement
        complete(date(2025, 7, 2), "年份录错")
    complete(date(2025, 5, 1), "年份录错")
    assert [rates(user, year)[0].whole for year in (2024, 2025)] == [0, 1]
    with pytest.raises(ValidationError):  # after its final account
        account(row, "settlement", date(2025, 8, 2), reason="日期录错")
    account(row, "settlement", date(2025, 7, 15), reason="日期录错")
    assert [one.concluded_on for one in standing_accounts(row)] == [date(2025, 7, 15), date(2025, 8, 1)]
    assert completed(user).get().settled_on == date(2025, 7, 15)
    told = {step.verb: sentence(step) for step in Step.objects.filter(verb__startswith="library.correct")}
    assert told == {
        "library.correct_completion": "更正竣工日期为 2025-05-01（备案表），理由：年份录错",
        "library.correct_account": "更正竣工结算：审1号，审定 100 元（2025-07-15），理由：日期录错",
    }
    with pytest.raises(IntegrityError, match="corrected"), transaction.atomic():
        Completion.objects.create(project=row, completed_on=date(2025, 5, 2), source="x")
    said = {"project": row, "kind": "settlement", "amount_yuan": 1, "number": "x"}
    with pytest.raises(IntegrityError, match="corrected"), transaction.atomic():
        CompletionAccount.objects.create(concluded_on=date(2025, 7, 20), **said)
    with pytest.raises(IntegrityError, match="to come"), transaction.atomic():
        CompletionAccount.objects.create(
            concluded_on=timezone.localdate() + timedelta(days=1), reason="x", **said | {"kind": "final"}
        )
    with pytest.raises(Refused):
        completion.register_completion(
            by=None, project=done(None), completed_on=date(2025, 5, 1), source="备案表", reason="无可更正"
        )


@pytest.mark.parametrize(("figure", "met"), [("66.66", True), ("66.67", False), ("66.6667", False)])
def test_a_rate_is_held_against_the_citys_exactly(figure, met):
    """Two of three are 66.666…%: what is shown as 66.67% is below an average of 66.67%."""
    user = factory.finance()
    for settled in (date(2025, 7, 1), date(2026, 1, 5), None):
        done(date(2025, 6, 30), settled=settled)
    done(date(2024, 12, 31))  # of another year
    average(figure)
    settlement, final = rates(user, 2025)
    assert (settlement.part, settlement.whole, settlement.share) == (2, 3, Decimal("66.67"))
    assert settlement.met is met
    assert (final.part, final.average, final.met) == (0, None, None)
    assert rates(user, 2020)[0].share is None


@pytest.mark.parametrize(("inclusive", "met"), [(True, True), (False, False)])
def test_a_rate_that_equals_the_citys_reaches_it_as_was_stated(inclusive, met):
    for settled in (date(2025, 7, 1), None):
        done(date(2025, 6, 30), settled=settled)
    average("50", inclusive=inclusive)
    assert rates(factory.finance(), 2025)[0].met is met


def test_a_unit_is_told_the_average_of_its_own_region(client):
    average("60", region=RegionFactory(code=factory.REGION))
    unit = OrganisationFactory(region=RegionFactory(code=factory.REGION))
    owner = user_of(Role.OWNER, None, username="owner", organisation=unit)
    settlement, final = rates(owner, 2025)
    assert settlement.average is not None
    assert (settlement.average.value, final.average) == (Decimal(60), None)
    for user, may_set in ((owner, False), (factory.admission(), True)):
        client.force_login(user)
        page = client.get(reverse("library:accounts")).content.decode()
        assert page.count("全市平均水平未填报") == 1
        assert ("去设定" in page) is may_set


def test_neither_list_nor_rates_hold_what_their_reader_may_not_know(client):
    user = factory.finance()
    done(date(2025, 6, 30), settled=date(2025, 7, 1), name="自己的")
    done(date(2025, 6, 30), name="密级桥", secrecy="confidential")
    done(date(2025, 6, 30), name="外地路", region="150203")
    assert [(rate.part, rate.whole) for rate in rates(user, 2025)] == [(1, 1), (0, 1)]
    client.force_login(user)
    assert client.get(reverse("library:accounts")).context["page"].paginator.count == 1
    for asked in ({}, {"format": "csv"}):
        text = client.get(reverse("library:accounts"), asked).content.decode()
        assert "自己的" in text
        assert "密级桥" not in text
        assert "外地路" not in text


def test_the_backlog_goes_three_years_back_and_holds_what_has_no_day(client, monkeypatch):
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
    # 2023, 2024 and 2025 are the last three years, and no other
    monkeypatch.setattr(timezone, "localdate", lambda *at: date(2025, 6, 1))
    assert names() == {"边界", "不详", "完成"}
    for strange in ("0000", "1989", "2101", "9999", "１９９９"):
        page = client.get(reverse("library:accounts"), {"since": strange})
        assert (page.status_code, page.context["since"]) == (200, 2023)
