"""What of a project is copied for the public, and how it is written down. Nothing here writes.

A copy is JSON: ``project`` (the fields of `DisclosedProject`), ``geometry`` (GeoJSON, EPSG:4490, or None), ``events``,
``results`` and ``media``. It is always made in the platform's own language, whoever asks, so that its digest says
nothing but what the copy says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, Point
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gis_projects.disclosure.models import DisclosedProject, Form
from gis_projects.library.models import Precision, Project, ProjectKind
from gis_projects.publishing import generalise
from gis_projects.publishing.models import Chosen, PerformanceResult, Place, ProgressMedia
from gis_projects.publishing.queries import milestones
from gis_projects.sentences import listed

#: What may be chosen. A project's name, region and kinds always go; its people, checks, files and the vertices of its
#: site never do.
OPTIONAL = (
    "code", "content", "industry", "level", "stage", "year", "owner", "authority", "starts_on", "ends_on",
    "planned_yuan", "completed_yuan",
)  # fmt: skip
#: What is chosen where nobody says otherwise.
USUAL = ("code", "content", "industry", "level", "stage", "year", "planned_yuan")

Copy = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """What of a project is shown and how; as `Chosen`, whose meanings it has, but for the time and the reason."""

    fields: tuple[str, ...] = USUAL
    form: str = Place.OUTLINE
    precision_m: int = generalise.DEFAULT_PRECISION_M
    township: str = ""
    review_number: str = ""
    notice: str = ""
    until: date | None = None
    milestones: tuple[str, ...] = ()
    media: tuple[int, ...] = ()
    results: tuple[int, ...] = ()

    @classmethod
    def of(cls, row: Chosen) -> Choice:
        found: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(cls)}
        return cls.from_lists(found)

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Choice:
        until = date.fromisoformat(said["until"]) if said.get("until") else None
        return cls.from_lists({**said, "until": until})

    @classmethod
    def from_lists(cls, said: dict[str, Any]) -> Choice:
        found: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in said.items()
        }
        return cls(**found)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"until": self.until.isoformat() if self.until else None}

    def as_columns(self) -> dict[str, Any]:
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }

    def but(self, **changed: Any) -> Choice:
        """The same with what is given; None leaves what is."""
        return replace(self, **{key: value for key, value in changed.items() if value is not None})


def would_be(project: Project, choice: Choice) -> Copy:
    """The public copy of a project as it is now.

    Raises
    ------
    ValidationError
        For a field that can't be chosen, or a place that can't be generalised to this precision.
    """
    unknown = set(choice.fields) - set(OPTIONAL)
    if unknown:
        raise ValidationError(
            _("不能公开的字段：%(fields)s"), params={"fields": listed(sorted(unknown))}, code="field"
        )
    with translation.override(settings.LANGUAGE_CODE):
        geometry = public_geometry(project, choice.form, choice.precision_m)
        said = _optional(project)
        chosen = {field: said[field] for field in OPTIONAL if field in choice.fields}
        return {
            "project": {
                "name": project.name,
                "region_code": project.region.code,
                "region_name": project.region.short_name,
                "kinds": _kinds(project),
                "township": choice.township,
                "form": geometry.form if geometry else Form.POINT.value,
                "precision_m": choice.precision_m,
                "review_number": choice.review_number,
                "notice": choice.notice,
                "until": choice.until.isoformat() if choice.until else None,
                **chosen,
            },
            "geometry": json.loads(shapely.to_geojson(geometry.geometry)) if geometry else None,
            "events": milestones.told(project, choice.milestones),
            "results": _results(project, choice.results),
            "media": _media(project, choice, placed=geometry is not None),
        }


def _optional(project: Project) -> dict[str, Any]:
    money = project.investments.first()
    start = getattr(project, "start", None)
    starts_on = start.started_on if start else project.planned_start
    return {
        "code": project.code,
        "content": project.content,
        "industry": project.industry,
        "level": project.level,
        "stage": project.stage,
        "year": project.year,
        "owner": project.organisation.name if project.organisation else "",
        "authority": project.authority.name if project.authority else "",
        "starts_on": starts_on.isoformat() if starts_on else None,
        "ends_on": project.planned_finish.isoformat() if project.planned_finish else None,
        "planned_yuan": str(money.planned_yuan) if money else None,
        "completed_yuan": str(money.cumulative_yuan) if money else None,
    }


def _kinds(project: Project) -> list[str]:
    found = project.memberships.filter(kind__in=ProjectKind.values).order_by("kind")
    return list(found.values_list("kind", flat=True).distinct())


def _results(project: Project, keys: Sequence[int]) -> list[dict[str, Any]]:
    """Targets as they stand; what an evaluation found only where it was released."""
    return [
        {
            "year": row.year,
            "target": row.target,
            "result": row.result if row.released_on else "",
            "grade": row.grade if row.released_on else "",
            "released_on": row.released_on.isoformat() if row.released_on else None,
        }
        for row in PerformanceResult.objects.filter(project=project, pk__in=keys)
    ]


def _media(project: Project, choice: Choice, *, placed: bool) -> list[dict[str, Any]]:
    """The day and not the hour; on the project's grid and not where it was taken, and only where the project's own
    place is shown.
    """
    found = []
    for row in ProgressMedia.objects.filter(project=project, pk__in=choice.media):
        position = None
        if placed and row.location is not None:
            node = generalise.point(shapely.Point(row.location.x, row.location.y), choice.precision_m)
            position = list(shapely.get_coordinates(node.geometry)[0].tolist())
        found.append(
            {
                "key": row.pk,
                "kind": row.kind,
                "caption": row.caption,
                "taken_on": timezone.localtime(row.taken_at).date().isoformat() if row.taken_at else None,
                "width": row.width,
                "height": row.height,
                "position": position,
            }
        )
    return found


def public_geometry(project: Project, form: str, precision_m: int) -> generalise.PublicGeometry | None:
    """From the site if there is one, else from a stated point; None where only the region is known, or no place is
    to be shown.

    Raises
    ------
    ValidationError
        Where the place can't be generalised to this precision.
    """
    if form == Place.NONE:
        return None
    try:
        if project.site is not None and project.site.current is not None:
            exact = shapely.from_wkb(bytes(project.site.current.geometry.wkb))
            generalised = generalise.outline if form == Place.OUTLINE else generalise.point
            return generalised(exact, precision_m)
        if project.location is not None and project.precision in (Precision.EXACT, Precision.APPROXIMATE):
            return generalise.point(shapely.Point(project.location.x, project.location.y), precision_m)
    except ValueError as refusal:
        raise ValidationError(
            _("不能按此精度概化位置：%(reason)s"), params={"reason": str(refusal)}, code="precision"
        ) from refusal
    return None


def as_row(copy: Copy) -> dict[str, Any]:
    """The copy's project as `DisclosedProject` takes it; what was not chosen is empty there."""
    said = dict(copy["project"])
    empty: dict[str, Any] = {
        field: None if DisclosedProject._meta.get_field(field).null else "" for field in OPTIONAL
    }
    for field in ("starts_on", "ends_on", "until"):
        if said.get(field):
            said[field] = date.fromisoformat(said[field])
    for field in ("planned_yuan", "completed_yuan"):
        if said.get(field) is not None:
            said[field] = Decimal(said[field])
    return empty | said | {"geometry": geometry(copy)}


def geometry(copy: Copy) -> GEOSGeometry | None:
    shape = copy["geometry"]
    return None if shape is None else geos(shapely.from_geojson(json.dumps(shape)))


def point(lon: float, lat: float) -> Point:
    return Point(lon, lat, srid=4490)


def geos(shape: BaseGeometry) -> GEOSGeometry:
    """A shapely geometry (EPSG:4490) as a model field takes it."""
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=4490)


def digest(content: Any) -> str:
    """SHA-256 (hex) over what was copied, so that it can be told later what the public saw."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
