"""The rows and files that the public sees of a project: put there as one copy, and taken away whole.

Called by the acts of `projects`, in their transaction. Nothing else writes the public tables of a project.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from gis_projects.disclosure.models import (
    ChangeKind,
    DisclosedEvent,
    DisclosedMedia,
    DisclosedProject,
    DisclosedResult,
    Edition,
    PublicChange,
)
from gis_projects.publishing import copying, media_store
from gis_projects.publishing.models import ProgressMedia


def put(slug: str, copy: copying.Copy) -> DisclosedProject:
    """Show this copy under the slug, in place of what was shown under it."""
    now = timezone.now()
    row = copying.as_row(copy) | {"changed_at": now}
    public, created = DisclosedProject.objects.update_or_create(slug=slug, defaults=row)
    public.full_clean(validate_unique=False)
    DisclosedEvent.objects.filter(slug=slug).delete()
    DisclosedEvent.objects.bulk_create(
        DisclosedEvent(slug=slug, on=date.fromisoformat(one["on"]), text=one["text"])
        for one in copy["events"]
    )
    DisclosedResult.objects.filter(slug=slug).delete()
    DisclosedResult.objects.bulk_create(
        DisclosedResult(slug=slug, **one | {"released_on": _day(one["released_on"])})
        for one in copy["results"]
    )
    _put_media(slug, copy["media"])
    _put_change(slug, public.name, ChangeKind.PUBLISHED if created else ChangeKind.CORRECTED)
    _put_edition(public)
    return public


def take(slug: str) -> None:
    """Nothing is left under the slug but that it was withdrawn."""
    DisclosedProject.objects.filter(slug=slug).delete()
    DisclosedEvent.objects.filter(slug=slug).delete()
    DisclosedResult.objects.filter(slug=slug).delete()
    _put_media(slug, [])
    Edition.objects.filter(slug=slug).delete()
    PublicChange.objects.filter(subject=_subject(slug)).update(title="")
    PublicChange.objects.create(subject=_subject(slug), kind=ChangeKind.WITHDRAWN)


def _subject(slug: str) -> str:
    return f"project:{slug}"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _put_media(slug: str, wanted: list[dict[str, Any]]) -> None:
    """A photo that stays keeps its address; one that goes loses it for good, and its file once that is certain."""
    rows = ProgressMedia.objects.in_bulk([one["key"] for one in wanted])
    names = {row.shown_as for row in rows.values() if row.shown_as}
    gone = list(DisclosedMedia.objects.filter(slug=slug).values_list("name", flat=True))
    dropped = [name for name in gone if name not in names]
    DisclosedMedia.objects.filter(slug=slug).delete()
    ProgressMedia.objects.filter(shown_as__in=dropped).update(shown_as="")
    if dropped:
        transaction.on_commit(lambda: media_store.hide(dropped))
    for one in wanted:
        row = rows[one["key"]]
        if not row.shown_as:
            row.shown_as = media_store.show(row)
            row.save(update_fields=["shown_as"])
        position = one["position"]
        DisclosedMedia.objects.create(
            slug=slug,
            name=row.shown_as,
            kind=one["kind"],
            caption=one["caption"],
            taken_on=_day(one["taken_on"]),
            width=one["width"],
            height=one["height"],
            position=None if position is None else copying.point(*position),
        )


def _put_change(slug: str, name: str, kind: str) -> None:
    """What was withdrawn before keeps no title; a corrected name replaces the one that it corrects everywhere."""
    PublicChange.objects.filter(subject=_subject(slug)).exclude(title="").update(title=name)
    PublicChange.objects.create(subject=_subject(slug), kind=kind, title=name)


def _put_edition(public: DisclosedProject) -> None:
    today = timezone.localdate()
    content = {
        field.name: field.value_to_string(public)
        if field.get_internal_type() in ("DateField", "DateTimeField", "DecimalField")
        and getattr(public, field.name) is not None
        else getattr(public, field.name)
        for field in DisclosedProject._meta.concrete_fields
        if field.name not in ("id", "geometry") and not field.generated
    } | {"geometry": json.loads(public.geometry.geojson) if public.geometry else None}
    standing = Edition.objects.filter(slug=public.slug, until_day=None)
    standing.filter(from_day__lt=today).update(until_day=today)
    Edition.objects.update_or_create(slug=public.slug, from_day=today, defaults={"content": content})
