"""A draft tried against all live sites: whose verdict would change, and by which rules.

A site's verdict under the rulebook in force and under the draft differ only by rules that differ
(`siting.rulebook.comparison`). So only those are evaluated under the draft, and what the other rules say is taken from
the site's current answer where it stands on the very same layers, rulebook, boundary and facts; else all rules of the
rulebook in force are evaluated too. The answer is the one that two whole checks would give.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
from django.db import DatabaseError, transaction
from django.utils import timezone

import layers.queries
from layers.queries import PinnedVersion
from siting import checks
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice, UnusableInput
from siting.engine.rules import RuleResult, RuleSpec, standing
from siting.engine.verdict import Outcome, Severity, Verdict, decide
from siting.models import CurrentAnswer, Finding, RulebookDraft, RulebookTrial, Site, SiteVersion, TriedSite
from siting.rulebook.comparison import changes
from siting.rulebook.content import pinned_draft
from siting.rulebook.facts import still_asked
from siting.rulebook.selection import PinnedRulebook, in_force, pinned
from siting.versions import stored

AT_ONCE = 250
"""Sites tried in one step: a few seconds."""

#: How one rule ended: its severity, its outcome and whether it is required.
Ended = tuple[Severity, Outcome, bool]


def begin(draft: RulebookDraft) -> RulebookTrial:
    """Pin what a trial reads: this revision, the rulebook in force, the layers and every live site as they are now.

    It is held against the rulebook in force today, on the first day of the draft if that is still to come: both by
    the rules of that day.

    Raises
    ------
    siting.rulebook.NoRulebook
        No rulebook of that code is in force.
    """
    today = timezone.localdate()
    against = in_force(draft.code, today)
    sites = list(_live().values_list("pk", "current_id", "facts"))
    trial = RulebookTrial(
        draft=draft,
        revision=draft.revision,
        content=draft.content,
        sha256=draft.sha256,
        against_id=against.id,
        on=max(today, dt.date.fromisoformat(draft.content["valid_from"])),
        ground_sha256=_fingerprint(sites),
        sites=len(sites),
    )
    old, new = rulebooks_of(trial)
    trial.manifest = _numbers(layers.queries.current(_layers(old, new)))
    trial.save()
    return trial


def rulebooks_of(trial: RulebookTrial) -> tuple[PinnedRulebook, PinnedRulebook]:
    """Give the rulebook that a trial holds its draft against, and the draft, both on the trial's day."""
    return (
        pinned(trial.against.code, trial.against.version, trial.on),
        pinned_draft(trial.content, trial.on),
    )


def stale(trial: RulebookTrial, draft: RulebookDraft) -> list[Notice]:
    """Say why a trial doesn't answer for a draft as it is now; nothing if it does.

    ``field`` is the layer of a notice that names one.
    """
    found = []
    if trial.finished_at is None:
        found.append(Notice("trial-unfinished", "试算尚未完成"))
    if (trial.revision, trial.sha256) != (draft.revision, draft.sha256):
        found.append(
            Notice(
                "trial-of-other-revision",
                "试算的是第 %(tried)s 次修改，草案现为第 %(now)s 次修改",
                {"tried": trial.revision, "now": draft.revision},
            )
        )
        return found
    today = timezone.localdate()
    if in_force(draft.code, today).id != trial.against_id:
        found.append(Notice("trial-against-other-rulebook", "试算后，现行规则库已换版"))
    if trial.on < today:
        found.append(
            Notice("trial-of-other-day", "试算按 %(day)s 的规则，该日已过", {"day": trial.on.isoformat()})
        )
    found += [
        Notice("trial-layers-changed", "试算后，图层已更新：%(layers)s", {"layers": name}, field=code)
        for code, name in _moved(trial)
    ]
    if _fingerprint(_live().values_list("pk", "current_id", "facts")) != trial.ground_sha256:
        found.append(Notice("trial-sites-changed", "试算后，在用选址或项目事实有变化"))
    return found


def _moved(trial: RulebookTrial) -> list[tuple[str, str]]:
    """Codes and names of layers that have another version than the trial read."""
    now = layers.queries.current(_layers(*rulebooks_of(trial)))
    numbers = _numbers(now)
    codes = sorted({*numbers, *trial.manifest})
    return [
        (code, now[code].layer_name if code in now else code)
        for code in codes
        if numbers.get(code) != trial.manifest.get(code)
    ]


def remaining(trial: RulebookTrial) -> list[int]:
    """Keys of live sites' current boundaries that the trial hasn't come to, in order."""
    done = trial.tried.values("site_version_id")
    return list(_live().exclude(current_id__in=done).values_list("current_id", flat=True))


def attempt(trial: RulebookTrial, site_versions: Collection[int]) -> int:
    """Try some sites and keep what was found; those that moved since the trial began are tried as they are now.

    Returns
    -------
    int
        How many sites were kept.
    """
    rows = list(SiteVersion.objects.filter(pk__in=list(site_versions)).select_related("site").order_by("pk"))
    old, new = rulebooks_of(trial)
    versions = layers.queries.pinned(trial.manifest)
    found = [
        TriedSite(
            trial=trial,
            site_version_id=row.pk,
            before=str(site.before),
            after=str(site.after),
            rules=[_plain(code, *ended) for code, ended in site.rules.items()],
            causes=list(site.causes),
        )
        if isinstance(site, Tried)
        else TriedSite(trial=trial, site_version_id=row.pk, problem=str(site)[:300])
        for row, site in zip(rows, try_sites(rows, old, new, versions), strict=True)
    ]
    TriedSite.objects.bulk_create(found)
    return len(found)


def finish(trial: RulebookTrial) -> RulebookTrial:
    """Sum a trial up once every site is tried; from then on it never changes."""
    verdicts: Counter[str] = Counter()
    changed = evaluated = 0
    for before, after, problem in trial.tried.values_list("before", "after", "problem"):
        evaluated += not problem
        changed += before != after
        verdicts[f"{before}>{after}" if not problem else "?"] += 1
    trial.verdicts = dict(sorted(verdicts.items()))
    trial.changed, trial.evaluated = changed, evaluated
    trial.sites = sum(verdicts.values())
    trial.finished_at = timezone.now()
    trial.save(update_fields=["verdicts", "changed", "evaluated", "sites", "finished_at"])
    return trial


@dataclass(frozen=True)
class Tried:
    """A site under both rulebooks.

    ``rules`` are those that end otherwise, by code: how before and after, None where a rulebook has no such rule.
    ``causes`` are those of them that alone give the stricter of the two verdicts; none where it is the same.
    """

    before: Verdict
    after: Verdict
    rules: Mapping[str, tuple[Ended | None, Ended | None]]
    causes: tuple[str, ...]


def try_sites(
    rows: Sequence[SiteVersion],
    old: PinnedRulebook,
    new: PinnedRulebook,
    versions: Mapping[str, PinnedVersion],
) -> Iterator[Tried | Notice]:
    """Try sites under two rulebooks; a notice says why one could not be. In the order of ``rows``."""
    differing = set(changes(old, new).answering)
    known = _answered(rows, old, versions)
    boundaries, problems = _boundaries([row for row in rows if differing or row.pk not in known])
    readable = [row for row in rows if row.pk not in problems]
    unknown = [row for row in readable if row.pk not in known]
    before = known | dict(_evaluated(unknown, boundaries, old, versions))
    changing = replace(new, rules=tuple(rule for rule in new.rules if rule.code in differing))
    after = dict(_evaluated(readable, boundaries, changing, versions)) if changing.rules else {}
    codes = [rule.code for rule in new.rules]
    for row in rows:
        was, becomes = before.get(row.pk, {}), after.get(row.pk, {})
        problem = problems.get(row.pk) or next(
            (each for each in (was, becomes) if isinstance(each, Notice)), None
        )
        if problem is not None or isinstance(was, Notice) or isinstance(becomes, Notice):
            assert problem is not None, "what isn't an answer is a notice"
            yield problem
        else:
            yield _compared(was, {code: becomes[code] if code in differing else was[code] for code in codes})


def _boundaries(rows: Sequence[SiteVersion]) -> tuple[dict[int, Boundary], dict[int, Notice]]:
    """Rebuild boundaries; one that can't be is named and fails no other."""
    found: dict[int, Boundary] = {}
    problems: dict[int, Notice] = {}
    for row in rows:
        try:
            found[row.pk] = stored(row)
        except (UnusableInput, ValueError, TypeError, KeyError) as error:
            problems[row.pk] = _problem(error)
    return found, problems


def _problem(error: Exception) -> Notice:
    return Notice("site-not-tried", "无法试算：%(error)s", {"error": str(error)[:200]})


def _compared(was: Mapping[str, Ended], will: Mapping[str, Ended]) -> Tried:
    before, after = decide(was.values()), decide(will.values())
    others = {
        code: (was.get(code), will.get(code))
        for code in sorted({*was, *will})
        if _weighs(was.get(code)) != _weighs(will.get(code))
    }
    stricter, strict = (will, after) if _STRICTNESS[after] > _STRICTNESS[before] else (was, before)
    causes = (
        ()
        if before is after
        else tuple(code for code in others if code in stricter and decide([stricter[code]]) is strict)
    )
    return Tried(before, after, others, causes)


def _weighs(ended: Ended | None) -> Ended | None:
    """What a rule's end adds to a verdict: no such rule and a clear one add nothing."""
    return None if ended is None or ended[1] is Outcome.CLEAR else ended


_STRICTNESS = {
    verdict: place
    for place, verdict in enumerate(
        (Verdict.CLEAR, Verdict.CONDITIONAL, Verdict.RESTRICTED, Verdict.INCOMPLETE, Verdict.PROHIBITED)
    )
}


def _evaluated(
    rows: Sequence[SiteVersion],
    boundaries: Mapping[int, Boundary],
    rulebook: PinnedRulebook,
    versions: Mapping[str, PinnedVersion],
) -> Iterator[tuple[int, dict[str, Ended] | Notice]]:
    """Evaluate a rulebook's rules for sites; where all together fail, one by one, so that only the failing one does."""
    read = {code: version for code, version in versions.items() if code in rulebook.layers}
    asked = [(boundaries[row.pk], still_asked(rulebook, row.site.facts)) for row in rows]
    try:
        with transaction.atomic():
            found = list(checks.run_many(asked, rulebook=rulebook, versions=read))
    except (DatabaseError, UnusableInput, ValueError, shapely.errors.ShapelyError):
        for row, site in zip(rows, asked, strict=True):
            yield row.pk, _alone(site, rulebook, read)
        return
    for row, result in zip(rows, found, strict=True):
        yield row.pk, _ended(result.results)


def _alone(
    site: tuple[Boundary, Mapping[str, str]], rulebook: PinnedRulebook, versions: Mapping[str, PinnedVersion]
) -> dict[str, Ended] | Notice:
    try:
        with transaction.atomic():
            result = checks.run(site[0], facts=site[1], rulebook=rulebook, versions=versions)
    except (DatabaseError, UnusableInput, ValueError, shapely.errors.ShapelyError) as error:
        return _problem(error)
    return _ended(result.results)


def _ended(results: Iterable[RuleResult]) -> dict[str, Ended]:
    return {item.rule.code: (item.severity, item.outcome, item.rule.required) for item in results}


def _answered(
    rows: Sequence[SiteVersion], rulebook: PinnedRulebook, versions: Mapping[str, PinnedVersion]
) -> dict[int, dict[str, Ended] | Notice]:
    """How the rules ended by the sites' current answers, of those that stand on exactly this.

    An answer that was proved unchanged keeps the check that it was; what that check says holds all the same.
    """
    codes = [rule.code for rule in rulebook.rules]
    manifest = {
        code: {"version": version.number, "root_hash": version.root_hash}
        for code, version in versions.items()
        if code in {*rulebook.layers, checks.PRESENT_LAND_LAYER}
    }
    answers = [
        answer
        for answer in CurrentAnswer.objects.filter(
            site_version__in=[row.pk for row in rows], footing__rulebook=rulebook.id
        ).select_related("footing", "evidence__rulebook")
        if answer.footing.rules == codes and answer.footing.manifest == manifest
    ]
    facts = {row.pk: row.site.facts for row in rows}
    answers = [answer for answer in answers if answer.facts == facts[answer.site_version_id]]
    hits: dict[int, dict[str, tuple[str, str]]] = {}
    evidence = [answer.evidence_id for answer in answers]
    for check, rule, severity, outcome in Finding.objects.filter(answer__in=evidence).values_list(
        "answer_id", "rule", "severity", "outcome"
    ):
        hits.setdefault(check, {})[rule] = (severity, outcome)
    result: dict[int, dict[str, Ended] | Notice] = {}
    for answer in answers:
        found, open_ = hits.get(answer.evidence_id, {}), set(answer.evidence.not_checked)
        if not {*found, *open_} <= {*codes}:
            continue
        asked = still_asked(rulebook, answer.facts)
        result[answer.site_version_id] = {
            rule.code: _told(rule, asked, found.get(rule.code), rule.code in open_) for rule in rulebook.rules
        }
    return result


def _told(rule: RuleSpec, facts: Mapping[str, str], found: tuple[str, str] | None, is_open: bool) -> Ended:
    """How a rule ended by a check's own rows. Clear is clear, whatever the severity would have been."""
    if found is not None:
        return Severity(found[0]), Outcome(found[1]), rule.required
    severity = standing(rule, facts).severity or rule.severity
    return severity, Outcome.NOT_CHECKED if is_open else Outcome.CLEAR, rule.required


def _plain(code: str, before: Ended | None, after: Ended | None) -> dict[str, Any]:
    return {
        "code": code,
        "before": None if before is None else [str(before[0]), str(before[1]), before[2]],
        "after": None if after is None else [str(after[0]), str(after[1]), after[2]],
    }


def _live() -> Any:
    return Site.objects.filter(is_live=True, current__isnull=False).order_by("current_id")


def _fingerprint(sites: Iterable[tuple[int, int | None, Mapping[str, Any]]]) -> str:
    """SHA-256 over live sites with their boundary versions and facts, in order."""
    digest = hashlib.sha256()
    for site, version, facts in sites:
        digest.update(f"{site}:{version}:{json.dumps(facts, sort_keys=True, ensure_ascii=False)}\n".encode())
    return digest.hexdigest()


def _layers(*rulebooks: PinnedRulebook) -> list[str]:
    return sorted({checks.PRESENT_LAND_LAYER, *(code for rulebook in rulebooks for code in rulebook.layers)})


def _numbers(versions: Mapping[str, PinnedVersion]) -> dict[str, int]:
    return {code: versions[code].number for code in sorted(versions)}
