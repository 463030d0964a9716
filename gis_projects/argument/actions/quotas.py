"""The only writers of quota ledgers. The database refuses to overdraw an account, whoever writes."""

from __future__ import annotations

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from gis_projects.argument.models import EntryKind, Opinion, QuotaAccount, QuotaEntry, QuotaKind
from gis_projects.argument.queries import quotas as queries
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.trail import actions as trail

_MOST = Decimal(10) ** 17


def _subject(account: QuotaAccount) -> str:
    return f"argument.quota:{account.pk}"


@transaction.atomic
def grant(*, by: User, kind: str, region: Region, year: int, granted: Decimal, source: str) -> QuotaAccount:
    """Set a region's quota of a year: m² of land, or 元 of debt. What is taken already can't be taken away.

    Raises
    ------
    UnusableInput
        The kind, year or amount can't be, no paper is named, or less would be granted than is taken.
    """
    require(by, Permission.MANAGE_QUOTAS, Scope(region=region.code))
    paper = words(source, field="source", limit=200)
    if kind not in QuotaKind.values:
        raise refuse("quota-kind", "没有这种额度：%(kind)s", field="kind", kind=kind)
    if not 1990 <= year <= 2100:
        raise refuse("quota-year", "年度须在 1990 到 2100 之间", field="year")
    if not granted.is_finite() or not 0 <= granted < _MOST or granted != round(granted, 2):
        raise refuse("quota-amount", "额度须为不小于 0 的数，最多两位小数", field="granted")
    account = QuotaAccount.objects.select_for_update().filter(kind=kind, region=region, year=year).first()
    before = None if account is None else account.granted
    if account is None:
        account = QuotaAccount(kind=kind, region=region, year=year)
    elif granted < account.taken:
        raise refuse(
            "quota-below-taken", "已用 %(taken)s，下达额度不能低于已用", field="granted", taken=account.taken
        )
    account.granted, account.source = granted, paper
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        if "argument_one_account" not in str(error):
            raise
        raise not_now("quota-there", "该地区该年度的额度刚刚已由他人下达，请刷新后再改") from None
    trail.record(
        by=by,
        verb="argument.grant_quota",
        subject=_subject(account),
        data={
            "quota": kind,
            "region": region.code,
            "year": year,
            "granted": str(granted),
            "before": "" if before is None else str(before),
            "source": paper,
        },
    )
    return account


def reserve(*, by: User, opinion: Opinion, kind: str, amount: Decimal) -> QuotaEntry:
    """Take an amount for an opinion that comes into force, from the nearest account of this year.

    Raises
    ------
    NotNow
        There is no account, or not that much is left. Of two at once who want the last of it, one is refused.
    """
    project = opinion.task.case.project
    account = queries.account_of(kind, project.region, timezone.localdate().year)
    label = str(QuotaKind(kind).label)
    if account is None:
        raise not_now(
            "quota-none", "%(year)s年还没有下达可用的“%(kind)s”", year=timezone.localdate().year, kind=label
        )
    try:
        with transaction.atomic():
            entry = _entered(
                by=by, account=account, opinion=opinion, kind=EntryKind.RESERVE, amount=amount,
                verb="argument.reserve_quota",
            )  # fmt: skip
    except IntegrityError as error:
        if "argument_quota_not_overdrawn" not in str(error):
            raise
        account.refresh_from_db()
        raise not_now(
            "quota-overdrawn",
            "“%(kind)s”余额不足：需要 %(amount)s，剩余 %(left)s",
            kind=label,
            amount=amount,
            left=queries.remaining(account),
        ) from None
    return entry


def release(*, by: User | None, opinion: Opinion) -> list[QuotaEntry]:
    """Give back what an opinion took: it was replaced, or its case failed or was taken back."""
    return [
        _entered(
            by=by, account=entry.account, opinion=opinion, kind=EntryKind.RELEASE, amount=entry.amount,
            verb="argument.release_quota",
        )
        for entry in _standing(opinion)
    ]  # fmt: skip


def debit(*, by: User | None, opinion: Opinion) -> list[QuotaEntry]:
    """Make what an opinion took final: its case has passed."""
    done = set(
        QuotaEntry.objects.filter(opinion=opinion, kind=EntryKind.DEBIT).values_list("account_id", flat=True)
    )
    return [
        _entered(
            by=by, account=entry.account, opinion=opinion, kind=EntryKind.DEBIT, amount=entry.amount,
            verb="argument.debit_quota",
        )
        for entry in _standing(opinion)
        if entry.account_id not in done
    ]  # fmt: skip


def _standing(opinion: Opinion) -> list[QuotaEntry]:
    """Reservations of an opinion that were not given back."""
    rows = QuotaEntry.objects.filter(opinion=opinion).select_related("account")
    given_back = {entry.account_id for entry in rows if entry.kind == EntryKind.RELEASE}
    return [entry for entry in rows if entry.kind == EntryKind.RESERVE and entry.account_id not in given_back]


def _entered(
    *, by: User | None, account: QuotaAccount, opinion: Opinion, kind: EntryKind, amount: Decimal, verb: str
) -> QuotaEntry:
    entry = QuotaEntry.objects.create(account=account, opinion=opinion, kind=kind, amount=amount, by=by)
    trail.record(
        by=by,
        verb=verb,
        subject=_subject(account),
        data={
            "quota": account.kind,
            "case": opinion.task.case_id,
            "project": opinion.task.case.project.code,
            "opinion": opinion.pk,
            "amount": str(amount),
        },
    )
    return entry
