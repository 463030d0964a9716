"""What a published question would say, where it would be shown, and who may answer it. Nothing here writes."""

from __future__ import annotations

import shapely
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.disclosure.models import DisclosedProject, PublicQuestion
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, may
from gis_projects.publishing import copying, generalise, personal_data
from gis_projects.publishing.models import ANSWERING, Answer, Question
from gis_projects.publishing.queries import standing


def would_be(answer: Answer) -> PublicQuestion:
    """The public row of an answer as it would be, unsaved: what a preview shows."""
    question = answer.question
    place = place_of(question, answer.precision_m) if answer.precision_m is not None else None
    shown = _copy_of(question)
    return PublicQuestion(
        slug=question.slug,
        kind=question.kind,
        question=answer.edited,
        answer=answer.text,
        department=answer.organisation.name,
        region_code=question.region.code[:6],
        region_name=question.region.short_name,
        project=shown,
        asked_on=timezone.localdate(question.received_at),
        answered_on=timezone.localdate(answer.approved_at or answer.drafted_at),
        position=copying.geos(place.geometry) if place else None,
        precision_m=place.precision_m if place else None,
    )


def place_of(question: Question, precision_m: int) -> generalise.PublicGeometry | None:
    """Where a question is about, on a grid; None where nothing was pointed out.

    Raises
    ------
    ValidationError
        It can't be shown to this precision.
    """
    if question.geometry is None:
        return None
    exact = shapely.from_wkb(bytes(question.geometry.wkb))
    generalised = generalise.point if exact.geom_type == "Point" else generalise.outline
    try:
        return generalised(exact, precision_m)
    except ValueError as refusal:
        raise ValidationError(
            {"precision_m": _("不能按此精度概化位置：%(reason)s") % {"reason": refusal}}
        ) from refusal


def suspicious(answer: Answer) -> list[personal_data.Found]:
    """What in the public's words looks like personal data."""
    return personal_data.find(answer.edited) + personal_data.find(answer.text)


def may_answer(user: User, question: Question) -> bool:
    """Whether the user is of the department that the question is assigned to, and may answer."""
    if question.organisation_id is None or not has(user, Permission.ANSWER_PUBLIC):
        return False
    return may(user, Permission.ANSWER_PUBLIC, ANSWERING.scope(question)) and (
        user.organisation_id == question.organisation_id
    )


def _copy_of(question: Question) -> DisclosedProject | None:
    """The public copy of the project that a question is about, if it is shown."""
    return standing.current_copy(question.project) if question.project else None
