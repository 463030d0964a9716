"""What a file leaves open is asked, on the page and by the API, and the answers are kept to."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import rasterio
import shapely

from gis_projects.atlas import upload_files
from gis_projects.atlas.models import Publication, Upload
from gis_projects.trail.models import Step
from layers import queries
from layers.models import Feature, LayerVersion, Status
from tests.api.atlas.uploading import ANSWERS, act, answer, told, whole, work
from tests.factories.files import zipped_shapefile
from tests.factories.layers import LayerFactory, grid_table, published, square

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_file_without_a_coordinate_system_asks_and_proposes(surveyor, reviewer, layer, tmp_path):
    path = zipped_shapefile(tmp_path / "GRID.zip", prj=False)
    upload = whole(surveyor, path)
    work()
    upload = told(surveyor, upload)
    assert upload["state"] == "asking"
    assert upload["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [question["name"] for question in upload["questions"]] == [
        "layer", "epsg", "source_date", "legal_source",
    ]  # fmt: skip
    candidates = upload["questions"][1]["choices"]
    assert 4525 in [candidate["epsg"] for candidate in candidates]
    assert candidates[0]["outline"]["type"] == "Polygon"
    assert answer(surveyor, upload, layer="GRID").json()["state"] == "asking"
    assert LayerVersion.objects.filter(status=Status.STAGED).count() == 0
    upload = answer(surveyor, upload, epsg=4525, **ANSWERS).json()
    assert upload["state"] == "staging"
    work()
    upload = told(surveyor, upload)
    assert (upload["state"], upload["version_page"]) == ("staged", "/layers/GRID/versions/2/")
    version = LayerVersion.objects.get(number=2)
    assert (version.legal_source, str(version.source_date)) == (ANSWERS["legal_source"], "2026-01-31")
    assert version.source_sha256 == upload["sha256"]
    assert act(reviewer, 2, "publish").status_code == 200
    assert queries.current()["GRID"].number == 2
    assert told(surveyor, upload)["state"] == "published"
    assert not upload_files.folder(Upload.objects.get().pk).exists()


def test_what_was_answered_beforehand_is_not_asked(staged):
    assert staged["number"] == 2
    assert Publication.objects.get(number=2).uploader.roles == ["surveyor"]
    assert Step.objects.get(verb="atlas.stage_layer").data["upload"] == staged["uuid"]


def latitude_first(path, shapes):
    """GeoJSON as some programs write it: with its axes the wrong way round."""
    turned = [shapely.transform(shape, lambda xy: xy[:, ::-1]) for shape in shapes]
    features = [
        {"type": "Feature", "properties": {"BSM": f"S{n}"}, "geometry": shapely.geometry.mapping(shape)}
        for n, shape in enumerate(turned)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_axes_the_wrong_way_round_are_asked_about_and_turned(surveyor, layer, tmp_path):
    upload = whole(
        surveyor, latitude_first(tmp_path / "GRID.geojson", [square(0, 0)]), layer="GRID", answers=ANSWERS
    )
    work()
    upload = told(surveyor, upload)
    assert [question["name"] for question in upload["questions"]] == ["swap_axes"]
    page = surveyor.get(upload["page"]).content.decode()
    assert 'name="swap_axes"' in page
    form = {"layer": "GRID", "swap_axes": "yes", "coverage": "region", "source_date": "", "legal_source": ""}
    assert surveyor.post(upload["page"], form).status_code == 302
    work()
    assert told(surveyor, upload)["state"] == "staged"
    feature = Feature.objects.get(layer=layer, first_version=2)
    assert shapely.equals_exact(shapely.from_wkb(bytes(feature.geom.wkb)), square(0, 0), 1e-9, normalize=True)


def test_a_candidate_with_turned_axes_is_chosen_on_the_page(surveyor, layer, tmp_path):
    turned = shapely.transform(square(0, 0), lambda xy: xy[:, ::-1])
    path = zipped_shapefile(tmp_path / "GRID.zip", [turned], epsg=4490, prj=False)
    upload = whole(surveyor, path, layer="GRID", answers=ANSWERS)
    work()
    upload = told(surveyor, upload)
    (question,) = upload["questions"]
    best = question["choices"][0]
    assert (best["epsg"], best["swap_axes"]) == (4490, True)
    assert shapely.box(109.8, 40.5, 110.1, 40.8).contains(shapely.geometry.shape(best["outline"]))
    assert 'value="4490-swapped"' in surveyor.get(upload["page"]).content.decode()
    form = {
        "layer": "GRID",
        "epsg": "4490-swapped",
        "coverage": "region",
        "source_date": "",
        "legal_source": "",
    }
    assert surveyor.post(upload["page"], form).status_code == 302
    work()
    assert told(surveyor, upload)["state"] == "staged"
    feature = Feature.objects.get(layer=layer, first_version=2)
    assert shapely.equals_exact(shapely.from_wkb(bytes(feature.geom.wkb)), square(0, 0), 1e-9, normalize=True)


@pytest.fixture
def raster(tmp_path):
    path = tmp_path / "GC.tif"
    place = rasterio.transform.from_origin(109.9, 40.7, 0.001, 0.001)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=20,
        height=20,
        count=2,
        dtype="float32",
        crs="EPSG:4490",
        transform=place,
    ) as target:
        target.write(np.arange(800, dtype="float32").reshape(2, 20, 20))
    return path


def test_of_a_raster_with_several_bands_one_is_chosen(surveyor, reviewer, raster, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    LayerFactory(code="GC", kind="raster")
    upload = whole(surveyor, raster, layer="GC", answers={"source_date": None, "legal_source": ""})
    work()
    upload = told(surveyor, upload)
    assert (upload["state"], [question["name"] for question in upload["questions"]]) == ("asking", ["band"])
    assert "波段" in surveyor.get(upload["page"]).content.decode()
    assert answer(surveyor, upload, band=3).status_code == 400
    form = {"layer": "GC", "band": "2", "source_date": "", "legal_source": ""}
    assert surveyor.post(upload["page"], form).status_code == 302
    assert told(surveyor, upload)["state"] == "staging"
    work()
    assert told(surveyor, upload)["state"] == "staged"
    assert reviewer.get("/layers/GC/versions/1/").status_code == 200
    assert act(reviewer, 1, "publish", code="GC").status_code == 200


def test_a_raster_is_no_version_of_a_vector_layer(surveyor, raster, layer):
    upload = whole(surveyor, raster, layer="GRID", answers=ANSWERS)
    work()
    assert "栅格" in told(surveyor, upload)["messages"][0]


def test_coordinates_as_web_maps_have_them_are_warned_of(surveyor, reviewer, tmp_path):
    cells = [square(i / 5, j / 5, 0.002) for i in range(8) for j in range(8)]
    table = grid_table(1, 1, geometries=np.array(cells, dtype=object), keys=[f"K{n}" for n in range(64)],
                       class_codes=["01"] * 64, names=[""] * 64, attributes={})  # fmt: skip
    published("GRID", table)
    moved = [shapely.transform(cell, gcj02) for cell in cells]
    upload = whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip", moved), layer="GRID", answers=ANSWERS)
    work()
    assert told(surveyor, upload)["state"] == "staged"
    assert "GCJ-02" in reviewer.get("/layers/GRID/versions/2/").content.decode()


def gcj02(xy):
    """The displacement as public web maps apply it, vertex by vertex."""
    from layers.reading import shift

    return shift._gcj02(xy)
