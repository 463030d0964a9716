"""The sealed record of a sign-off: what was signed, word for word, and whether the rows still say the same.

The record names the check by its digest and repeats its verdict, its boundary's hash and the layer versions it read, so
whoever has the file alone knows what was signed. It carries every mark and every attachment's hash, the decision that
stood for each finding, the overall opinion, the signer and the time. It is sealed as a check's certificate is
(:func:`siting.certificates.seal`) and :func:`siting.certificates.verify` verifies it offline.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gis_projects import files
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.sites.models.reviews import Attachment, Mark, SignOff
from gis_projects.sites.reviewing.items import Item, overall_opinion, standing
from siting import certificates
from siting.certificates import Difference
from siting.documents import canonical
from siting.models import Check

FORMAT = "gis-projects/sign-off/1"


def record(
    *,
    check: Check,
    project: Project,
    asked: Iterable[Item],
    marks: Sequence[Mark],
    attachments: Iterable[Attachment],
    signer: User,
    boundary_by: User,
    check_by: User | None,
    at: datetime,
) -> dict[str, Any]:
    """Return what is to be signed, as JSON-ready data; times in UTC."""
    document = json.loads(check.canonical)
    answers = standing(marks)
    return {
        "format": FORMAT,
        "check": check.digest,
        "verdict": document["verdict"],
        "boundary": {"sha256": document["boundary"]["sha256"]},
        "manifest": document["manifest"],
        "project": {"code": project.code, "name": project.name},
        "site_version": check.site_version.number,
        "decisions": [
            {
                "rule": item.rule,
                "layer": item.layer,
                "outcome": str(item.outcome),
                "severity": item.severity,
                "decision": answers[item.rule].decision if item.rule in answers else None,
                "mark": answers[item.rule].pk if item.rule in answers else None,
            }
            for item in asked
        ],
        "marks": [mark_data(mark) for mark in marks],
        "attachments": [attachment_data(row) for row in attachments],
        "opinion": overall_opinion(marks),
        "boundary_by": person(boundary_by),
        "check_by": None if check_by is None else person(check_by),
        "signer": person(signer),
        "signed_at": _time(at),
    }


def mark_data(mark: Mark) -> dict[str, Any]:
    """One mark as it is signed."""
    return {
        "id": mark.pk,
        "rule": mark.rule,
        "decision": str(mark.decision),
        "text": mark.text,
        "by": person(mark.by),
        "at": _time(mark.at),
    }


def attachment_data(row: Attachment) -> dict[str, Any]:
    """One attachment as it is signed: its bytes by their hash."""
    return {
        "id": row.pk,
        "rule": row.rule,
        "name": row.name,
        "kind": row.kind,
        "size": row.size,
        "sha256": row.sha256,
        "by": person(row.by),
        "at": _time(row.at),
    }


def mark_sha256(mark: Mark) -> str:
    """SHA-256 (hex) of a mark's canonical form without names, which may change; the trail keeps it."""
    return hashlib.sha256(canonical(_nameless(mark_data(mark))).encode()).hexdigest()


def person(user: User) -> dict[str, Any]:
    return {"id": user.pk, "username": user.get_username(), "name": user.get_full_name()}


def sealed(sign_off: SignOff) -> dict[str, Any]:
    """Return a stored sign-off as its sealed document."""
    return json.loads(sign_off.canonical) | {
        "digest": sign_off.digest,
        "signature": sign_off.signature,
        "key": sign_off.key_id,
    }


def differences(sign_off: SignOff, *, in_trail: Mapping[int, str]) -> list[Difference]:
    """Hold a sign-off against its seal, its check, the rows it was made of and the stored files.

    ``in_trail`` maps marks to the hashes that the trail keeps of them. An empty list is a good sign-off.
    """
    document = sealed(sign_off)
    check = sign_off.answer
    found = certificates.verify(document)
    if document["check"] != check.digest or document["verdict"] != check.verdict:
        found.append(Difference("check", "签发所依据的检查已被改动"))
    found += [
        Difference(f"check.{difference.where}", "签发所依据的检查已被改动")
        for difference in certificates.verify(certificates.certificate(check))
    ]
    persons = (
        ("signer", sign_off.signer),
        ("boundary_by", sign_off.boundary_by),
        ("check_by", sign_off.check_by),
    )
    for name, user in persons:
        if (document[name] or {}).get("id") != (user.pk if user else None):
            found.append(Difference(name, "人员与签发记录不符"))
    if document["signed_at"] != _time(sign_off.at):
        found.append(Difference("signed_at", "时间与签发记录不符"))
    marks = list(check.marks.select_related("by"))
    found += _rows("marks", document["marks"], [mark_data(mark) for mark in marks])
    rows = list(check.attachments.select_related("by"))
    found += _rows("attachments", document["attachments"], [attachment_data(row) for row in rows])
    return found + mark_differences(marks, in_trail) + file_differences(rows)


def mark_differences(marks: Iterable[Mark], in_trail: Mapping[int, str]) -> list[Difference]:
    """Marks that are no longer what the trail says was marked; holds before a sign-off too."""
    here = {mark.pk: mark_sha256(mark) for mark in marks}
    return [
        Difference(f"marks[{pk}]", "与留痕所记的不符")
        for pk in sorted(here.keys() | in_trail.keys())
        if here.get(pk) != in_trail.get(pk)
    ]


def file_differences(rows: Iterable[Attachment]) -> list[Difference]:
    """Attachments whose stored bytes are gone or others."""
    return [
        Difference(f"attachments[{row.pk}]", "附件的文件缺失或已被改动")
        for row in rows
        if files.stored(row.sha256) is None
    ]


def _rows(where: str, signed: list[dict[str, Any]], here: list[dict[str, Any]]) -> list[Difference]:
    one, other = ({entry["id"]: _nameless(entry) for entry in entries} for entries in (signed, here))
    return [
        Difference(f"{where}[{pk}]", "与签发记录不符")
        for pk in sorted(one.keys() | other.keys())
        if one.get(pk) != other.get(pk)
    ]


def _nameless(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "by": entry["by"]["id"]}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
