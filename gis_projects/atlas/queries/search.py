"""What the search box of the map finds: places and features by name or key, and projects. Each asks its permission."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from gis_projects.atlas.queries.catalogue import pinned, pinned_as
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from layers import lookup

#: Layers whose features are places that everybody names: they come first.
PLACES = ("XZQ", "SX", "DL")
LIMIT = 20
MAX_WORDS = 100


def search(user: User, words: str, *, codes: Mapping[str, int | None] | None = None) -> dict[str, Any]:
    """Features and projects that are called so, at most `LIMIT` of each; ``more`` says where there are more."""
    words = words.strip()[:MAX_WORDS].replace("\0", "")
    if not words:
        return {"features": [], "projects": [], "more": []}
    versions = pinned(user, None) if codes is None else pinned_as(user, codes)
    hits = lookup.search(versions, words, limit=LIMIT + 1)
    hits.sort(key=lambda hit: hit.key != words and hit.version.layer not in PLACES)
    projects = _projects(user, words)
    counts = {"features": len(hits), "projects": len(projects)}
    return {
        "features": [
            {
                "layer": hit.version.layer,
                "layer_name": hit.version.layer_name,
                "version": hit.version.number,
                "key": hit.key,
                "class": hit.class_code,
                "class_name": hit.version.class_names.get(hit.class_code, ""),
                "name": hit.name,
                "area_m2": round(hit.area_m2, 2),
                "bbox": hit.box,
            }
            for hit in hits[:LIMIT]
        ],
        "projects": projects[:LIMIT],
        "more": [name for name, count in counts.items() if count > LIMIT],
    }


def _projects(user: User, words: str) -> list[dict[str, Any]]:
    if not has(user, Permission.READ_PROJECTS):
        return []
    rows = visible(user, Permission.READ_PROJECTS, Project.objects.order_by("name", "pk"))
    rows = rows.filter(Q(name__icontains=words) | Q(code__istartswith=words))
    return [
        {
            "id": project.pk,
            "code": project.code,
            "name": project.name,
            "lon": project.location.x if project.location else None,
            "lat": project.location.y if project.location else None,
        }
        for project in rows.only("pk", "code", "name", "location")[: LIMIT + 1]
    ]
