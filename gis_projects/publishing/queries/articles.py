"""Articles as staff see them: the list, one with its versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from gis_projects.people.models import Organisation, OrganisationKind, Region, User
from gis_projects.people.permissions import Permission, ScopePaths, find, visible
from gis_projects.publishing.models import Article, ArticleVersion, VersionState

REGIONS = ScopePaths(region="code")


@dataclass(frozen=True)
class Wanted:
    """What of the articles is asked for; empty means any."""

    kind: str = ""
    state: str = ""
    region: str = ""
    q: str = ""


def latest(user: User, wanted: Wanted) -> QuerySet[ArticleVersion]:
    """The newest version of each article within reach, the last written first."""
    articles = visible(user, Permission.MANAGE_PORTAL, Article.objects.all())
    newest = ArticleVersion.objects.filter(article=OuterRef("article")).order_by("-number").values("pk")[:1]
    rows = ArticleVersion.objects.filter(article__in=articles.values("pk"), pk=Subquery(newest))
    rows = rows.select_related("article__region", "organisation", "written_by", "approved_by")
    if wanted.kind:
        rows = rows.filter(article__kind=wanted.kind)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.region:
        rows = rows.filter(article__region=wanted.region)
    for word in wanted.q.split():
        rows = rows.filter(title__icontains=word)
    return rows.order_by("-written_at", "-pk")


def article(user: User, pk: int) -> Article:
    """One article, or 404."""
    return find(user, Permission.MANAGE_PORTAL, Article.objects.select_related("region", "about"), pk=pk)


def versions(row: Article) -> list[ArticleVersion]:
    """All its versions, the newest first, with their files."""
    found = row.versions.select_related(
        "article__region", "article__about", "organisation", "written_by", "approved_by"
    )
    return list(found.prefetch_related("attachments").order_by("-number"))


def regions(user: User) -> QuerySet[Region]:
    """For which regions a user may write."""
    return visible(user, Permission.MANAGE_PORTAL, Region.objects.divisions().current(), REGIONS).order_by(
        "position", "code"
    )


def departments() -> QuerySet[Organisation]:
    """Departments that work."""
    return (
        Organisation.objects.filter(kind=OrganisationKind.DEPARTMENT, closed_at=None)
        .select_related("region", "department")
        .order_by("region__position", "region_id", "department__position", "name")
    )


def policies(user: User) -> list[tuple[int, str]]:
    """What may be interpreted: the policies that are shown, by key and title."""
    shown = ArticleVersion.objects.filter(article__kind="policy", state=VersionState.SHOWN)
    reached = visible(user, Permission.MANAGE_PORTAL, Article.objects.all()).values("pk")
    return list(shown.filter(article__in=reached).order_by("title").values_list("article", "title"))
