"""The three formats by name: what a file is called, its media type, and its text piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.conf import settings
from django.urls import reverse

from gis_projects.disclosure.open_data import geojson, holdings, oc4ids, table

LATEST = "latest"


class Format(StrEnum):
    """The values are the ends of the files' names."""

    OC4IDS = "oc4ids.json"
    GEOJSON = "geojson"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        return {
            Format.OC4IDS: oc4ids.MEDIA_TYPE, Format.GEOJSON: geojson.MEDIA_TYPE, Format.CSV: table.MEDIA_TYPE
        }[self]  # fmt: skip


@dataclass(frozen=True)
class File:
    """A file of a format as of a day (None: as it stands now), below the address ``root`` (``https://host``)."""

    form: Format
    day: date | None
    root: str

    @property
    def path(self) -> str:
        day = self.day.isoformat() if self.day else LATEST
        return reverse("disclosure:open_data_file", kwargs={"day": day, "form": self.form.value})

    @property
    def name(self) -> str:
        return f"projects-{self.day.isoformat()}.{self.form}" if self.day else f"projects.{self.form}"

    def lines(self) -> Iterator[str]:
        """Raises `oc4ids.Empty` for a package of nothing, before the first piece."""
        rows = holdings.holdings(self.day)
        if self.form is Format.GEOJSON:
            return geojson.lines(rows)
        if self.form is Format.CSV:
            return table.lines(rows)
        page = reverse("disclosure:project", kwargs={"slug": "slug"}).replace("/slug/", "/{slug}/")
        place = oc4ids.Place(uri=f"{self.root}{self.path}", page=f"{self.root}{page}")
        return oc4ids.lines(rows, place, holdings.changed_at(self.day))


def configured_root() -> str:
    """How the outside calls this installation, without a slash at the end; empty where it isn't said."""
    return settings.PUBLIC_ADDRESS.rstrip("/")
