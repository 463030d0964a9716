"""A block of sites is checked again, and its answers take the place of the earlier ones: one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from siting.certificates import Draft, draft, issue_many
from siting.engine.verdict import Verdict
from siting.models import (
    Change,
    Check,
    CurrentAnswer,
    How,
    RevalidatedSite,
    Revalidation,
    RunState,
    Site,
    SiteVersion,
)
from siting.revalidation import standing
from siting.revalidation.checking import Asked, results
from siting.revalidation.content import Content, content
from siting.revalidation.locking import alone
from siting.revalidation.standing import Standing

_STRICTNESS = {Verdict.CLEAR: 0, Verdict.CONDITIONAL: 1, Verdict.RESTRICTED: 2, Verdict.PROHIBITED: 3}
#: The verdict became another one.
TURNED = (Change.WORSE, Change.BETTER, Change.UNANSWERABLE, Change.ANSWERED)
_UPDATED = (
    "site_version", "evidence", "footing", "proof", "revalidation", "verdict", "facts", "concerned", "open", "rules",
    "passing", "content", "held_at",
)  # fmt: skip


@dataclass(frozen=True)
class _Checked:
    """A site, the boundary and the facts that it was asked with, and what was found; None: it couldn't be checked."""

    site: int
    version: SiteVersion
    facts: Mapping[str, str]
    draft: Draft | None
    content: Content | None


def answer(run: Revalidation, sites: Sequence[int], *, processes: int = 1) -> bool:
    """Re-check sites and keep what was found; whether the run goes on (it doesn't where a later one overtook it).

    In the caller's transaction. Checking takes long and holds nothing; only then are the sites kept from changing,
    and one that has changed meanwhile is checked once more.
    """
    assert run.footing is not None, "a run begins with its plan"
    target = standing.of(run.footing)
    checked = _check(_asked(sites), target, processes)
    alone()
    if not Revalidation.objects.filter(pk=run.pk, state=RunState.RUNNING).exists():
        return False
    now_asked = _asked(sites, lock=True)
    moved = {
        site: asked
        for site, asked in now_asked.items()
        if asked != (checked[site].version.pk, checked[site].facts)
    }
    _keep(run, target, [*(checked | _check(moved, target, processes)).values()])
    return True


def _asked(sites: Sequence[int], *, lock: bool = False) -> dict[int, Asked]:
    """The current boundary and the facts of sites; ``lock`` keeps them as they are until the transaction ends."""
    rows = Site.objects.filter(pk__in=sites).order_by("pk")
    if lock:
        rows = rows.select_for_update()
    found = {pk: (version, facts) for pk, version, facts in rows.values_list("pk", "current_id", "facts")}
    return {site: found[site] for site in sites}


def _check(wanted: Mapping[int, Asked], target: Standing, processes: int) -> dict[int, _Checked]:
    answers = results(list(wanted.values()), target.rulebook, target.versions, processes=processes)
    found = {}
    for (site, (_, facts)), (version, result) in zip(wanted.items(), answers, strict=True):
        written = None if result is None else draft(result)
        said = None if written is None else content(written.document)
        found[site] = _Checked(site, version, facts, written, said)
    return found


def _keep(run: Revalidation, target: Standing, checked: Sequence[_Checked]) -> None:
    """Evidence, what became of each site, its answer, and the run's counts."""
    before = CurrentAnswer.objects.in_bulk([item.site for item in checked])
    evidence = _evidence(checked)
    now = timezone.now()
    outcomes, answers = [], []
    for item in checked:
        earlier, check = before.get(item.site), evidence.get(item.site)
        outcomes.append(
            RevalidatedSite(
                revalidation=run,
                site_version=item.version,
                how=How.FAILED if check is None else How.CHECKED,
                change=_change(earlier, item.content),
                before_id=None if earlier is None else earlier.evidence_id,
                after=check,
            )
        )
        if check is not None and item.content is not None:
            answers.append(_answer(run, target, item, item.content, check, now))
    RevalidatedSite.objects.bulk_create(outcomes)
    CurrentAnswer.objects.bulk_create(
        answers, update_conflicts=True, unique_fields=["site"], update_fields=_UPDATED
    )
    Revalidation.objects.filter(pk=run.pk).update(
        rechecked=F("rechecked") + len(answers),
        failed=F("failed") + len(outcomes) - len(answers),
        changed=F("changed") + sum(outcome.change in TURNED for outcome in outcomes),
    )


def _evidence(checked: Sequence[_Checked]) -> dict[int, Check]:
    """The sealed check of each site; one that a person has just run says the same and is not kept twice."""
    latest = {
        check.site_version_id: check
        for check in Check.objects.filter(site_version__in=[item.version for item in checked])
        .order_by("site_version_id", "-created_at", "-pk")
        .distinct("site_version_id")
        .defer("canonical")
    }
    there: dict[int, Check] = {}
    new: list[tuple[int, Draft, SiteVersion]] = []
    for item in checked:
        known = latest.get(item.version.pk)
        if item.draft is None:
            continue
        if known is not None and known.digest == item.draft.digest:
            there[item.site] = known
        else:
            new.append((item.site, item.draft, item.version))
    issued = issue_many((written, version) for _, written, version in new)
    return there | {site: check for (site, *_), check in zip(new, issued, strict=True)}


def _answer(
    run: Revalidation, target: Standing, item: _Checked, found: Content, check: Check, now: datetime
) -> CurrentAnswer:
    return CurrentAnswer(
        site_id=item.site,
        site_version=item.version,
        evidence=check,
        footing=target.footing,
        proof=None,
        revalidation=run,
        verdict=found.verdict,
        facts=item.facts,
        concerned=list(found.concerned),
        open=list(found.open),
        rules=list(found.rules),
        passing=found.passing,
        content=found.sha256,
        held_at=now,
    )


def _change(before: CurrentAnswer | None, after: Content | None) -> Change:
    """What became of an answer."""
    if after is None:
        return Change.UNKNOWN
    if before is None:
        return Change.FIRST
    if before.verdict == after.verdict:
        return Change.SAME if before.content == after.sha256 else Change.FINDINGS
    if after.verdict == Verdict.INCOMPLETE:
        return Change.UNANSWERABLE
    if before.verdict == Verdict.INCOMPLETE:
        return Change.ANSWERED
    stricter = _STRICTNESS[Verdict(after.verdict)] > _STRICTNESS[Verdict(before.verdict)]
    return Change.WORSE if stricter else Change.BETTER
