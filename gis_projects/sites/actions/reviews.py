"""The only writers of reviews: marks, attachments, who looks after a check, and the signature under it."""

from __future__ import annotations

import json

from django.db import transaction
from django.utils import timezone

from gis_projects import files
from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, require
from gis_projects.sites.models.reviews import (
    ANSWERS,
    NEEDS_WORDS,
    Attachment,
    Decision,
    Mark,
    Review,
    ReviewState,
    SignOff,
    SignOffWithdrawal,
)
from gis_projects.sites.queries import reviews as queries
from gis_projects.sites.reviewing import sign_offs
from gis_projects.sites.reviewing.items import Overtaken, items, standing, state_of, undecided
from gis_projects.trail.actions import record
from siting import certificates
from siting.documents import canonical
from siting.engine.notices import Notice, UnusableInput
from siting.models import Check, Site

MAX_TEXT = 4000


class TwoPersons(UnusableInput):
    """Whoever saved the boundary or ran the check doesn't sign it."""


@transaction.atomic
def mark(*, by: User, check: Check, rule: str = "", decision: str, text: str = "") -> Mark:
    """Say something of one finding of a check, or of the whole check (``rule`` empty).

    Reviewers decide and give opinions; whoever may edit the boundary submits and replies. Two persons at once both
    stay, one after the other.

    Raises
    ------
    UnusableInput
        A reason is missing, the rule is none of the findings, or the decision doesn't fit.
    Overtaken
        The check was signed meanwhile.
    """
    project = _project(check)
    kind = _decision(decision, rule)
    if kind is Decision.SUBMITTED:
        require(by, Permission.EDIT_SITES, project)
    elif kind is Decision.REPLY:
        _require_either(by, project)
    else:
        require(by, Permission.REVIEW_CHECKS, project)
    words = _words(text, needed=kind in NEEDS_WORDS)
    review = _open(check, rule)
    row = Mark.objects.create(answer=check, rule=rule, decision=kind, text=words, by=by)
    if kind is Decision.SUBMITTED:
        review.submitted_at = row.at
    _move_on(review)
    _record(row, project)
    return row


@transaction.atomic
def attach(*, by: User, check: Check, rule: str = "", name: str, content: bytes) -> Attachment:
    """Put a file beside a finding, or beside the whole check."""
    project = _project(check)
    _require_either(by, project)
    plain = files.safe_name(name)
    kind = files.refuse_unknown(plain, content)
    review = _open(check, rule)
    if Attachment.objects.filter(answer=check).count() >= files.MAX_FILES:
        raise UnusableInput(
            Notice(
                "too-many-attachments", "附件不能超过 %(limit)s 个", {"limit": files.MAX_FILES}, field="file"
            )
        )
    row = Attachment.objects.create(
        answer=check,
        rule=rule,
        name=plain,
        kind=kind.code,
        size=len(content),
        sha256=files.keep(content),
        by=by,
    )
    _move_on(review)
    record(
        by=by,
        verb="sites.attach_file",
        subject=subject(project),
        data={"check": check.pk, "attachment": row.pk, "rule": rule, "sha256": row.sha256, "size": row.size},
    )
    return row


@transaction.atomic
def take(*, by: User, check: Check) -> Review:
    """Look after a check oneself, also in a colleague's place."""
    return _assign(by, check, by)


@transaction.atomic
def release(*, by: User, check: Check) -> Review:
    """Give a check back to all."""
    return _assign(by, check, None)


@transaction.atomic
def sign(*, by: User, check: Check, revision: int, opinion: str = "") -> SignOff:
    """Sign a check as it was seen: every finding that needs a decision has one.

    Parameters
    ----------
    revision
        The review's revision that the signer saw; with any other nothing is signed.
    opinion
        The overall opinion, if it is given with the signature.

    Raises
    ------
    Overtaken
        Something was added to the review, the boundary was changed or checked again, or someone signed.
    TwoPersons
        The signer saved the boundary or ran the check.
    UnusableInput
        Findings are undecided, or nobody knows who saved the boundary.
    """
    project = _project(check)
    require(by, Permission.SIGN_CHECKS, project)
    words = _words(opinion, needed=False)
    # First the site, as a boundary's save does: none can be saved between this look and the signature.
    Site.objects.select_for_update(of=("self",)).get(pk=check.site_version.site_id)
    review = _open(check, "")
    if not queries.is_newest(check):
        raise Overtaken(Notice("check-outdated", "边界已修改或已有更新的检查，不能再签发这一次"))
    if review.revision != revision:
        raise Overtaken(Notice("review-moved-on", "其他人刚刚有新的处理，请看过后再签发"))
    boundary_by, check_by = queries.authors(check)
    if boundary_by is None:
        raise UnusableInput(Notice("author-unknown", "留痕中找不到边界的保存人，不能签发"))
    if by in (boundary_by, check_by):
        raise TwoPersons(Notice("two-persons", "边界的保存人和检查的运行人不能签发，须由另一人签发"))
    asked = items(json.loads(check.canonical))
    said = Mark.objects.create(answer=check, decision=Decision.OPINION, text=words, by=by) if words else None
    marks = queries.marks(check)
    if missing := undecided(asked, standing(marks)):
        raise UnusableInput(
            Notice(
                "undecided", "还有 %(count)s 项没有结论或待修改", {"count": len(missing)}, field="decisions"
            )
        )
    at = timezone.now()
    unsealed = sign_offs.record(
        check=check,
        project=project,
        asked=asked,
        marks=marks,
        attachments=queries.attachments(check),
        signer=by,
        boundary_by=boundary_by,
        check_by=check_by,
        at=at,
    )
    sealed = certificates.seal(unsealed)
    sign_off = SignOff.objects.create(
        answer=check,
        signer=by,
        boundary_by=boundary_by,
        check_by=check_by,
        canonical=canonical(unsealed),
        digest=sealed["digest"],
        signature=sealed["signature"],
        key_id=sealed["key"],
        at=at,
    )
    review.state = ReviewState.SIGNED
    review.revision += 1
    review.save(update_fields=["state", "revision"])
    if said is not None:
        _record(said, project)
    record(
        by=by,
        verb="sites.sign_check",
        subject=subject(project),
        data={
            "check": check.pk,
            "sign_off": sign_off.pk,
            "verdict": check.verdict,
            "check_digest": check.digest,
            "digest": sign_off.digest,
        },
    )
    return sign_off


@transaction.atomic
def withdraw(*, by: User, sign_off: SignOff, reason: str) -> SignOffWithdrawal:
    """Take a sign-off back, with a reason; the record stays and the check can't be signed again."""
    check = sign_off.answer
    project = _project(check)
    require(by, Permission.SIGN_CHECKS, project)
    words = _words(reason, needed=True, field="reason")
    review = Review.objects.select_for_update().get(answer=check)
    if SignOffWithdrawal.objects.filter(sign_off=sign_off).exists():
        raise Overtaken(Notice("sign-off-withdrawn", "签发已经撤回"))
    row = SignOffWithdrawal.objects.create(sign_off=sign_off, by=by, reason=words)
    review.state = ReviewState.WITHDRAWN
    review.revision += 1
    review.save(update_fields=["state", "revision"])
    record(
        by=by,
        verb="sites.withdraw_sign_off",
        subject=subject(project),
        data={"check": check.pk, "sign_off": sign_off.pk, "digest": sign_off.digest, "reason": words},
    )
    return row


def _record(row: Mark, project: Project) -> None:
    """Write a mark into the trail: its words stay in their row, where the permission question is asked, and the hash
    tells if they change.
    """
    verbs = {Decision.CHANGE: "sites.request_change", Decision.SUBMITTED: "sites.submit_check"}
    record(
        by=row.by,
        verb=verbs.get(Decision(row.decision), "sites.mark_finding"),
        subject=subject(project),
        data={
            "check": row.answer_id,
            "mark": row.pk,
            "rule": row.rule,
            "decision": str(row.decision),
            "sha256": sign_offs.mark_sha256(row),
        },
    )


def _assign(by: User, check: Check, assignee: User | None) -> Review:
    project = _project(check)
    require(by, Permission.REVIEW_CHECKS, project)
    review = _open(check, "")
    if review.assignee == assignee:
        return review
    before, review.assignee = review.assignee, assignee
    _move_on(review, says_something=False)
    record(
        by=by,
        verb="sites.take_review" if assignee else "sites.release_review",
        subject=subject(project),
        data={"check": check.pk, "before": before.get_username() if before else ""},
    )
    return review


def _open(check: Check, rule: str) -> Review:
    """The review's row, made on first use and locked; refused once the check is signed."""
    if rule and rule not in check.not_checked and not check.findings.filter(rule=rule).exists():
        raise UnusableInput(
            Notice("no-such-finding", "这次检查没有这一项：%(rule)s", {"rule": rule}, field="rule")
        )
    Review.objects.get_or_create(answer=check)
    review = Review.objects.select_for_update(of=("self",)).select_related("assignee").get(answer=check)
    if SignOff.objects.filter(answer=check).exists():
        raise Overtaken(Notice("check-signed", "检查已经签发，不能再添加"))
    return review


def _move_on(review: Review, *, says_something: bool = True) -> None:
    """Write the state that the marks amount to. Who looks after a check is nothing that a signer must have seen."""
    review.state = state_of(
        items(json.loads(review.answer.canonical)),
        queries.marks(review.answer),
        taken=review.assignee_id is not None,
    )
    review.revision += int(says_something)
    review.save(update_fields=["state", "revision", "assignee", "submitted_at"])


def _decision(decision: str, rule: str) -> Decision:
    try:
        kind = Decision(decision)
    except ValueError:
        raise UnusableInput(Notice("no-such-decision", "没有这种处理", field="decision")) from None
    if (kind in ANSWERS and not rule) or (kind is Decision.SUBMITTED and rule):
        raise UnusableInput(Notice("decision-elsewhere", "这种处理不能用在这里", field="decision"))
    return kind


def _words(text: str, *, needed: bool, field: str = "text") -> str:
    words = text.replace("\r\n", "\n").strip()
    if needed and not words:
        raise UnusableInput(Notice("reason-missing", "请写明理由", field=field))
    if len(words) > MAX_TEXT:
        raise UnusableInput(
            Notice("text-too-long", "文字不能超过 %(limit)s 个字", {"limit": MAX_TEXT}, field=field)
        )
    return words


def _require_either(by: User, project: Project) -> None:
    """Both sides may reply and bring files: who reviews, and who answers for the boundary."""
    if not may(by, Permission.REVIEW_CHECKS, project):
        require(by, Permission.EDIT_SITES, project)


def _project(check: Check) -> Project:
    return check.site_version.site.project
