"""A review as its faces show it: JSON for the page and the API, in the reader's language, without what is withheld.

Words and files about a finding of a confidential layer may tell of the layer: they go to those who may read it. A
change asked for is addressed to whoever answers for the boundary, so its words go to them all the same; who writes it
is told so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Secrecy, may
from gis_projects.sentences import sentence
from gis_projects.sites import presenting
from gis_projects.sites.models.reviews import Attachment, Decision, Mark, Review, ReviewState, SignOff
from gis_projects.sites.queries import reviews as queries
from gis_projects.sites.reviewing.changes import change_data, changes_data
from gis_projects.sites.reviewing.items import Item, standing, undecided
from gis_projects.sites.reviewing.reading import Reading, reading
from siting import wording
from siting.check_changes import CheckChanges, compare
from siting.engine.notices import Notice
from siting.engine.verdict import Outcome, Severity, Verdict
from siting.models import Check

_WITHHELD = ("signature", "key")


def review_data(user: User, check: Check, against: Check | None = None) -> dict[str, Any]:
    """All that a review's faces show; ``against`` is the earlier check that it is compared with."""
    read = reading(user, check)
    review, marks, sign_off = queries.review(check), queries.marks(check), queries.signed(check)
    files = queries.attachments(check)
    answers = standing(marks)
    open_rules = undecided(read.items, answers)
    before = reading(user, against) if against is not None else None
    changes = compare(before.document, read.document) if before is not None else None
    earlier = queries.earlier_answers(against)
    names = presenting.layers_of({item.layer for item in read.items} - read.hidden)
    needed = [item for item in read.items if item.needs_decision]
    newer = queries.newest_of_site(check)
    return {
        "check": check.pk,
        "digest": check.digest,
        "verdict": check.verdict,
        "verdict_label": str(wording.VERDICTS[Verdict(check.verdict)]),
        "revision": review.revision,
        "state": str(review.state),
        "state_label": str(ReviewState(review.state).label),
        "assignee": None if review.assignee is None else person(review.assignee),
        "mine": review.assignee_id == user.pk,
        "submitted_at": _time(review.submitted_at),
        "progress": {
            "needed": len(needed),
            "decided": len(needed) - sum(item.rule in open_rules for item in needed),
        },
        "items": [
            _item_data(user, read, item, marks, files, answers, open_rules)
            | {
                "layer_name": gettext(names[item.layer].name) if item.layer in names else "",
                "confidential": item.layer in names and names[item.layer].secrecy == Secrecy.CONFIDENTIAL,
                "change": _item_change(changes, item.rule),
                "earlier": _earlier_data(user, before, changes, earlier.get(item.rule), item),
            }
            for item in read.items
        ],
        "overall": {
            "marks": [mark_data(user, read, mark) for mark in marks if not mark.rule],
            "attachments": [file_data(row) for row in files if not row.rule],
        },
        "spoken": _spoken(user, read, marks, answers),
        "sign_off": None if sign_off is None else sign_off_data(sign_off),
        "newer": None if newer is None else newer.pk,
        "is_newest": queries.is_newest(check),
        **_permissions(user, check, review, sign_off, open_rules),
        "compared": None
        if before is None or changes is None
        else {
            "check": before.check.pk,
            "at": _time(before.check.created_at),
            **changes_data(before, read, changes),
        },
    }


def review_of(user: User, check: Check) -> dict[str, Any]:
    """A review beside the check that it follows: compared with the last one that was reviewed."""
    return review_data(user, check, queries.last_reviewed(check, queries.earlier(check)))


def _spoken(
    user: User, read: Reading, marks: Iterable[Mark], answers: Mapping[str, Mark]
) -> list[dict[str, Any]]:
    """What stands for each finding, then what was said of the whole: what the check page repeats."""
    of_findings = [
        {"name": read.name_of(item.rule), **mark_data(user, read, answers[item.rule])}
        for item in read.items
        if item.rule in answers
    ]
    of_all = [{"name": gettext("总体"), **mark_data(user, read, mark)} for mark in marks if not mark.rule]
    return of_findings + of_all


def _item_data(
    user: User,
    read: Reading,
    item: Item,
    marks: Iterable[Mark],
    files: Iterable[Attachment],
    answers: Mapping[str, Mark],
    open_rules: Iterable[str],
) -> dict[str, Any]:
    rule = read.rules.get(item.rule, {})
    found = item.outcome is not Outcome.NOT_CHECKED
    reason = item.data.get("reason")
    standing_mark = answers.get(item.rule)
    hidden = item.layer in read.hidden
    return {
        "rule": item.rule,
        "name": read.name_of(item.rule),
        "layer": item.layer,
        "outcome": str(item.outcome),
        "outcome_label": str(wording.OUTCOMES[item.outcome]),
        "severity": item.severity,
        "severity_label": str(wording.SEVERITIES[Severity(item.severity)]) if item.severity else "",
        "required": bool(item.data.get("required", False)),
        "reason": reason["text"] if reason else "",
        **{
            name: item.data[name] if found else 0
            for name in ("area_m2", "raw_area_m2", "share", "length_m", "count")
        },
        "classes": item.data["classes"] if found else [],
        **{
            name: item.data[name] if found else rule.get(name, "")
            for name in ("basis", "authority", "advice")
        },
        "has_geometry": found and item.data["geometry"] is not None,
        "withheld": hidden,
        "needs_decision": item.needs_decision,
        "undecided": item.rule in open_rules,
        "decision": None if standing_mark is None else mark_data(user, read, standing_mark),
        "marks": [mark_data(user, read, mark) for mark in marks if mark.rule == item.rule],
        "attachments": [] if hidden else [file_data(row) for row in files if row.rule == item.rule],
        "attachments_withheld": hidden and any(row.rule == item.rule for row in files),
    }


def mark_data(user: User, read: Reading, mark: Mark) -> dict[str, Any]:
    """One mark; ``text`` is None where its words are withheld."""
    kept = words_withheld(user, read, mark)
    return {
        "id": mark.pk,
        "decision": str(mark.decision),
        "label": str(Decision(mark.decision).label),
        "text": None if kept else mark.text,
        "by": person(mark.by),
        "at": _time(mark.at),
    }


def words_withheld(user: User, read: Reading, mark: Mark) -> bool:
    layers = {item.rule: item.layer for item in read.items}
    about_hidden = layers.get(mark.rule) in read.hidden
    return about_hidden and mark.decision != Decision.CHANGE and mark.by_id != user.pk


def file_data(row: Attachment) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "by": person(row.by),
        "at": _time(row.at),
        "url": reverse("sites:review-attachment", args=[row.answer_id, row.pk]),
    }


def sign_off_data(sign_off: SignOff) -> dict[str, Any]:
    withdrawal = getattr(sign_off, "withdrawal", None)
    return {
        "digest": sign_off.digest,
        "signer": person(sign_off.signer),
        "at": _time(sign_off.at),
        "url": reverse("sites:sign-off", args=[sign_off.answer_id]),
        "withdrawn": None
        if withdrawal is None
        else {"by": person(withdrawal.by), "at": _time(withdrawal.at), "reason": withdrawal.reason},
    }


def person(user: User) -> str:
    return user.get_full_name() or user.get_username()


def _permissions(
    user: User, check: Check, review: Review, sign_off: SignOff | None, open_rules: tuple[str, ...]
) -> dict[str, Any]:
    """What the user may do here now, and what stands between them and a signature, in words."""
    project = check.site_version.site.project
    reviews = sign_off is None and may(user, Permission.REVIEW_CHECKS, project)
    edits = sign_off is None and may(user, Permission.EDIT_SITES, project)
    signs = may(user, Permission.SIGN_CHECKS, project)
    obstacles = _obstacles(user, check, open_rules) if signs and sign_off is None else []
    return {
        "may": {
            "review": reviews,
            "reply": edits,
            "submit": edits and queries.is_newest(check) and review.state != ReviewState.READY,
            "attach": reviews or edits,
            "take": reviews and review.assignee_id != user.pk,
            "release": reviews and review.assignee_id is not None,
            "sign": signs and sign_off is None and not obstacles,
            "withdraw": signs and sign_off is not None and getattr(sign_off, "withdrawal", None) is None,
        },
        "obstacles": [sentence(notice) for notice in obstacles],
    }


def _obstacles(user: User, check: Check, open_rules: tuple[str, ...]) -> list[Notice]:
    boundary_by, check_by = queries.authors(check)
    found = [
        (
            bool(open_rules),
            Notice("undecided", "还有 %(count)s 项没有结论或待修改", {"count": len(open_rules)}),
        ),
        (
            not queries.is_newest(check),
            Notice("check-outdated", "边界已修改或已有更新的检查，不能再签发这一次"),
        ),
        (boundary_by is None, Notice("author-unknown", "留痕中找不到边界的保存人，不能签发")),
        (
            user in (boundary_by, check_by),
            Notice("two-persons", "边界的保存人和检查的运行人不能签发，须由另一人签发"),
        ),
    ]
    return [notice for stands, notice in found if stands]


def _item_change(changes: CheckChanges | None, rule: str) -> dict[str, Any] | None:
    change = changes.of_rule(rule) if changes is not None else None
    return None if change is None else change_data(change)


def _earlier_data(
    user: User, before: Reading | None, changes: CheckChanges | None, mark: Mark | None, item: Item
) -> dict[str, Any] | None:
    """What was decided of this finding last time, and whether the finding is still the same."""
    if before is None or changes is None or mark is None:
        return None
    return mark_data(user, before, mark) | {"unchanged": changes.of_rule(item.rule) is None}


def sign_off_document(user: User, sign_off: SignOff, document: dict[str, Any]) -> dict[str, Any]:
    """A sealed sign-off as the user may have it: itself, where nothing of it is withheld; else without signature."""
    read = reading(user, sign_off.answer)
    if not read.hidden:
        return document
    layers = {item.rule: item.layer for item in read.items}
    shown = {name: value for name, value in document.items() if name not in _WITHHELD}
    shown["manifest"] = {
        code: entry for code, entry in document["manifest"].items() if code not in read.hidden
    }
    shown["marks"] = [
        {**mark, "text": None}
        if layers.get(mark["rule"]) in read.hidden and mark["decision"] != Decision.CHANGE
        else mark
        for mark in document["marks"]
    ]
    shown["attachments"] = [
        row for row in document["attachments"] if layers.get(row["rule"]) not in read.hidden
    ]
    return shown | {"withheld": sorted(read.hidden)}


def _time(at: Any) -> str | None:
    return None if at is None else timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
