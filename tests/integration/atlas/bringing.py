"""Uploads brought to be worked on, and what must be true of a version afterwards."""

from __future__ import annotations

from pathlib import Path

from gis_projects.atlas.actions import uploads
from gis_projects.atlas.models import Upload
from gis_projects.trail.models import Job
from layers.models import Feature, LayerVersion
from layers.verification import verify


def bring(code: str, path: Path, by: object) -> Upload:
    """An upload with everything answered, whole."""
    content = path.read_bytes()
    row = uploads.begin(
        by=by,
        filename=path.name,
        size=len(content),
        layer=code,
        answers={"coverage": "before", "source_date": None, "legal_source": ""},
    )
    return uploads.append(by=by, key=row.pk, offset=0, content=content)


def ended(*codes: str) -> bool:
    return not Upload.objects.filter(layer__in=codes, state__in=["received", "staging"]).exists()


def whole_and_alone(code: str, number: int) -> None:
    """The version holds what it says, and nothing of a dead run is beside it."""
    version = LayerVersion.objects.get(layer__code=code, number=number)
    assert verify(version).intact
    live = Feature.objects.filter(layer__code=code, first_version__lte=number)
    live = live.exclude(last_version__lt=number)
    assert live.count() == version.feature_count
    assert not Feature.objects.filter(layer__code=code, first_version__gt=number).exists()


def open_jobs() -> bool:
    return Job.objects.filter(state__in=["queued", "running"]).exists()
