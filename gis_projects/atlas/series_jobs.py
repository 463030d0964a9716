"""Print series in the background: sheet by sheet, called off between two."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from gis_projects.atlas.actions import series as actions
from gis_projects.atlas.queries import series as queries
from gis_projects.atlas.queries.exports import folder
from gis_projects.people.models import User
from gis_projects.trail.jobs import Progress, job


@job
def print_series(progress: Progress, *, user: int, asked: dict[str, Any], language: str) -> dict[str, Any]:
    """Draw what was asked for in the asker's name and language; what they may read is asked again now.

    A repeated run (its worker was killed) keeps the plan of the first and draws the sheets that are missing.
    """
    owner = User.objects.get(pk=user)
    wanted = queries.Asked(
        **{**asked, "layers": tuple(asked["layers"]), "bookmarks": tuple(asked["bookmarks"])}
    )
    place = folder() / f"series-{progress.job.pk}"

    def between(done: int) -> None:
        progress.stop_if_cancelled()
        of = len(plan.sheets)
        progress.report(98 * done / of, _("已完成 %(done)s／%(of)s 幅") % {"done": done, "of": of})

    def keep(made: actions.Drawing, whole: Path) -> dict[str, Any]:
        progress.hold()
        return actions.keep(by=owner, made=made, whole=whole)

    with translation.override(language):
        told = progress.once("plan", lambda: _told(queries.plan(owner, wanted)))
        plan = queries.Plan(
            [queries.planned(one, wanted.sheet) for one in told["sheets"]],
            [(pk, name) for pk, name in told["unplaced"]],
        )
        try:
            made = actions.Drawing(owner, wanted, plan, place)
            whole = made.draw(between)
            result: dict[str, Any] = progress.once("keep", lambda: keep(made, whole))
        except Exception:  # called off or failed: nothing goes on with it
            shutil.rmtree(place, ignore_errors=True)
            raise
    shutil.rmtree(place, ignore_errors=True)
    return result


def _told(plan: queries.Plan) -> dict[str, Any]:
    return {"sheets": [one.to_json() for one in plan.sheets], "unplaced": plan.unplaced}
