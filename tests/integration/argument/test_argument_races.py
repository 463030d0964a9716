"""Two at once in a real database: exactly one wins. The thorough run makes each a thousand trials (minutes)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connections, transaction
from django.utils import timezone

from gis_projects.argument.actions import opinions, quotas
from gis_projects.argument.models import Opinion, QuotaAccount, QuotaEntry
from gis_projects.people.models import Region
from gis_projects.people.permissions import Role
from tests.factories import arguments as factory
from tests.factories.people import user_of
from tests.racing import Pair
from tests.thorough import many

pytestmark = pytest.mark.django_db(transaction=True)
TRIALS, SIGNATURES = many(120, 1000), many(40, 1000)


@pytest.fixture
def bureau():
    return factory.bureau()


def effective(bureau, name: str) -> Opinion:
    case = factory.opened(bureau, factory.project(name=name))
    return bureau.give(case.tasks.get(function="water"))


def test_of_two_who_take_the_last_of_a_quota_one_is_refused(bureau):
    finance = user_of(Role.FINANCE, factory.DISTRICT, username="finance")
    region, year = Region.objects.get(code=factory.DISTRICT), timezone.localdate().year
    account = quotas.grant(
        by=finance, kind="land", region=region, year=year, granted=Decimal(100), source="计划"
    )
    first, second = effective(bureau, "甲"), effective(bureau, "乙")

    def take(opinion: Opinion) -> Callable[[], object]:
        def work() -> None:
            with transaction.atomic():
                quotas.reserve(by=finance, opinion=opinion, kind="land", amount=Decimal("60.00"))

        return work

    wins = 0
    with Pair() as pair:
        for _trial in range(TRIALS):
            done = pair(take(first), take(second))
            assert sum(done) == 1
            wins += done[0]
            account.refresh_from_db()
            assert account.taken == Decimal("60.00")
            # the trial's row goes, as no user could make it go: each trial begins with the whole quota
            emptied(account)
    assert 0 < wins < TRIALS, "both sides win now and then, or they never met"


def emptied(account: QuotaAccount) -> None:
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        QuotaEntry.objects.filter(account=account).delete()
        QuotaAccount.objects.filter(pk=account.pk).update(taken=0)


def test_of_two_who_sign_a_level_one_does(bureau):
    case = factory.opened(bureau, factory.project())
    task = case.tasks.select_related("organisation__region", "case__routing").get(function="water")
    by, fields = bureau.handler(task), factory.filled(task)
    signers = [bureau.approver(task, 1), bureau.approver(task, 2)]
    with Pair() as pair:
        for _trial in range(SIGNATURES):
            opinion = opinions.draft(by=by, task=task, verdict="agree", fields=fields)
            opinions.hand_in(by=by, opinion=opinion)

            def sign(signer, opinion=opinion):
                return lambda: opinions.sign(by=signer, opinion=opinion, level=1)

            assert sum(pair(*map(sign, signers))) == 1
            assert opinion.approvals.count() == 1
            assert Opinion.objects.get(pk=opinion.pk).state == "approved"
