"""Standards of enforcement: drafted by one person, published by another, and answered point by point (F383)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gis_projects.library.models import Approval, ApprovalCheck, CheckPoint, EnforcementStandard
from gis_projects.library.queries.standards import overlapping
from gis_projects.library.refusals import NotThisPerson, refused
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.people.queries.delegations import same_person
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice


@dataclass(frozen=True)
class Point:
    """One point as it is entered: what to check, by which article of which law. ``key`` is its place unless named."""

    text: str
    law: str
    article: str = ""
    key: str = ""


@dataclass(frozen=True)
class Given:
    """The answer to one point: ``met`` or ``not_applicable``, the latter with its reason."""

    answer: str
    reason: str = ""


def standard_subject(standard: EnforcementStandard) -> str:
    """How the trail names a standard."""
    return f"library.standard:{standard.pk}"


@transaction.atomic
def save_draft(
    *,
    by: User | None,
    number: str,
    name: str,
    valid_from: date,
    source: str,
    points: Sequence[Point],
    valid_to: date | None = None,
    item: str = "",
    standard: EnforcementStandard | None = None,
) -> EnforcementStandard:
    """Draft the next edition for an approval item, or change one's own draft (``standard``; its item stays).

    Raises
    ------
    NotThisPerson
        The draft is somebody else's: who changes it couldn't publish it any more, and who entered it could.
    Refused
        It is published.
    ValidationError
        No points, two of one key, or something else that doesn't hold.
    """
    _require(by)
    if standard is None:
        latest = EnforcementStandard.objects.filter(item=item).aggregate(last=Max("edition"))["last"]
        row = EnforcementStandard(item=item, edition=(latest or 0) + 1, entered_by=by)
    else:
        row = _own_draft(by, standard)
        row.revision += 1
    row.number, row.name, row.source = number.strip(), name.strip(), source.strip()
    row.valid_from, row.valid_to = valid_from, valid_to
    if not points:
        raise ValidationError(_("请至少填写一个核对要点。"), code="no-points")
    row.full_clean(exclude=["entered_by", "published_by"])
    row.save()
    row.points.all().delete()
    made = [
        CheckPoint(
            standard=row, position=place, key=point.key.strip() or str(place), text=point.text.strip(),
            law=point.law.strip(), article=point.article.strip(),
        )
        for place, point in enumerate(points, start=1)
    ]  # fmt: skip
    keys = [point.key for point in made]
    if len(set(keys)) < len(keys):
        raise ValidationError(_("要点编号不能重复。"), code="same-key")
    for point in made:
        point.clean_fields(exclude=["standard"])
        point.save(force_insert=True)
    trail.record(by=by, verb="library.save_standard", subject=standard_subject(row), data=_said(row, made))
    return row


@transaction.atomic
def drop_draft(*, by: User | None, standard: EnforcementStandard) -> None:
    """Give up one's own draft."""
    _require(by)
    row = _own_draft(by, standard)
    named = standard_subject(row)
    said = {"item": row.item, "edition": row.edition, "number": row.number, "name": row.name}
    row.points.all().delete()
    row.delete()
    trail.record(by=by, verb="library.drop_standard", subject=named, data=said)


@transaction.atomic
def publish(*, by: User | None, standard: EnforcementStandard, revision: int) -> EnforcementStandard:
    """Publish what another person drafted; an open edition before it ends where it begins.

    ``revision`` is the one that was read.

    Raises
    ------
    NotThisPerson
        Whoever entered it, or someone who acts for them.
    Refused
        It is published, was changed since it was read, begins on a day that is past, or holds on days for which
        another edition is published.
    """
    _require(by)
    row = _draft(standard)
    if by is not None and same_person(by, row.entered_by_id, timezone.localdate(row.entered_at)):
        raise NotThisPerson(Notice("same-person", gettext_noop("起草人及其代理人不能发布，须由另一人办理。")))
    if row.revision != revision:
        raise refused("changed-meanwhile", gettext_noop("草稿在您查看之后又有修改，请重新核对后再发布。"))
    if row.valid_from < timezone.localdate():
        raise refused("past-days", gettext_noop("施行日期已过，执法规范不能追溯施行，请起草人修改。"))
    # All of the item are locked: of two that are published at once the second sees the first.
    list(
        EnforcementStandard.objects.select_for_update().filter(item=row.item).order_by("pk").values_list("pk")
    )
    ended = None
    for other in overlapping(row):
        if other.valid_to is not None or other.valid_from >= row.valid_from:
            raise refused(
                "days-taken",
                gettext_noop("施行期间与已发布的“%(number)s”重叠，请起草人修改。"),
                number=other.number,
            )
        other.valid_to, ended = row.valid_from, other
        other.save(update_fields=["valid_to"])
    row.published_by, row.published_at = by, timezone.now()
    row.save(update_fields=["published_by", "published_at"])
    said = _said(row, list(row.points.all()))
    if ended is not None:
        said["ends"] = ended.number
    trail.record(by=by, verb="library.publish_standard", subject=standard_subject(row), data=said)
    return row


@transaction.atomic
def answer_points(
    *, by: User | None, approval: Approval, answers: Mapping[int, Given]
) -> list[ApprovalCheck]:
    """Answer points of the standard that an approval was begun under, by the points' keys in the database.

    Raises
    ------
    Refused
        The approval is granted, begun under no standard or under another than a point's, or a point is answered.
    ValidationError
        Nothing is answered, or a point doesn't apply for no reason.
    """
    project = locked(approval.project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    approval = Approval.objects.select_for_update().get(pk=approval.pk)
    if approval.granted_on is not None:
        raise refused("granted", gettext_noop("该事项已批复：%(number)s。"), number=approval.number)
    if approval.standard_id is None:
        raise refused("no-standard", gettext_noop("受理之日没有施行中的执法规范，无需核对。"))
    if not answers:
        raise ValidationError(_("请至少填写一项核对结果。"), code="no-answers")
    points = {point.pk: point for point in CheckPoint.objects.filter(standard=approval.standard_id)}
    done = set(approval.checks.values_list("point_id", flat=True))
    made = []
    for key in sorted(answers, key=lambda key: points[key].position if key in points else 0):
        if key not in points:
            raise refused("another-standard", gettext_noop("该要点不属于受理时施行的执法规范。"))
        if key in done:
            raise refused(
                "point-answered", gettext_noop("要点“%(text)s”已核对，不能更改。"), text=points[key].text
            )
        given = answers[key]
        row = ApprovalCheck(
            approval=approval, point=points[key], answer=given.answer, reason=given.reason.strip(), by=by
        )
        if row.answer == "not_applicable" and not row.reason:
            raise ValidationError({f"reason_{key}": _("不适用的要点须说明理由。")})
        row.full_clean(exclude=["by"])
        row.save(force_insert=True)
        made.append(row)
    trail.record(
        by=by,
        verb="library.answer_checks",
        subject=subject(project),
        data={
            "item": approval.item,
            "number": len(made),
            "answers": {row.point.key: {"answer": row.answer, "reason": row.reason} for row in made},
        },
    )
    return made


def _require(by: User | None) -> None:
    """Like the code lists and the rights to fields, a standard is set for the whole platform."""
    if by is not None:
        require(by, Permission.MANAGE_LIBRARIES)


def _draft(standard: EnforcementStandard) -> EnforcementStandard:
    row = EnforcementStandard.objects.select_for_update().get(pk=standard.pk)
    if row.published_at is not None:
        raise refused("published", gettext_noop("已发布的执法规范不能修改，请起草新的一版。"))
    return row


def _own_draft(by: User | None, standard: EnforcementStandard) -> EnforcementStandard:
    row = _draft(standard)
    if by is not None and row.entered_by_id != by.pk:
        raise NotThisPerson(Notice("not-your-draft", gettext_noop("草稿由起草人修改，您可以另行起草一版。")))
    return row


def _said(row: EnforcementStandard, points: Sequence[CheckPoint]) -> dict[str, object]:
    return {
        "item": row.item,
        "edition": row.edition,
        "number": row.number,
        "name": row.name,
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "source": row.source,
        "points": [
            {"key": point.key, "text": point.text, "law": point.law, "article": point.article}
            for point in points
        ],
    }
