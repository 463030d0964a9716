"""Questions and answers as the public reads them, and how far a receipt's question is."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from gis_projects.disclosure.inbox import receipt_hash
from gis_projects.disclosure.models import DisclosedProject, PublicQuestion, QuestionStatus
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.selection import disclosed


def _shown() -> QuerySet[PublicQuestion]:
    """Those about no project, or about one that is shown today."""
    project = disclosed().filter(slug=OuterRef("project_id"))
    return PublicQuestion.objects.using(PUBLIC).filter(Q(project=None) | Exists(project))


def questions(
    *, kind: str = "", region: str = "", project: str = "", words: str = ""
) -> QuerySet[PublicQuestion]:
    """Published questions, the latest first; every word stands in question, answer or department."""
    found = _shown().select_related("project")
    if kind:
        found = found.filter(kind=kind)
    if region:
        found = found.filter(region_code=region)
    if project:
        found = found.filter(project__slug=project)
    for word in words.split():
        found = found.filter(
            Q(question__icontains=word) | Q(answer__icontains=word) | Q(department__icontains=word)
        )
    return found


def regions() -> list[tuple[str, str, int]]:
    """The regions that have questions: code, name, how many."""
    rows = _shown().order_by("region_code").values_list("region_code", "region_name")
    return [(code, name, number) for code, name, number in rows.annotate(n=Count("pk"))]


def status(receipt: str) -> QuestionStatus | None:
    """How far the question of a receipt is; None where the receipt is unknown or not taken in yet."""
    return QuestionStatus.objects.using(PUBLIC).filter(receipt_hash=receipt_hash(receipt)).first()


def project(slug: str) -> DisclosedProject | None:
    """The disclosed project that a question may be about."""
    return disclosed().filter(slug=slug).first() if slug else None
