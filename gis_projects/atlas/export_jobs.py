"""Big exports in the background."""

from __future__ import annotations

from typing import Any

from gis_projects.atlas.actions import exports
from gis_projects.atlas.queries import browsing
from gis_projects.people.models import User
from gis_projects.trail.jobs import Progress, job
from layers.browsing import count


@job
def export_layer(
    progress: Progress,
    *,
    user: int,
    code: str,
    number: int,
    selection: dict[str, Any],
    kind_of_file: str,
    epsg: int,
    encoding: str,
) -> dict[str, Any]:
    """Write the file that its owner asked for; what they may do is asked again now.

    A repeated run writes a file anew and leaves the one of a dead run to `exports.sweep`.
    """
    owner = User.objects.get(pk=user)
    version = browsing.version_of(owner, code, number=number)
    chosen = exports.from_json(selection)
    total = max(1, count(version, chosen).number)
    return exports.export_for(
        by=owner,
        version=version,
        selection=chosen,
        kind=kind_of_file,
        epsg=epsg,
        encoding=encoding,
        counting=lambda done: progress.report(99 * done / total, f"{done}/{total}"),
    )
