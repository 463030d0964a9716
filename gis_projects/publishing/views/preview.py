"""A project's public page before it is public: the portal's own page, given a copy that nobody has shown yet."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.disclosure import media_files
from gis_projects.disclosure.models import DisclosedEvent, DisclosedMedia, DisclosedProject, DisclosedResult
from gis_projects.disclosure.queries.projects import Record
from gis_projects.disclosure.views.projects import page_of
from gis_projects.library.models import Project
from gis_projects.publishing import copying

SLUG = "preview"


def page(request: HttpRequest, project: Project, copy: copying.Copy) -> HttpResponse:
    """Nothing is written: the rows are made and forgotten. Photos come from the inside's own store."""
    files: dict[str, str] = {}
    record = _record(copy, files, project)
    record.project.notice = " ".join(filter(None, [_("预览，尚未公开。"), record.project.notice]))
    return page_of(request, record, address=files.__getitem__)


def _record(copy: copying.Copy, files: dict[str, str], project: Project) -> Record:
    public = DisclosedProject(slug=SLUG, published_at=timezone.now(), **copying.as_row(copy))
    centre = public.geometry.centroid if public.geometry else None
    # What the database would make of it, as a row that was never written can't be asked.
    public.__dict__["mark"] = centre.transform(3857, clone=True) if centre else None
    feature = {
        "type": "Feature",
        "id": SLUG,
        "geometry": copy["geometry"],
        "properties": {"region": public.region_code, "centre": list(centre.coords) if centre else None},
    }
    media = []
    for one in copy["media"]:
        name = f"{one['key']}.jpg" if one["kind"] == "photo" else f"{one['key']}.mp4"
        files[name] = reverse("publishing:media", args=[project.pk, one["key"]])
        files[media_files.preview_of(name)] = files[name] + "?small=1"
        media.append(
            DisclosedMedia(
                slug=SLUG, name=name, kind=one["kind"], caption=one["caption"], taken_on=_day(one["taken_on"]),
                width=one["width"], height=one["height"],
            )
        )  # fmt: skip
    return Record(
        project=public,
        feature=feature,
        events=[
            DisclosedEvent(slug=SLUG, on=date.fromisoformat(one["on"]), text=one["text"])
            for one in copy["events"]
        ],
        media=media,
        results=[
            DisclosedResult(slug=SLUG, **one | {"released_on": _day(one["released_on"])})
            for one in copy["results"]
        ],
    )


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
