"""Articles as the public reads them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from gis_projects.disclosure.models import ArticleFile, ArticleKind, PublishedArticle
from gis_projects.disclosure.queries import PUBLIC


@dataclass(frozen=True)
class Choice:
    """One choice of a filter and how many articles it has."""

    code: str
    label: str
    count: int


def _shown() -> QuerySet[PublishedArticle]:
    """Those whose period is not over, whether or not the platform has taken the others away already."""
    today = timezone.localdate()
    return PublishedArticle.objects.using(PUBLIC).filter(Q(until=None) | Q(until__gte=today))


def articles(
    kinds: Collection[str], *, kind: str = "", region: str = "", department: str = "", words: str = ""
) -> QuerySet[PublishedArticle]:
    """Articles of these kinds, narrowed; every word stands in title, summary, department or text. Newest first."""
    found = _shown().filter(kind__in=[kind] if kind in kinds else list(kinds))
    if region:
        found = found.filter(region_code=region)
    if department:
        found = found.filter(department=department)
    for word in words.split():
        found = found.filter(
            Q(title__icontains=word)
            | Q(summary__icontains=word)
            | Q(department__icontains=word)
            | Q(text__icontains=word)
        )
    return found


def newest(kind: str = "", *, most: int = 50) -> list[PublishedArticle]:
    """The newest articles, of one kind or of all: for feeds."""
    found = _shown()
    return list((found.filter(kind=kind) if kind else found)[:most])


def article(slug: str) -> PublishedArticle | None:
    """One article with the names of its files; one query, and another for the files."""
    return _shown().filter(slug=slug).first()


def files_of(slug: str) -> list[ArticleFile]:
    """The files of an article, without their bytes."""
    return list(ArticleFile.objects.using(PUBLIC).filter(article__slug=slug).defer("content"))


def file(name: str) -> ArticleFile | None:
    """One file with its bytes, while its article is shown."""
    return (
        ArticleFile.objects.using(PUBLIC).filter(name=name, article__slug__in=_shown().values("slug")).first()
    )


def interpretations(slug: str) -> list[PublishedArticle]:
    """What explains a policy."""
    return list(_shown().filter(about_slug=slug))


def choices(kinds: Collection[str]) -> dict[str, list[Choice]]:
    """What a list can be narrowed by: kind, region, department, each with its count. Three queries."""
    found = _shown().filter(kind__in=list(kinds)).order_by()
    labels = dict(ArticleKind.choices)
    of_kind = dict(found.values_list("kind").annotate(n=Count("pk")))
    regions = found.values_list("region_code", "region_name").annotate(n=Count("pk")).order_by("region_code")
    departments = (
        found.exclude(department="").values_list("department").annotate(n=Count("pk")).order_by("department")
    )
    return {
        "kinds": [Choice(kind, str(labels[kind]), of_kind[kind]) for kind in kinds if kind in of_kind],
        "regions": [Choice(code, name, n) for code, name, n in regions],
        "departments": [Choice(name, name, n) for name, n in departments],
    }
