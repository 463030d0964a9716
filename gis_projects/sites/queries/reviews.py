"""Readers of reviews, through the one permission question: the inbox, one review, and whether its rows still hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, find, visible
from gis_projects.sites.models.reviews import (
    ANSWERS,
    SETTLING,
    Attachment,
    Mark,
    Review,
    ReviewState,
    SignOff,
)
from gis_projects.sites.queries.boundaries import CHECK_SCOPE
from gis_projects.sites.reviewing import sign_offs
from gis_projects.sites.reviewing.items import standing
from gis_projects.trail.models import Step
from siting.certificates import Difference
from siting.models import Check, Finding, Site

#: Not signed yet: what the inbox shows unless asked for something else.
OPEN = (ReviewState.WAITING, ReviewState.REVIEWING, ReviewState.CHANGE, ReviewState.READY)
#: Signed, and overtaken by a newer boundary or check.
OUTDATED = "outdated"
ALL = "all"
SIGN_OFF_SCOPE = ScopePaths(
    region="answer__site_version__site__project__region_id",
    project="answer__site_version__site__project__pk",
    organisation="answer__site_version__site__project__organisation_id",
    secrecy="answer__site_version__site__project__secrecy",
)


@dataclass(frozen=True)
class Wanted:
    """What the inbox is asked for; empty means any. ``state`` is one of `ReviewState`, `OUTDATED`, `ALL`, or empty
    for all that is open; ``whose`` is ``mine``, ``free`` or empty.
    """

    verdict: str = ""
    severity: str = ""
    rule: str = ""
    region: str = ""
    state: str = ""
    whose: str = ""
    q: str = ""


def inbox(user: User, wanted: Wanted) -> QuerySet[Check]:
    """Checks to be reviewed: of each live site the newest one of its current boundary.

    Every such check waits, handed in or not: what nobody thinks of handing in must not stay unseen. Those handed in
    stand first, the longest waiting on top; then the newest.
    """
    rows = _newest(user) if wanted.state != OUTDATED else _outdated(user)
    rows = rows.select_related("site_version__site__project__region", "review__assignee").defer(
        "canonical", "site_version__geometry", "site_version__declared", "site_version__source_file"
    )
    rows = _narrowed(rows, user, wanted)
    if wanted.state in ReviewState.values:
        rows = rows.filter(_in_state(wanted.state))
    elif wanted.state == "":
        rows = rows.filter(_in_state(*OPEN))
    return rows.order_by(F("review__submitted_at").asc(nulls_last=True), "-created_at", "-pk")


def counts(user: User, wanted: Wanted) -> dict[str, int]:
    """How many checks of what is asked for are in each state."""
    rows = _narrowed(_newest(user), user, wanted).order_by()
    found: Counter[str] = Counter()
    for state, n in rows.values_list("review__state").annotate(n=Count("pk")):
        found[state or ReviewState.WAITING] += n
    outdated = _narrowed(_outdated(user), user, wanted).count()
    return {state: found[state] for state in ReviewState.values} | {OUTDATED: outdated}


def _in_state(*states: str) -> Q:
    """A check without a review waits."""
    there = Q(review__state__in=states)
    return there | Q(review=None) if ReviewState.WAITING in states else there


def _newest(user: User) -> QuerySet[Check]:
    of_current = Check.objects.filter(site_version=OuterRef("current_id")).order_by("-created_at", "-pk")
    live = Site.objects.filter(is_live=True, current__isnull=False)
    newest = live.annotate(newest=Subquery(of_current.values("pk")[:1])).values("newest")
    return _visible(user, Check.objects.filter(pk__in=newest))


def _outdated(user: User) -> QuerySet[Check]:
    newer = Check.objects.filter(
        Q(created_at__gt=OuterRef("created_at"))
        | Q(created_at=OuterRef("created_at"), pk__gt=OuterRef("pk")),
        site_version__site=OuterRef("site_version__site"),
    )
    rows = Check.objects.filter(sign_off__isnull=False, sign_off__withdrawal=None)
    moved = ~Q(site_version=F("site_version__site__current"))
    return _visible(user, rows.filter(moved | Exists(newer)))


def _visible(user: User, rows: QuerySet[Check]) -> QuerySet[Check]:
    return visible(user, Permission.READ_SITES, rows, CHECK_SCOPE)


def _narrowed(rows: QuerySet[Check], user: User, wanted: Wanted) -> QuerySet[Check]:
    if wanted.verdict:
        rows = rows.filter(verdict=wanted.verdict)
    if wanted.region:
        rows = rows.filter(site_version__site__project__region=wanted.region)
    if wanted.severity:
        rows = rows.filter(Exists(Finding.objects.filter(answer=OuterRef("pk"), severity=wanted.severity)))
    if wanted.rule:
        found = Exists(Finding.objects.filter(answer=OuterRef("pk"), rule=wanted.rule))
        rows = rows.filter(found | Q(not_checked__contains=[wanted.rule]))
    if wanted.whose == "mine":
        rows = rows.filter(review__assignee=user)
    elif wanted.whose == "free":
        rows = rows.filter(review__assignee=None)
    for word in wanted.q.split():
        rows = rows.filter(
            Q(site_version__site__project__name__icontains=word)
            | Q(site_version__site__project__code__icontains=word)
        )
    return rows


@dataclass(frozen=True)
class Progress:
    """How many findings need a decision, and how many of these have one."""

    needed: int
    decided: int


def progress(checks: Iterable[Check]) -> dict[int, Progress]:
    """How far each of these checks has come, by its key. Two queries."""
    rules: dict[int, set[str]] = {check.pk: set(check.not_checked) for check in checks}
    found = Finding.objects.filter(answer__in=list(rules)).exclude(severity="I")
    for answer, rule in found.values_list("answer_id", "rule"):
        rules[answer].add(rule)
    answers: dict[int, dict[str, str]] = defaultdict(dict)
    given = Mark.objects.filter(answer__in=list(rules), decision__in=ANSWERS).order_by("pk")
    for answer, rule, decision in given.values_list("answer_id", "rule", "decision"):
        answers[answer][rule] = decision
    return {
        answer: Progress(len(needed), sum(answers[answer].get(rule) in SETTLING for rule in needed))
        for answer, needed in rules.items()
    }


def rules_found(user: User) -> list[str]:
    """Codes of the rules that the newest checks did not find clear: what the inbox can be filtered by."""
    newest = _newest(user)
    found = Finding.objects.filter(answer__in=newest.values("pk")).order_by().values_list("rule", flat=True)
    left_open = {rule for rules in newest.values_list("not_checked", flat=True) for rule in rules}
    return sorted(left_open.union(found.distinct()))


def check(user: User, pk: int, permission: Permission = Permission.READ_SITES) -> Check:
    """One check for its review, or 404; 403 if the user may see it but not do that to it."""
    rows = Check.objects.select_related("site_version__site__project__region", "rulebook")
    return find(user, permission, rows, reading=Permission.READ_SITES, paths=CHECK_SCOPE, pk=pk)


def sign_off(user: User, check_pk: int, permission: Permission = Permission.READ_SITES) -> SignOff:
    """The sign-off of one check, or 404; 403 if the user may see it but not do that to it."""
    rows = SignOff.objects.select_related("answer__site_version__site__project__region", "signer")
    return find(
        user, permission, rows, reading=Permission.READ_SITES, paths=SIGN_OFF_SCOPE, answer_id=check_pk
    )


def attachment(user: User, check_pk: int, pk: int) -> Attachment:
    """One attachment of a check that the user may see, or 404; whose layer they may read is asked where it is shown."""
    rows = Attachment.objects.select_related("answer__site_version__site__project__region")
    return find(user, Permission.READ_SITES, rows, paths=SIGN_OFF_SCOPE, pk=pk, answer_id=check_pk)


def review(check: Check) -> Review:
    """A check's review; one that nobody has touched is as good as new, and not stored."""
    found = Review.objects.select_related("assignee").filter(answer=check).first()
    return found or Review(answer=check)


def marks(check: Check) -> list[Mark]:
    """All that was said of a check, in its order."""
    return list(Mark.objects.filter(answer=check).select_related("by").order_by("pk"))


def attachments(check: Check) -> list[Attachment]:
    return list(Attachment.objects.filter(answer=check).select_related("by").order_by("pk"))


def signed(check: Check) -> SignOff | None:
    """A check's sign-off, withdrawn or not."""
    rows = SignOff.objects.select_related("signer", "boundary_by", "check_by", "withdrawal__by")
    return rows.filter(answer=check).first()


def is_newest(check: Check) -> bool:
    """Whether a check is the last one of its site's current boundary."""
    version = check.site_version
    current = Site.objects.filter(pk=version.site_id).values_list("current_id", flat=True).get()
    if current != version.pk:
        return False
    newest = Check.objects.filter(site_version=version).order_by("-created_at", "-pk")
    return newest.values_list("pk", flat=True).first() == check.pk


def newest_of_site(check: Check) -> Check | None:
    """The newest check of the same site, of whatever boundary; None if it is this one."""
    rows = Check.objects.filter(site_version__site=check.site_version.site_id).order_by("-created_at", "-pk")
    newest = rows.defer("canonical").first()
    return None if newest is None or newest.pk == check.pk else newest


def earlier(check: Check) -> list[Check]:
    """The site's checks before this one, newest first, without their documents."""
    before = Q(created_at__lt=check.created_at) | Q(created_at=check.created_at, pk__lt=check.pk)
    rows = Check.objects.filter(before, site_version__site=check.site_version.site_id)
    return list(rows.select_related("site_version").defer("canonical").order_by("-created_at", "-pk")[:50])


def last_reviewed(check: Check, rows: list[Check]) -> Check | None:
    """The check to hold this one against: the last that a reviewer answered, else the one before."""
    answered = Mark.objects.filter(answer__in=rows, decision__in=ANSWERS).values_list("answer_id", flat=True)
    known = set(answered.distinct())
    return next((row for row in rows if row.pk in known), rows[0] if rows else None)


def authors(check: Check) -> tuple[User | None, User | None]:
    """Who saved the boundary and who ran the check, by the trail; None where the platform did, or nobody is known."""
    steps = Step.objects.filter(subject=subject(check.site_version.site.project)).order_by("-number")
    saved = steps.filter(verb="sites.save_boundary", data__site_version=check.site_version_id)
    run = steps.filter(verb="sites.run_check", data__check=check.pk)
    keys = [rows.values_list("actor_id", flat=True).first() or None for rows in (saved, run)]
    users = User.objects.in_bulk([int(key) for key in keys if key])
    boundary_by, check_by = (users.get(int(key)) if key else None for key in keys)
    return boundary_by, check_by


def verification(check: Check) -> list[Difference]:
    """What of a review is no longer as it was written: marks, attachments, sign-off. Empty if all holds."""
    steps = Step.objects.filter(
        subject=subject(check.site_version.site.project), data__check=check.pk, data__has_key="mark"
    )
    in_trail = {step["mark"]: step["sha256"] for step in steps.values_list("data", flat=True)}
    found = signed(check)
    if found is not None:
        return sign_offs.differences(found, in_trail=in_trail)
    return sign_offs.mark_differences(marks(check), in_trail) + sign_offs.file_differences(attachments(check))


def against_rows(document: dict[str, Any]) -> list[Difference]:
    """Hold a sign-off that came from a file against what is stored here."""
    found = SignOff.objects.select_related("answer").filter(digest=document["digest"]).first()
    if found is None:
        return [Difference("digest", "此处没有这份签发记录")]
    return verification(found.answer)


def earlier_answers(check: Check | None) -> Mapping[str, Mark]:
    """What stood for each rule in an earlier check; it counts for nothing in a later one."""
    return {} if check is None else standing(marks(check))
