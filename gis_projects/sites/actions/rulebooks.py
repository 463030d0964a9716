"""The only writers of rulebook drafts, and of their way through trial and proposal to publication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sites import trials
from gis_projects.sites.models import PublicationState, RulebookPublication, RulebookRevision
from gis_projects.sites.queries import rulebooks as queries
from gis_projects.trail.actions import record
from siting.engine.notices import Notice, UnusableInput
from siting.models import RuleBook, RulebookDraft, RulebookTrial
from siting.rulebook import publish
from siting.rulebook.content import content_of, ordered, sha256_of
from siting.rulebook.draft_validation import check_dates, check_draft
from siting.rulebook.trials import begin

REASON_LENGTH = 2000


class DraftMoved(Exception):
    """Somebody saved the draft meanwhile: ``draft`` is as it is now. Nothing was written over."""

    def __init__(self, draft: RulebookDraft) -> None:
        self.draft = draft
        super().__init__(f"draft {draft.pk} is at revision {draft.revision}")


def subject(draft: RulebookDraft) -> str:
    """What the trail calls a draft."""
    return f"sites.rulebook_draft:{draft.pk}"


@transaction.atomic
def begin_draft(*, by: User, rulebook: RuleBook) -> RulebookDraft:
    """Begin a draft with a published version's content, from today on."""
    require(by, Permission.EDIT_RULES)
    content = content_of(rulebook)
    today = timezone.localdate().isoformat()
    content["valid_from"] = max(content["valid_from"], today)
    if content.get("valid_to", "9999") <= content["valid_from"]:
        del content["valid_to"]
    draft = RulebookDraft.objects.create(
        code=content["code"], name=content["name"], base=rulebook, content=content, sha256=sha256_of(content)
    )
    RulebookRevision.objects.create(draft=draft, number=1, content=content, sha256=draft.sha256, saved_by=by)
    record(
        by=by,
        verb="sites.begin_rulebook_draft",
        subject=subject(draft),
        data={"base": f"{rulebook.code} v{rulebook.version}", "sha256": draft.sha256},
    )
    return draft


@transaction.atomic
def save_draft(*, by: User, draft: RulebookDraft, content: Mapping[str, Any], based_on: int) -> RulebookDraft:
    """Save a draft's next revision; one that can't run isn't saved.

    Parameters
    ----------
    content
        As in a rulebook file, without a version.
    based_on
        The revision that the edit began with.

    Raises
    ------
    DraftMoved
        Another revision was saved meanwhile.
    UnusableInput
        Each notice's ``field`` is the place of a fault.
    """
    require(by, Permission.EDIT_RULES)
    draft = RulebookDraft.objects.select_for_update().get(pk=draft.pk)
    _still_open(draft)
    if draft.revision != based_on:
        raise DraftMoved(draft)
    content = {name: value for name, value in content.items() if name != "version"}
    faults = check_draft(content, queries.catalogue_of(by), kept=draft.content["rule"])
    hidden = queries.hidden_rules(by, draft.content)
    if not faults:
        codes = {rule["code"] for rule in content["rule"]}
        faults += [
            Notice(
                "rule-hidden-removed",
                "规则“%(rule)s”所用图层您无权查看，不能删除或修改",
                {"rule": rule["code"]},
                field="rule",
            )
            for rule in hidden
            if rule["code"] not in codes or rule not in content["rule"]
        ]
    if not faults and content["code"] != draft.code:
        faults.append(Notice("rulebook-code-fixed", "草案不能换成另一个规则库的代码", field="code"))
    if faults:
        raise UnusableInput(*faults)
    content = ordered(content)
    sha256 = sha256_of(content)
    if sha256 == draft.sha256:
        return draft
    draft.content, draft.sha256, draft.name = content, sha256, content["name"]
    draft.revision += 1
    draft.save(update_fields=["content", "sha256", "name", "revision", "updated_at"])
    RulebookRevision.objects.create(
        draft=draft, number=draft.revision, content=content, sha256=sha256, saved_by=by
    )
    record(
        by=by,
        verb="sites.save_rulebook_draft",
        subject=subject(draft),
        data={"revision": draft.revision, "sha256": sha256},
    )
    return draft


@transaction.atomic
def discard_draft(*, by: User, draft: RulebookDraft) -> None:
    """Give a draft up; what was saved stays readable."""
    require(by, Permission.EDIT_RULES)
    draft = RulebookDraft.objects.select_for_update().get(pk=draft.pk)
    _still_open(draft)
    draft.discarded_at = timezone.now()
    draft.save(update_fields=["discarded_at", "updated_at"])
    record(by=by, verb="sites.discard_rulebook_draft", subject=subject(draft), data={})


@transaction.atomic
def try_draft(*, by: User, draft: RulebookDraft) -> RulebookTrial:
    """Pin a trial of the draft as it stands; `gis_projects.sites.trials` runs it."""
    require(by, Permission.EDIT_RULES)
    draft = RulebookDraft.objects.select_for_update().get(pk=draft.pk)
    _still_open(draft)
    trial = begin(draft)
    record(
        by=by,
        verb="sites.try_rulebook_draft",
        subject=subject(draft),
        data={"trial": trial.pk, "revision": trial.revision, "sites": trial.sites},
    )
    trials.start_trial(by=by, trial=trial)
    return trial


@transaction.atomic
def propose(
    *, by: User, draft: RulebookDraft, based_on: int, trial: RulebookTrial | None, reason: str = ""
) -> RulebookPublication:
    """Propose a draft's revision for publication, with a trial of exactly it on current data, or a reason why not.

    Raises
    ------
    DraftMoved
        It isn't the newest revision.
    UnusableInput
        Neither a current trial nor a reason, a proposal that waits already, or a first day that is past.
    """
    require(by, Permission.EDIT_RULES)
    draft = RulebookDraft.objects.select_for_update().get(pk=draft.pk)
    _still_open(draft)
    if draft.revision != based_on:
        raise DraftMoved(draft)
    reason = reason.strip()[:REASON_LENGTH]
    faults = check_dates(draft.content, timezone.localdate())
    if draft.base is not None and draft.sha256 == sha256_of(content_of(draft.base)):
        faults.append(Notice("rulebook-unchanged", "草案与现行规则库没有差别"))
    if queries.waiting(draft) is not None:
        faults.append(Notice("rulebook-proposed-already", "该草案已有待批准的发布申请"))
    faults += _untried(by, draft, trial, reason)
    if faults:
        raise UnusableInput(*faults)
    publication = RulebookPublication.objects.create(
        draft=draft,
        revision=draft.revision,
        sha256=draft.sha256,
        trial=trial if trial is not None and trial.sha256 == draft.sha256 else None,
        reason=reason,
        proposer=by,
    )
    record(
        by=by,
        verb="sites.propose_rulebook",
        subject=subject(draft),
        data={
            "publication": publication.pk,
            "revision": draft.revision,
            "trial": publication.trial_id,
            "reason": reason,
        },
    )
    return publication


def _untried(by: User, draft: RulebookDraft, trial: RulebookTrial | None, reason: str) -> list[Notice]:
    """Why a draft may not go on without a reason."""
    if reason:
        return []
    if trial is None:
        return [Notice("rulebook-untried", "草案尚未试算，须先试算或说明不试算的理由", field="reason")]
    return [
        Notice(notice.code, notice.template, notice.params, field="reason")
        for notice in queries.stale_for(by, trial, draft)
    ]


@transaction.atomic
def approve(*, by: User, publication: RulebookPublication, words: str = "") -> RuleBook:
    """Publish what another person proposed, as the rulebook's next version.

    Raises
    ------
    UnusableInput
        It isn't what was proposed any more, its trial isn't of current data any more and nobody said why that may be,
        or its first day is past.
    PermissionDenied
        By the proposer, or by somebody who wrote the draft.
    """
    require(by, Permission.PUBLISH_RULES)
    publication, draft = _waiting(publication)
    if by.pk in {publication.proposer_id, *queries.writers(draft)}:
        raise PermissionDenied
    faults = check_dates(draft.content, timezone.localdate())
    if draft.sha256 != publication.sha256:
        faults.append(Notice("rulebook-changed-since", "草案在申请后又有修改，请重新申请"))
    faults += _untried(by, draft, publication.trial, publication.reason or words.strip())
    if faults:
        raise UnusableInput(*faults)
    last = RuleBook.objects.filter(code=draft.code).order_by("-version").values_list("version", flat=True)
    number = (last.first() or 0) + 1
    rulebook = publish({**draft.content, "version": number})
    publication.state = PublicationState.PUBLISHED
    publication.approver, publication.words = by, words.strip()[:REASON_LENGTH]
    publication.ended_at, publication.rulebook = timezone.now(), rulebook
    publication.save()
    draft.published_as = rulebook
    draft.save(update_fields=["published_as", "updated_at"])
    record(
        by=by,
        verb="sites.publish_rulebook",
        subject=f"siting.rulebook:{rulebook.pk}",
        data={
            "code": rulebook.code,
            "version": rulebook.version,
            "sha256": rulebook.sha256,
            "publication": publication.pk,
            "proposer": publication.proposer.get_username(),
            "valid_from": draft.content["valid_from"],
        },
    )
    return rulebook


@transaction.atomic
def publish_file(*, by: User, approved_by: User, data: Mapping[str, Any], reason: str) -> RuleBook:
    """Bring a whole rulebook file and publish it, both persons at once; the newest version's content changes nothing.

    Raises
    ------
    UnusableInput
        A rule can't run, its first day is past, there is no reason, or it names a version that isn't the next.
    PermissionDenied
        By one person alone, or somebody who may not.
    """
    require(by, Permission.EDIT_RULES)
    require(approved_by, Permission.PUBLISH_RULES)
    faults = check_draft(data, queries.catalogue_of(by)) + check_dates(data, timezone.localdate())
    if faults:
        raise UnusableInput(*faults)
    newest = RuleBook.objects.filter(code=data["code"]).order_by("-version").first()
    content = ordered(data)
    if newest is not None and content == content_of(newest):
        return newest
    if data.get("version", number := newest.version + 1 if newest else 1) != number:
        raise UnusableInput(
            Notice("rulebook-version", "下一版应为第 %(number)s 版", {"number": number}, field="version")
        )
    draft = RulebookDraft.objects.create(
        code=content["code"], name=content["name"], base=newest, content=content, sha256=sha256_of(content)
    )
    RulebookRevision.objects.create(draft=draft, number=1, content=content, sha256=draft.sha256, saved_by=by)
    publication = propose(by=by, draft=draft, based_on=1, trial=None, reason=reason)
    return approve(by=approved_by, publication=publication)


@transaction.atomic
def refuse(*, by: User, publication: RulebookPublication, words: str) -> None:
    """Send a proposal back with the reason; the draft stays open.

    Raises
    ------
    UnusableInput
        Without a reason.
    """
    require(by, Permission.PUBLISH_RULES)
    publication, draft = _waiting(publication)
    if by.pk == publication.proposer_id:
        raise PermissionDenied
    if not words.strip():
        raise UnusableInput(Notice("refusal-without-reason", "退回须说明理由", field="words"))
    publication.state = PublicationState.REFUSED
    publication.approver, publication.words = by, words.strip()[:REASON_LENGTH]
    publication.ended_at = timezone.now()
    publication.save()
    record(
        by=by,
        verb="sites.refuse_rulebook",
        subject=subject(draft),
        data={"publication": publication.pk, "words": publication.words},
    )


@transaction.atomic
def withdraw(*, by: User, publication: RulebookPublication) -> None:
    """Take one's own proposal back."""
    require(by, Permission.EDIT_RULES)
    publication, draft = _waiting(publication)
    if by.pk != publication.proposer_id:
        raise PermissionDenied
    publication.state, publication.ended_at = PublicationState.WITHDRAWN, timezone.now()
    publication.save()
    record(
        by=by,
        verb="sites.withdraw_rulebook_proposal",
        subject=subject(draft),
        data={"publication": publication.pk},
    )


def _waiting(publication: RulebookPublication) -> tuple[RulebookPublication, RulebookDraft]:
    draft = RulebookDraft.objects.select_for_update().get(pk=publication.draft_id)
    publication = RulebookPublication.objects.select_for_update().get(pk=publication.pk)
    if publication.state != PublicationState.PROPOSED:
        raise UnusableInput(Notice("publication-ended", "该发布申请已经办结"))
    return publication, draft


def _still_open(draft: RulebookDraft) -> None:
    if not draft.is_open:
        raise UnusableInput(Notice("draft-closed", "该草案已发布或作废，不能再修改"))
