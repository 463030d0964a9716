"""GDAL as a client against a live server: what it counts and draws is what the database has.

In processes of their own, as GDAL's calls would hold this one up while its own server should answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pyproj
import pytest
import shapely
from django.urls import reverse

from gis_projects.people.actions import tokens as actions
from gis_projects.people.models import TokenScope
from gis_projects.people.permissions import Role
from layers.models import Feature
from tests.factories.layers import ORIGIN, STEP, grid_table, published
from tests.factories.people import user_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("layers")]

_OAPIF = """
import json, sys, warnings
warnings.simplefilter("error")  # a value that doesn't fit the type that GDAL took its column for
import numpy as np, pyogrio, pyogrio.raw, shapely
source, options, layer, reading = json.loads(sys.argv[1])
if "bbox" in reading:
    reading["bbox"] = tuple(reading["bbox"])
try:
    names = pyogrio.list_layers(source)[:, 0].tolist()
    if layer is None:
        print(json.dumps({"layers": names}))
        sys.exit()
    info = pyogrio.read_info(source, layer=layer, force_feature_count=True, **options)
    meta, _fids, wkb, columns = pyogrio.raw.read(source, layer=layer, **options, **reading)
except pyogrio.errors.DataSourceError as error:
    print(json.dumps({"error": str(error)}))
    sys.exit()
fields = meta["fields"].tolist()
rows = {name: [None if v is None else str(v) for v in column.tolist()] for name, column in zip(fields, columns)}
print(json.dumps({"layers": names, "counted": info["features"], "crs": meta["crs"], "rows": rows,
                  "wkb": shapely.to_wkb(shapely.from_wkb(wkb), hex=True).tolist()}))
"""


def run(program, authorization):
    """Run GDAL with what it sends along: a header, or a user name and a password."""
    environment = {**os.environ, "GDAL_HTTP_TIMEOUT": "20", "GDAL_HTTP_MAX_RETRY": "0", "PROJ_NETWORK": "OFF"}
    if authorization and authorization.startswith("Bearer "):
        # the OAPIF driver has headers of its own, files over the network take them from here
        environment |= {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": authorization.removeprefix("Bearer ")}
        environment["GDAL_HTTP_HEADERS"] = f"Authorization: {authorization}"
    elif authorization:
        environment |= {"GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": authorization}
    done = subprocess.run(program, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def oapif(live_server, authorization, layer=None, *, path="/ogc/", options=None, **reading):
    question = json.dumps([f"OAPIF:{live_server.url}{path}", options or {}, layer, reading])
    return json.loads(run([sys.executable, "-c", _OAPIF, question], authorization))


@pytest.fixture
def word(layers):
    return actions.create_token(by=user_of(Role.PLANNER), name="GDAL")[1]


@pytest.fixture
def planner(word):
    """A user name and a password, as QGIS and GDAL ask for them."""
    return f"planner:{word}"


def stored(code="DLTB"):
    rows = Feature.objects.filter(layer__code=code, last_version=None).order_by("key")
    return list(rows.values_list("key", flat=True)), [shapely.from_wkb(bytes(row.geom.wkb)) for row in rows]


def test_layers_are_those_that_may_be_read(live_server, planner, word):
    assert oapif(live_server, planner)["layers"] == ["XZQ", "DLTB"]
    reviewer = user_of(Role.REVIEWER)
    _token, whole = actions.create_token(by=reviewer, name="all", scopes=[TokenScope.READ_CONFIDENTIAL])
    assert oapif(live_server, f"Bearer {whole}")["layers"] == ["XZQ", "DLTB", "MI"]
    _token, less = actions.create_token(by=reviewer, name="open")
    assert oapif(live_server, f"Bearer {less}")["layers"] == ["XZQ", "DLTB"]
    # a confidential layer is not there, not even for who knows its address
    assert "error" in oapif(live_server, planner, "MI", path="/ogc/collections/MI")
    for nobody in (None, "planner:gp-wrong", f"reviewer:{word}"):
        assert "error" in oapif(live_server, nobody)


def test_counts_and_geometries_are_the_databases(live_server, planner):
    keys, shapes = stored()
    for page in (4, 1000):
        answer = oapif(live_server, planner, "DLTB", options={"PAGE_SIZE": page})
        assert answer["counted"] == len(keys) == 15
        assert sorted(answer["rows"]["key"]) == keys
        order = np.argsort(answer["rows"]["key"])
        read = shapely.from_wkb(answer["wkb"])[order]
        assert all(a.normalize().equals_exact(b.normalize(), 1e-9) for a, b in zip(read, shapes, strict=True))
        assert [answer["rows"]["class_code"][i] for i in order][:2] == ["02", "01"]
        assert float(answer["rows"]["TBMJ"][order[3]]) == 4.5
    # a column whose first page is whole numbers is one of numbers all the same
    published("RATIO", grid_table(8, 1, attributes={"KCXS": np.array([0.0] * 7 + [0.0265])}))
    answer = oapif(live_server, planner, "RATIO", options={"PAGE_SIZE": 2})
    assert sorted(map(float, answer["rows"]["KCXS"])) == [0.0] * 7 + [0.0265]
    # awkward identifiers and shapes
    answer = oapif(live_server, planner, "XZQ")
    keys, shapes = stored("XZQ")
    read = shapely.from_wkb(answer["wkb"])
    found = [read[answer["rows"]["key"].index(key)] for key in keys]
    assert all(a.equals(b) for a, b in zip(found, shapes, strict=True))


def test_a_box_and_a_filter_choose(live_server, planner):
    box = [ORIGIN[0] + 1.2 * STEP, ORIGIN[1] + 1.2 * STEP, ORIGIN[0] + 1.8 * STEP, ORIGIN[1] + 1.8 * STEP]
    assert oapif(live_server, planner, "DLTB", bbox=box)["rows"]["key"] == ["K0005"]
    answer = oapif(live_server, planner, "DLTB", where="class_code = '01'")
    assert sorted(answer["rows"]["key"]) == [f"K{n:04d}" for n in range(1, 15, 2)]


def test_axes_are_understood_in_every_system(live_server, planner):
    keys, shapes = stored()
    for epsg in (4490, 4525, 3857):
        answer = oapif(live_server, planner, "DLTB", options={"CRS": f"EPSG:{epsg}"})
        assert answer["crs"] == f"EPSG:{epsg}"
        move = pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{epsg}", always_xy=True)
        read = shapely.from_wkb(answer["wkb"])
        expected = shapely.transform(
            np.array(shapes), lambda xy, move=move: np.column_stack(move.transform(xy[:, 0], xy[:, 1]))
        )
        for key, shape in zip(keys, expected, strict=True):
            got = read[answer["rows"]["key"].index(key)]
            assert got.normalize().equals_exact(shape.normalize(), 1e-3 if epsg != 4490 else 1e-9)


def test_tiles_open_in_gdals_mvt_driver(live_server, word):
    """By the template that TileJSON names: one tile, cut from the features."""
    address = reverse("atlas:tile", args=["DLTB", "2", "14", "13193", "6166"])
    program = ["ogrinfo", "-ro", "-al", "-geom=NO", f"MVT:/vsicurl/{live_server.url}{address}"]
    listing = run(program, f"Bearer {word}")
    assert "Layer name: DLTB" in listing
    keys = {line.split(" = ")[1] for line in listing.splitlines() if line.strip().startswith("key (String)")}
    assert "K0000" in keys <= set(stored()[0])
