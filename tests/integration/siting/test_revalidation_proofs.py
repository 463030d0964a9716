"""Proofs held against really checking again: whatever is edited in the layers, what was proved is what is found."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import shapely
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from layers.loading import load
from layers.models import Layer
from layers.table import Table
from siting.models import RevalidatedSite
from siting.revalidation import proofs, standing
from tests.factories import land
from tests.factories.answers import answers_hold, live_site, revalidate
from tests.thorough import many

pytestmark = pytest.mark.django_db

WEST, SOUTH = 109.835, 40.610
STEP = 0.004
COLUMNS, ROWS = 6, 5
#: A layer whose features cover the ground, one with sparse areas, one that rules look for from afar, one with an
#: outline that sites must lie in.
PARCELS, RED_LINE, ROADS, TOWN = "DLTB", "STBHHX", "GLYD", "CZKFBJ"
CLASSES = ("0101", "0701", "1001", "0404")
ROAD_CLASSES = ("expressway", "county", "township")


def cell(column: int, row: int) -> Any:
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return shapely.box(west, south, west + STEP, south + STEP)


@dataclass
class Ground:
    """What the layers hold at the moment: key → (class, shape), and their coverage."""

    rows: dict[str, dict[str, tuple[str, Any]]] = field(default_factory=dict)
    coverage: dict[str, Any] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    def publish(self, code: str) -> None:
        layer = Layer.objects.get(code=code)
        Layer.objects.filter(pk=layer.pk).update(class_names=self.names.get(code, {}))
        layer.refresh_from_db()
        rows = sorted(self.rows[code].items())
        table = Table(
            geometries=np.array([shape for _, (_, shape) in rows], dtype=object),
            keys=[key for key, _ in rows],
            class_codes=[code for _, (code, _) in rows],
            names=[random.choice(["甲", "乙"]) for _ in rows],
            source_name=f"{code}.gpkg",
        )
        load(layer, table, coverage=self.coverage.get(code, land.EXTENT))


def road(row: int, bend: float = 0.0) -> Any:
    south = SOUTH + row * STEP + bend
    return shapely.box(WEST - STEP, south, WEST + COLUMNS * STEP, south + 0.0002)


def first_ground() -> Ground:
    ground = Ground()
    ground.rows[PARCELS] = {
        f"P{column}-{row}": (CLASSES[(column + row) % 4], cell(column, row))
        for column in range(COLUMNS)
        for row in range(ROWS)
    }
    rest = shapely.difference(
        land.EXTENT, shapely.union_all([shape for _, shape in ground.rows[PARCELS].values()])
    )
    ground.rows[PARCELS]["REST"] = ("0701", rest)
    ground.rows[RED_LINE] = {"R1": ("", shapely.buffer(shapely.Point(WEST + STEP, SOUTH + STEP), 0.003))}
    ground.rows[ROADS] = {"G1": ("county", road(2))}
    ground.rows[TOWN] = {"T1": ("", land.EXTENT)}
    return ground


def edit(ground: Ground, draw: Any) -> str:
    """One random edit of one layer; which layer."""
    kind = draw(st.sampled_from(["recode", "move", "add", "remove", "rename", "cover", "road", "town"]))
    column, row = draw(st.integers(0, COLUMNS - 1)), draw(st.integers(0, ROWS - 1))
    key = f"P{column}-{row}"
    shift = draw(st.sampled_from([1e-8, 1e-5, 0.0007]))
    match kind:
        case "recode":
            code, shape = ground.rows[PARCELS][key]
            ground.rows[PARCELS][key] = (CLASSES[(CLASSES.index(code) + 1) % 4], shape)
            return PARCELS
        case "move":
            shape = ground.rows[RED_LINE].get("R1", ("", cell(1, 1)))[1]
            ground.rows[RED_LINE]["R1"] = ("", shapely.affinity.translate(shape, shift, 0))
            return RED_LINE
        case "add":
            ground.rows[RED_LINE][f"R{column}{row}"] = ("", shapely.buffer(cell(column, row).centroid, shift))
            return RED_LINE
        case "remove":
            for first in sorted(ground.rows[RED_LINE])[:1]:  # an earlier edit may have removed the last one
                ground.rows[RED_LINE].pop(first)
            return RED_LINE
        case "rename":
            ground.names[PARCELS] = {code: draw(st.sampled_from(["旱地", "水田"])) for code in CLASSES}
            return PARCELS
        case "cover":
            ground.coverage[RED_LINE] = shapely.box(
                land.WEST, land.SOUTH, WEST + (column + 0.5) * STEP, land.NORTH
            )
            return RED_LINE
        case "road":
            ground.rows[ROADS]["G1"] = (draw(st.sampled_from(ROAD_CLASSES)), road(row, shift))
            return ROADS
        case _:
            ground.rows[TOWN]["T1"] = (
                "",
                shapely.box(land.WEST, land.SOUTH, WEST + (column + 1) * STEP, land.NORTH),
            )
            return TOWN


@pytest.fixture
def ground(settings, tmp_path):
    """The land, six sites on it that look round a corner, and their answers."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"
    ground = first_ground()
    land.publish_land(tmp_path, {code: rows_of(ground, code) for code in ground.rows})
    for number in range(6):
        column, row = number % 3 * 2, number // 3 * 2
        west, south = WEST + column * STEP + 0.0009, SOUTH + row * STEP + 0.0011
        corners = [(0, 0), (3, 0), (3, 1.2), (1, 1.2), (1, 3), (0, 3)]
        live_site(shapely.Polygon([(west + x / 1000, south + y / 1000) for x, y in corners]))
    revalidate()
    return ground


@hypothesis_settings(
    max_examples=many(6, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_proved_answer_is_another_than_a_check_of_now(ground, data):
    with transaction.atomic():
        one_history(copy.deepcopy(ground), data)
        transaction.set_rollback(True)


def one_history(ground, data):
    for _ in range(data.draw(st.integers(1, 3), label="publications")):
        for code in {edit(ground, data.draw) for _ in range(data.draw(st.integers(1, 3), label="edits"))}:
            ground.publish(code)
        report = revalidate()
        assert report.sites == 6 == report.affected + report.proved_unchanged
        answers_hold()
        assert RevalidatedSite.objects.filter(revalidation=report.run).count() == 6


def rows_of(ground, code):
    return [(key, class_code, shape) for key, (class_code, shape) in sorted(ground.rows[code].items())]


def test_a_layer_of_which_nothing_is_in_force_any_more_touches_every_site(ground):
    before = standing.current()
    left = {code: version for code, version in before.versions.items() if code != ROADS}
    answers = proofs.Answers(
        sites=[1, 2],
        outlines=np.array([cell(0, 3), cell(1, 3)], dtype=object),
        facts=[{}, {}],
        concerned=[[], []],
        open=[[], []],
        rules=[[], []],
    )
    mask, statements = proofs.affected(answers, before, replace(before, versions=left), lambda *_: iter(()))
    assert mask.tolist() == [True, True]
    assert statements == [{"kind": "layer", "layer": ROADS, "to": None}]
