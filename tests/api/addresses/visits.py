"""Who visits which address, and what for: the words in which the addresses of every room are written.

Columns of ``expected``, in the order of ``VISITORS``:

anonymous · somebody (signed in, no role) · planner (九原区, where the project is) · elsewhere (planner of 东河区)
· reviewer · surveyor · administrator (all three of the whole city)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

VISITORS = ("anonymous", "somebody", "planner", "elsewhere", "reviewer", "surveyor", "administrator")


@dataclass(frozen=True)
class World:
    """What the addresses are about. The project, its site and its check lie in 九原区."""

    project: int
    project_file: int
    programme: int  # of 九原区
    secret_project: int  # confidential, in 九原区
    site_version: int
    drawn_version: int  # as the one above, but drawn: it has no original file
    check: int
    slug: str  # of a disclosed project
    layer_version: int
    geometry: dict[str, Any]
    upload: str  # the surveyor's; of layer NEU, whose version 1 the surveyor brought too, and it waits
    revalidation: int
    notice: int  # the planner's
    bookmark: int  # the planner's, of the one map; not shared
    alternative: int  # a draft of the project
    comparison: int  # of two layers that everybody inside may read
    secret_comparison: int  # one of its layers is confidential
    comparison_run: int  # of the secret one
    rulebook: int
    rulebook_draft: int
    spare_draft: int
    rulebook_publication: int  # proposed by the planner
    rulebook_trial: int  # nobody has run it
    search: int  # for sites of the project; nobody has run it
    application: int  # of the project, which is in the reserve, for the implementation library; open
    budget_line: int  # of the project
    fund_application: int  # of the project; declared
    expert_review: int  # of the project; it waits to be accepted
    engagement: int  # of an intermediary for the project, current
    campaign: int  # of admissions, held by 九原区
    meeting: int  # of the committee of 九原区, to come
    agenda_item: int  # of that meeting, about the project
    meeting_task: int  # out of that meeting, open
    confirmed_meeting: int  # its minutes are confirmed
    resolution: int  # of the confirmed one, about the project
    annual_plan: int
    meeting_file: int  # beside the confirmed one
    standard: int  # a draft of the design approval's, entered by nobody


@dataclass(frozen=True)
class Address:
    expected: str
    arguments: Callable[[World], dict[str, Any]] = field(default=lambda world: {})
    query: Callable[[World], dict[str, Any]] = field(default=lambda world: {})
    method: str = "get"
    json: Callable[[World], Any] | None = None  # body as JSON; else `query` is the form

    def codes(self) -> tuple[int, ...]:
        return tuple(map(int, self.expected.split()))


def of_project(world: World) -> dict[str, Any]:
    return {"pk": world.project}


def of_secret_project(world: World) -> dict[str, Any]:
    return {"pk": world.secret_project}


def of_version(world: World) -> dict[str, Any]:
    return {"pk": world.site_version}


def of_check(world: World) -> dict[str, Any]:
    return {"pk": world.check}


def point(world: World) -> dict[str, Any]:
    return {"lon": 109.905, "lat": 40.605, "layers": "DLTB"}


def box(world: World) -> dict[str, Any]:
    return {"bbox": "109.9,40.6,109.91,40.61"}


def drawing(world: World) -> dict[str, Any]:
    return {"geometry": world.geometry, "facts": {}}


def tile(layer: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {
        "layer": layer,
        "version": str(world.layer_version),
        "z": "14",
        "x": "13193",
        "y": "6178",
    }


def tile_place(world: World) -> dict[str, Any]:
    return {"z": "14", "x": "13193", "y": "6178"}


def sheet_of(layer: str) -> dict[str, Any]:
    return {"lon": 109.91, "lat": 40.61, "scale": 50_000, "paper": "A4", "layers": [{"code": layer}]}


def of_upload(world: World) -> dict[str, Any]:
    return {"key": world.upload}


def of_layer_version(code: str, **more: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"code": code, "number": 1, **more}


def changes_tile(layer: str) -> Callable[[World], dict[str, Any]]:
    """The tile of a version against itself: there is one, with nothing in it."""
    number = {"before": "1", "after": "1"}
    return lambda world: {"code": layer, **number, "z": "14", "x": "13193", "y": "6178"}


def of_layer(code: str, **more: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"code": code, **more}


def export_form(world: World) -> dict[str, Any]:
    return {"format": "geojson", "crs": "4490", "encoding": "utf-8", "query": ""}


OGC = "401 403 200 200 200 200 200"
OGC_CONFIDENTIAL = "401 403 404 404 200 200 200"
OGC_TILE = {"tile_matrix": "14", "tile_row": "6166", "tile_col": "13193"}

EVERYBODY = "200 200 200 200 200 200 200"
SIGNED_IN = "302 200 200 200 200 200 200"  # a page: to the sign-in
WITH_ROLE = "302 403 200 200 200 200 200"
IN_REACH = "302 403 200 404 200 200 200"
API_SIGNED_IN = "403 200 200 200 200 200 200"
API_WITH_ROLE = "403 403 200 200 200 200 200"
API_IN_REACH = "403 403 200 404 200 200 200"
