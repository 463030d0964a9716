"""Readers of rulebooks, drafts and trials, through the one permission question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, find, require, visible
from gis_projects.sites import trials
from gis_projects.sites.models import PublicationState, RulebookPublication
from gis_projects.sites.withholding import LAYER_SCOPE, readable
from gis_projects.trail.models import Job
from layers.models import Layer
from siting.engine.notices import Notice
from siting.models import RuleBook, RulebookDraft, RulebookTrial, TriedSite
from siting.rulebook.catalogue import CataloguedLayer, catalogue
from siting.rulebook.trials import stale

#: A rulebook is the whole bureau's: it is bound to no region and no organisation.
EVERYWHERE = ScopePaths()
TRIED_SCOPE = ScopePaths(
    region="site_version__site__project__region_id",
    project="site_version__site__project__pk",
    organisation="site_version__site__project__organisation_id",
    secrecy="site_version__site__project__secrecy",
)
_HIDDEN = Notice("stale-withheld", "有涉密图层已更新")


def rulebooks(user: User) -> QuerySet[RuleBook]:
    """All published versions, newest first."""
    rows = RuleBook.objects.annotate(size=Count("rules")).select_related(
        "publication__proposer", "publication__approver"
    )
    return visible(user, Permission.READ_SITES, rows, EVERYWHERE).order_by("code", "-version")


def rulebook(user: User, pk: int) -> RuleBook:
    """One published version, or 404."""
    rows = RuleBook.objects.select_related("publication__proposer", "publication__approver")
    return find(user, Permission.READ_SITES, rows, paths=EVERYWHERE, pk=pk)


def drafts(user: User) -> QuerySet[RulebookDraft]:
    """All drafts without their content, open ones first, then the newest; ``waiting``: for a second person."""
    waits = RulebookPublication.objects.filter(draft=OuterRef("pk"), state=PublicationState.PROPOSED)
    rows = RulebookDraft.objects.select_related("base", "published_as").defer("content")
    rows = rows.annotate(waiting=Exists(waits))
    return visible(user, Permission.READ_SITES, rows, EVERYWHERE).order_by(
        F("discarded_at").desc(nulls_first=True), F("published_as").desc(nulls_first=True), "-updated_at"
    )


def draft(user: User, pk: int, permission: Permission = Permission.READ_SITES) -> RulebookDraft:
    """One draft, or 404; 403 for somebody who may not do that to it."""
    rows = RulebookDraft.objects.select_related("base", "published_as")
    return find(user, permission, rows, reading=Permission.READ_SITES, paths=EVERYWHERE, pk=pk)


def trial(user: User, pk: int) -> RulebookTrial:
    """One trial, or 404."""
    rows = RulebookTrial.objects.select_related("draft", "against")
    return find(user, Permission.READ_SITES, rows, paths=EVERYWHERE, pk=pk)


def publication(user: User, pk: int, permission: Permission) -> RulebookPublication:
    """One proposal, or 404; 403 for somebody who may not do that to it."""
    rows = RulebookPublication.objects.select_related("draft", "trial", "proposer", "approver")
    return find(user, permission, rows, reading=Permission.READ_SITES, paths=EVERYWHERE, pk=pk)


def waiting(draft: RulebookDraft) -> RulebookPublication | None:
    """The proposal of a draft that waits for a second person."""
    return (
        RulebookPublication.objects.filter(draft=draft, state=PublicationState.PROPOSED)
        .select_related("proposer", "trial")
        .first()
    )


def writers(draft: RulebookDraft) -> set[int]:
    """Keys of those who wrote a draft: who began it with a published version's content has written nothing yet."""
    return set(draft.revisions.filter(number__gt=1).values_list("saved_by_id", flat=True))


def latest_trial(draft: RulebookDraft) -> RulebookTrial | None:
    """The newest trial of the draft's newest revision."""
    return draft.trials.filter(revision=draft.revision).order_by("-pk").first()


def stale_for(user: User, trial: RulebookTrial, draft: RulebookDraft) -> list[Notice]:
    """Say why a trial doesn't answer for a draft any more, without the layers that the user may not know of."""
    found = stale(trial, draft)
    open_ = readable(user, {notice.field for notice in found if notice.field is not None})
    told = [notice for notice in found if notice.field is None or notice.field in open_]
    return told if len(told) == len(found) else [*told, _HIDDEN]


def job_of(trial: RulebookTrial) -> Job | None:
    """The job that runs a trial."""
    return Job.objects.filter(kind=trials.KIND, subject=trials.subject(trial)).order_by("-pk").first()


def catalogue_of(user: User) -> dict[str, CataloguedLayer]:
    """The layers that the user may know of, with classes and attributes."""
    layers = visible(user, Permission.READ_LAYERS, Layer.objects.all(), LAYER_SCOPE)
    return catalogue(list(layers.values_list("code", flat=True)))


def hidden_rules(user: User, content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Rules of a content about layers that the user may not know of."""
    codes = {rule["layer"] for rule in content["rule"]}
    hidden = codes - readable(user, codes)
    return [rule for rule in content["rule"] if rule["layer"] in hidden]


@dataclass(frozen=True)
class TriedFilter:
    """Which sites of a trial: ``change`` is all, changed, worse, better or problem; a verdict after; a rule; words."""

    change: str = "changed"
    after: str = ""
    rule: str = ""
    q: str = ""


_ORDER = ("clear", "conditional", "restricted", "incomplete", "prohibited")
CHANGES = ("changed", "worse", "better", "problem", "all")


def tried(user: User, trial: RulebookTrial, chosen: TriedFilter) -> QuerySet[TriedSite]:
    """Sites of a trial that the user may see: another region's undisclosed ones are in no list and no count."""
    require(user, Permission.READ_SITES)
    rows = trial.tried.select_related("site_version__site__project__region").defer(
        "site_version__geometry", "site_version__declared", "site_version__source_file"
    )
    rows = visible(user, Permission.READ_SITES, rows, TRIED_SCOPE)
    worse = [(one, other) for place, one in enumerate(_ORDER) for other in _ORDER[place + 1 :]]
    match chosen.change:
        case "all":
            pass
        case "problem":
            rows = rows.exclude(problem="")
        case "worse":
            rows = _pairs(rows, worse)
        case "better":
            rows = _pairs(rows, [(other, one) for one, other in worse])
        case _:
            rows = rows.exclude(before=F("after"))
    if chosen.after:
        rows = rows.filter(after=chosen.after)
    if chosen.rule:
        rows = rows.filter(causes__contains=[chosen.rule])
    for word in chosen.q.split():
        rows = rows.filter(site_version__site__project__name__icontains=word) | rows.filter(
            site_version__site__project__code__icontains=word
        )
    return rows.order_by("pk")


def _pairs(rows: QuerySet[TriedSite], pairs: list[tuple[str, str]]) -> QuerySet[TriedSite]:
    chosen = rows.none()
    for before, after in pairs:
        chosen = chosen | rows.filter(before=before, after=after)
    return chosen


def causes(user: User, trial: RulebookTrial, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Rules that change a verdict of a site that the user may see: code and name."""
    rows = visible(user, Permission.READ_SITES, trial.tried.exclude(causes=[]), TRIED_SCOPE)
    codes = {code for found in rows.order_by().values_list("causes", flat=True) for code in found}
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda pair: pair[1])


def problems(user: User, trial: RulebookTrial) -> int:
    """How many sites that the user may see could not be tried."""
    return visible(user, Permission.READ_SITES, trial.tried.exclude(problem=""), TRIED_SCOPE).count()


def tally(user: User, trial: RulebookTrial) -> dict[tuple[str, str], int]:
    """How many sites that the user may see go from which verdict to which."""
    rows = visible(user, Permission.READ_SITES, trial.tried.filter(problem=""), TRIED_SCOPE)
    found = rows.order_by().values_list("before", "after").annotate(sites=Count("pk"))
    return {(before, after): sites for before, after, sites in found}
