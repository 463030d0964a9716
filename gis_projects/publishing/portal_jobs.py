"""What follows for the portal's words: matters from the trail, questions from the inbox, articles from the calendar."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.disclosure.models import PublicQuestion, PublishedArticle
from gis_projects.library.models import Project
from gis_projects.publishing.actions import articles, comments, handling
from gis_projects.publishing.models import ArticleVersion, Question, VersionState
from gis_projects.trail import queries as trail

CURSOR = "publishing.handling"
_SUBJECT = "library.project:"


def follow_trail(*, limit: int = 500) -> int:
    """Refresh the matters of every project that something happened to; returns how many rows changed.

    A step says only which project to look at, so one that is read late or twice does no harm.
    """
    changed = 0
    while True:
        with transaction.atomic():
            steps = trail.read_on(CURSOR, limit=limit)
            keys: set[int] = set()
            for step in steps:
                if step.subject.startswith(_SUBJECT):
                    keys.add(int(step.subject.removeprefix(_SUBJECT)))
                told = step.data.get("projects") if isinstance(step.data, dict) else None
                if isinstance(told, list):
                    keys |= {int(key) for key in told if isinstance(key, int)}
            for project in Project.objects.filter(pk__in=keys).order_by("pk"):
                changed += handling.refresh(project=project)
                _withdraw_answers(project)
        if len(steps) < limit:
            return changed


def _withdraw_answers(project: Project) -> None:
    """Answers about a project whose public copy went with it: the inside says so too."""
    rows = Question.objects.filter(project=project, answers__state="shown")
    for question in rows:
        if not PublicQuestion.objects.filter(slug=question.slug).exists():
            comments.withdraw_answer(by=None, question=question, reason=_("所涉项目已撤回公开。"))


def tick() -> int:
    """Take in what the public sent, show articles whose time has come, take back those whose period is over.

    Each in a transaction of its own; returns how many things were done. Cheap where nothing is.
    """
    done = comments.take_in()
    due = ArticleVersion.objects.filter(state=VersionState.SCHEDULED, shown_from__lte=timezone.now())
    for version in due.order_by("shown_from", "pk"):
        done += articles.show_due_article(version=version) is not None
    over = PublishedArticle.objects.filter(until__lt=timezone.localdate()).values_list("slug", flat=True)
    shown = ArticleVersion.objects.filter(state=VersionState.SHOWN, article__slug__in=list(over))
    for version in shown.select_related("article"):
        articles.withdraw_article(by=None, article=version.article, reason=_("公开期限已满。"))
        done += 1
    return done
