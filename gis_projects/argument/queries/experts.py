"""Who may review: the register as a reader sees it, the candidates of a review, and who is left out of it and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from gis_projects.argument import drawing
from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.models import SEATED, Draw, ExpertReview, Seat, SeatState
from gis_projects.library.models import Expert
from gis_projects.people.models import Engagement, User
from gis_projects.people.permissions import Permission, Role, visible


@dataclass(frozen=True)
class LeftOut:
    """An expert who isn't drawn: ``reason`` is a template (the message id), ``detail`` what fills it."""

    expert: Expert
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Candidates:
    """Who may be drawn for a review, and who may not, with the reason."""

    able: list[Expert]
    left_out: list[LeftOut]

    def drawn_from(self) -> list[drawing.Candidate]:
        return [drawing.Candidate(expert.code, tuple(sorted(expert.specialities))) for expert in self.able]


def experts(user: User) -> QuerySet[Expert]:
    """The register as the user sees it, with the seats that each took within the time of the settings."""
    since = timezone.now() - timedelta(days=workflow.settings().seats_within_days)
    recent = Q(seats__state__in=[*SEATED, SeatState.WITHDRAWN], seats__invited_at__gte=since)
    return (
        visible(user, Permission.READ_ARGUMENTS, Expert.objects.all())
        .select_related("region", "user")
        .annotate(recent_seats=Count("seats", filter=recent, distinct=True))
    )


def candidates_of(review: ExpertReview, by: User | None = None) -> Candidates:
    """Everybody of the register who has one of the wanted specialities: able to be drawn, or left out.

    Left out is who works for the owner or for an intermediary engaged for the project, who is named to avoid the owner,
    who was recused, applied for or holds this review, already sat in it, doesn't review in this region or for this
    purpose, or was seated too often of late.
    """
    settings = workflow.settings()
    since = timezone.now() - timedelta(days=settings.seats_within_days)
    wanted = [code for code, number in review.wanted.items() if number]
    rows = (
        Expert.objects.filter(specialities__overlap=wanted, is_active=True)
        .select_related("user")
        .prefetch_related("avoids")
        .order_by("code")
    )
    owner = review.project.organisation
    units = {owner.pk: owner.name} if owner is not None else {}
    served = Engagement.objects.filter(project=review.project_id, organisation__isnull=False)
    served = served.exclude(service="referral").select_related("organisation")
    units |= {row.organisation.pk: row.organisation.name for row in served if row.organisation is not None}
    recused = dict(review.recusals.values_list("expert_id", "reason"))
    sat = set(review.seats.exclude(state=SeatState.WITHDRAWN).values_list("expert_id", flat=True))
    often = Counter(
        Seat.objects.filter(state__in=SEATED, invited_at__gte=since)
        .exclude(review=review)
        .values_list("expert_id", flat=True)
    )
    holders = {review.opened_by_id, review.organiser_id, by.pk if by is not None else None} - {None}
    able, left_out = [], []
    for expert in rows:
        reason, detail = "", ""
        if expert.pk in recused:
            reason, detail = "指名回避：%(detail)s", recused[expert.pk]
        elif expert.pk in sat:
            reason = "已在本次评审中受邀"
        elif expert.user_id is not None and expert.user_id in holders:
            reason = "是本次评审的申请人或组织者"
        elif expert.user is not None and not (expert.user.is_active and Role.EXPERT in expert.user.roles):
            reason = "账号已停用或没有评审专家角色"
        elif detail := _of_unit(expert, units):
            reason = "与项目单位或服务机构同属“%(detail)s”"
        elif detail := next((row.name for row in expert.avoids.all() if row.pk in units), ""):
            reason = "登记了应回避“%(detail)s”"
        elif expert.works_in and not any(
            review.project.region_id.startswith(code.rstrip("0")) for code in expert.works_in
        ):
            reason = "不在可参评地区"
        elif review.purpose not in expert.purposes:
            reason = "不参加这类评审"
        elif often[expert.pk] >= settings.most_seats:
            reason, detail = "近期已参加 %(detail)s 次评审", str(often[expert.pk])
        if reason:
            left_out.append(LeftOut(expert, reason, detail))
        else:
            able.append(expert)
    return Candidates(able, left_out)


def _of_unit(expert: Expert, units: dict[int, str]) -> str:
    """The name of the unit that an expert shares with the project, by account or as the register writes it."""
    if expert.user is not None and expert.user.organisation_id in units:
        return units[expert.user.organisation_id]
    return next((name for name in units.values() if name == expert.unit.strip()), "")


def recomputed(draw: Draw) -> dict[str, str]:
    """The draw drawn again from what was kept of it."""
    return drawing.draw(draw.wanted, kept_candidates(draw), draw.seed)


def holds(draw: Draw) -> bool:
    """Whether what was kept of a draw is what it was: the candidates as fixed, the result as drawn."""
    if (
        drawing.committed(kept_candidates(draw)) != draw.candidates_sha256
        or draw.algorithm != drawing.ALGORITHM
    ):
        return False
    return recomputed(draw) == {row["key"]: row["speciality"] for row in draw.chosen}


def kept_candidates(draw: Draw) -> list[drawing.Candidate]:
    return [drawing.Candidate(row["key"], tuple(row["specialities"])) for row in draw.candidates]


def draw_data(draw: Draw) -> dict[str, Any]:
    """All that is needed to draw again, for a program: the candidates in the order of the draw with their places."""
    chosen = {row["key"]: row["speciality"] for row in draw.chosen}
    return {
        "review": draw.review_id,
        "number": draw.number,
        "algorithm": draw.algorithm,
        "at": draw.at.isoformat(),
        "seed": draw.seed,
        "wanted": draw.wanted,
        "candidates_sha256": draw.candidates_sha256,
        "candidates": [
            {
                "key": row.key,
                "specialities": list(row.specialities),
                "place": drawing.place(draw.seed, row.key),
                "chosen_for": chosen.get(row.key),
            }
            for row in drawing.order(kept_candidates(draw), draw.seed)
        ],
        "excluded": draw.excluded,
        "reason": draw.reason,
        "holds": holds(draw),
    }
