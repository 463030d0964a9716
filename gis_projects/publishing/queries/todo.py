"""What of the portal's words and voices waits for a person, for the desk."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_noop

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.people.todo import Waiting
from gis_projects.publishing.models import (
    ANSWERING,
    Answer,
    AnswerState,
    Article,
    ArticleVersion,
    Question,
    QuestionState,
    VersionState,
)

MOST = 100

KINDS: dict[str, str] = {
    "public_question": gettext_noop("公众来信"),
    "public_answer": gettext_noop("答复审核"),
    "public_article": gettext_noop("门户内容"),
}
TO_ASSIGN = gettext_noop("公众来信待分办：%(about)s")
TO_ANSWER = gettext_noop("请答复公众来信：%(about)s")
TO_APPROVE = gettext_noop("%(department)s的答复待审核公开：%(about)s")
TO_PUBLISH = gettext_noop("门户内容待发布：%(title)s")


def waiting(user: User) -> Iterator[Waiting]:
    """Questions to assign and to answer, answers and articles to publish."""
    if has(user, Permission.ANSWER_PUBLIC) and user.organisation_id is not None:
        rows = visible(user, Permission.ANSWER_PUBLIC, Question.objects.all(), ANSWERING)
        rows = rows.filter(organisation=user.organisation_id, state=QuestionState.ASSIGNED)
        rows = rows.exclude(answers__state=AnswerState.SUBMITTED)
        for row in rows.select_related("clock").order_by("clock__due_on", "pk")[:MOST]:
            yield _of(row, "public_question", TO_ANSWER)
    if has(user, Permission.MANAGE_PORTAL):
        yield from _to_manage(user)


def _to_manage(user: User) -> Iterator[Waiting]:
    reached = visible(user, Permission.MANAGE_PORTAL, Question.objects.all())
    new = reached.filter(state=QuestionState.NEW).select_related("clock").order_by("received_at", "pk")
    for row in new[:MOST]:
        yield _of(row, "public_question", TO_ASSIGN)
    answers = Answer.objects.filter(state=AnswerState.SUBMITTED, question__in=reached.values("pk"))
    answers = answers.exclude(drafted_by=user).select_related("question__clock", "organisation")
    for answer in answers.order_by("question__clock__due_on", "pk")[:MOST]:
        yield _of(answer.question, "public_answer", TO_APPROVE, department=answer.organisation.name)
    articles = visible(user, Permission.MANAGE_PORTAL, Article.objects.all())
    versions = ArticleVersion.objects.filter(state=VersionState.SUBMITTED, article__in=articles.values("pk"))
    for version in versions.exclude(written_by=user).order_by("written_at", "pk")[:MOST]:
        yield Waiting(
            kind="public_article",
            template=TO_PUBLISH,
            params={"title": version.title},
            address=reverse("publishing:article", args=[version.article_id]),
            mine=False,
        )


def _of(row: Question, kind: str, template: str, **more: str) -> Waiting:
    clock = row.clock
    return Waiting(
        kind=kind,
        template=template,
        params={"about": " ".join(row.text.split())[:40], **more},
        address=reverse("publishing:question", args=[row.pk]),
        due_on=clock.due_on if clock else None,
        provisional=clock.provisional if clock else False,
        project=row.project_id,
        mine=False,
    )
