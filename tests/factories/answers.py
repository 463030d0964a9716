"""Live sites on the factory's land, and runs over them."""

from __future__ import annotations

from typing import Any

import shapely

from siting import checks, revalidation, versions
from siting.documents import document
from siting.models import CurrentAnswer, Site
from tests.factories import land


def live_site(polygon: Any = land.SITE, **facts: str) -> Site:
    """A live site with a boundary, and the facts that leave nothing open but what is overridden."""
    site = Site.objects.create(facts={**land.FACTS, **facts})
    versions.save(site, land.boundary(polygon))
    site.refresh_from_db()
    return site


def row_of_sites(count: int, size: float = 0.002, gap: float = 0.002) -> list[Site]:
    """Sites side by side from west to east around the middle of the land."""
    west, south = 109.84, 40.615
    return [
        live_site(shapely.box(x := west + n * (size + gap), south, x + size, south + size))
        for n in range(count)
    ]


def revalidate(**options: Any) -> revalidation.Report:
    """A run from beginning to end."""
    everything = options.pop("everything", False)
    return revalidation.run(revalidation.begin(everything=everything).pk, revalidation.InOneGo(), **options)


def checked_again(site: Site) -> revalidation.Content:
    """What a check of now says of a site."""
    assert site.current is not None
    result = checks.run(versions.stored(site.current), facts=site.facts)
    return revalidation.content(document(result))


def answers_hold() -> None:
    """Every live site's answer stands on what is in force, and says what a check of now says."""
    footing = revalidation.current().footing
    for site in Site.objects.filter(is_live=True, current__isnull=False).select_related("current"):
        answer = CurrentAnswer.objects.get(site=site)
        assert answer.footing_id == footing.pk
        assert answer.site_version_id == site.current_id
        again = checked_again(site)
        assert (answer.verdict, answer.content) == (again.verdict, again.sha256), (
            f"site {site.pk}: {answer.proof}"
        )
