"""The differences of two versions as page, download, API and tile: the same answer, to whoever may know of both."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from django.core.cache import cache

from gis_projects.atlas.queries import differences
from gis_projects.people.permissions import Role
from layers.loading import stage
from layers.models import Layer
from layers.table import Table
from tests.factories.layers import REGION, LayerFactory, grid_table, published, square

pytestmark = pytest.mark.django_db
API = "/api/v1/layers/DLTB/differences/"
NAMES = {"01": "耕地", "02": "园地", "03": "林地"}


def changed_grid() -> Table:
    """The nine squares of `grid_table`: one gone, one split, one of another class, one with another word."""
    cells = [square(i, j) for j in range(3) for i in range(3)]
    keys = [f"K{n:04d}" for n in range(9)]
    classes = ["01" if n % 2 else "02" for n in range(9)]
    names = [f"图斑{n}" for n in range(9)]
    words = [{"TBMJ": n * 1.5, "QSXZ": "20"} for n in range(9)]
    west, east = (square(1 + half / 2, 0, 0.005).union(square(1 + half / 2, 0.5, 0.005)) for half in (0, 1))
    cells[1], classes[2] = west, "03"
    words[3] = {"TBMJ": 4.5, "QSXZ": "=1+1"}
    rows = list(zip(keys, classes, names, words, cells, strict=True))
    rows = [*rows[:8], ("NEW", "01", "", {}, east)]
    keys, classes, names, words, cells = map(list, zip(*rows, strict=True))
    return Table(np.array(cells, dtype=object), keys, classes, names, words)


@pytest.fixture
def two_versions():
    layer = LayerFactory(code="DLTB", name="国土调查地类图斑", class_names=NAMES)
    published("DLTB", grid_table(3, 3))
    published("DLTB", changed_grid())
    return layer


@pytest.fixture
def staged(two_versions):
    return stage(two_versions, grid_table(2, 2), coverage=REGION)


def test_the_api_counts(two_versions, planner):
    answer = planner.get(f"{API}?from=1&to=2").json()
    assert answer["counts"] == {
        "added": 1,
        "removed": 1,
        "geometry": 1,
        "attributes": 2,
        "both": 0,
        "unchanged": 5,
    }
    assert (answer["from"]["number"], answer["to"]["number"]) == (1, 2)
    assert sum(part["count"] for part in answer["by_class"]) == 5
    around = (*square(0, 0).bounds[:2], *square(2, 2).bounds[2:])
    assert answer["bounds"] == pytest.approx(around, abs=1e-4)


def test_without_numbers_it_is_the_version_in_force_against_the_one_before(two_versions, planner):
    published("DLTB", changed_grid())
    answer = planner.get(API).json()
    assert (answer["from"]["number"], answer["to"]["number"]) == (2, 3)
    assert answer["counts"]["unchanged"] == 9


def test_the_api_lists_rows(two_versions, planner):
    answer = planner.get(f"{API}rows/?from=1&to=2&kind=attributes&order=-key").json()
    assert answer["count"] == 2
    assert [row["key"] for row in answer["results"]] == ["K0003", "K0002"]
    assert answer["results"][0]["fields"] == [{"name": "QSXZ", "before": "20", "after": "=1+1"}]
    assert answer["results"][1]["class_after"] == "03"
    box = ",".join(map(str, square(2.2, 2.2, 0.001).bounds))
    assert [row["key"] for row in planner.get(f"{API}rows/?bbox={box}").json()["results"]] == ["K0008"]
    page = planner.get(f"{API}rows/?limit=2&offset=4").json()
    assert (page["count"], len(page["results"])) == (5, 1)


@pytest.mark.parametrize(
    "query",
    [
        "from=x",
        "to=0",
        "kind=other",
        "order=geom",
        "limit=501",
        "limit=0",
        "offset=-1",
        "bbox=1,2,3",
        "from=1e3",
    ],
)
def test_what_makes_no_sense_is_refused(two_versions, planner, query):
    answer = planner.get(f"{API}rows/?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_the_api_gives_the_area_flow_once_computed(two_versions, planner, monkeypatch):
    answer = planner.get(f"{API}flow/?from=1&to=2").json()
    assert [row["label"] for row in answer["before"]] == ["耕地", "园地"]
    assert [column["class"] for column in answer["after"]] == ["01", "02", "03"]
    assert answer["reconcilable"] is True
    for row, only, total in zip(answer["m2"], answer["only_before"], answer["totals_before"], strict=True):
        assert sum(row) + only == pytest.approx(total, abs=0.01)
    monkeypatch.setattr("layers.changes.flow", None)
    assert planner.get(f"{API}flow/?from=1&to=2").json() == answer


def test_too_large_a_difference_is_no_web_request(two_versions, planner, monkeypatch):
    monkeypatch.setattr(differences, "MAX_OVERLAID", 1)
    refused = planner.get(f"{API}flow/?from=1&to=2")
    assert refused.status_code == 400
    assert "上限" in refused.json()["detail"]
    assert planner.get("/layers/DLTB/differences/?table=flow&format=csv").status_code == 400


# --- who may ------------------------------------------------------------------------------------------


def test_a_staged_version_is_for_those_who_bring_or_approve(two_versions, staged, as_role):
    for role, seen in [
        (Role.PLANNER, 404),
        (Role.SURVEYOR, 200),
        (Role.REVIEWER, 200),
        (Role.ADMINISTRATOR, 200),
    ]:
        client = as_role(role)
        for address in (
            f"{API}?to=3",
            f"{API}rows/?to=3",
            f"{API}flow/?to=3",
            "/layers/DLTB/differences/?to=3",
        ):
            assert client.get(address).status_code == seen, (role, address)
        assert client.get("/tiles/DLTB/changes/2/3/14/13193/6178.mvt").status_code == seen
        numbers = [v.number for v in client.get("/layers/DLTB/differences/").context["pair"].versions]
        assert numbers == ([3, 2, 1] if seen == 200 else [2, 1])


def test_a_confidential_layer_isnt_there_for_others(planner, reviewer):
    published("MI", grid_table(2, 2), secrecy="confidential")
    published("MI", grid_table(3, 3))
    addresses = [
        "/layers/MI/differences/",
        "/api/v1/layers/MI/differences/",
        "/api/v1/layers/MI/differences/rows/",
        "/api/v1/layers/MI/differences/flow/",
        "/tiles/MI/changes/1/2/14/13193/6178.mvt",
    ]
    for address in addresses:
        assert reviewer.get(address).status_code == 200, address
        assert planner.get(address).status_code == 404, address
    assert reviewer.get(addresses[-1])["Cache-Control"] == "private, no-cache"


# --- tiles --------------------------------------------------------------------------------------------


def test_a_tile_comes_compressed_and_may_be_kept(two_versions, planner):
    address = "/tiles/DLTB/changes/1/2/12/3298/1541.mvt"
    first = planner.get(address, headers={"accept-encoding": "gzip"})
    assert first.status_code == 200
    assert first["Content-Encoding"] == "gzip"
    plain = planner.get(address)
    assert b"attributes" in plain.content
    assert "immutable" in plain["Cache-Control"]
    assert planner.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304


def test_a_staged_versions_tile_is_asked_for_each_time(two_versions, staged, reviewer):
    answer = reviewer.get("/tiles/DLTB/changes/2/3/12/3298/1541.mvt")
    assert answer["Cache-Control"] == "private, no-cache"
    assert b"removed" in answer.content


@pytest.mark.parametrize("place", ["23/0/0", "3/8/0", "x/0/0", "3/0/-1"])
def test_there_is_no_such_tile(two_versions, planner, place):
    assert planner.get(f"/tiles/DLTB/changes/1/2/{place}.mvt").status_code == 400


# --- the page -----------------------------------------------------------------------------------------


def test_the_page_tells_what_changed(two_versions, planner):
    page = planner.get("/layers/DLTB/differences/?from=1&to=2")
    text = page.content.decode()
    for words in (
        "国土调查地类图斑版本差异",
        "K0002",
        "图形变化",
        "属性变化",
        "林地",
        "QSXZ",
        "<del>20</del>",
    ):
        assert words in text
    assert page.context["total"] == 5
    config = json.loads(
        text.split('<script id="differences" type="application/json">')[1].split("</script>")[0]
    )
    assert config["tiles"] == "/tiles/DLTB/changes/1/2/{z}/{x}/{y}.mvt"
    assert config["before"]["tile_url"] == "/tiles/DLTB/1/{z}/{x}/{y}.mvt"


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("kind=removed", ["K0008"]),
        ("class=03", ["K0002"]),
        ("class=nonsense&kind=nonsense&sort=nonsense&page=99", ["K0001", "K0002", "K0003", "K0008", "NEW"]),
        ("sort=-difference", ["NEW", "K0002", "K0003", "K0001", "K0008"]),
        ("kind=added&class=02", []),
    ],
)
def test_the_page_filters_and_orders(two_versions, planner, query, keys):
    page = planner.get(f"/layers/DLTB/differences/?from=1&to=2&{query}")
    assert [row["change"].key for row in page.context["rows"]] == keys


def test_the_page_has_pages(planner):
    published("DLTB", grid_table(12, 10))
    published("DLTB", grid_table(1, 1))
    first = planner.get("/layers/DLTB/differences/")
    assert (first.context["total"], len(first.context["rows"])) == (119, 50)
    last = planner.get("/layers/DLTB/differences/?page=3")
    assert [len(last.context["rows"]), last.context["page"].number] == [19, 3]


def test_the_downloads_have_every_row_and_no_formula(two_versions, planner):
    text = planner.get("/layers/DLTB/differences/?from=1&to=2&format=csv&kind=attributes").content
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert [row["要素标识"] for row in rows] == ["K0002", "K0003"]
    assert rows[0]["现类别"] == "林地"
    assert "QSXZ: 20 → =1+1" in rows[1]["变化字段"]
    assert planner.get("/layers/DLTB/differences/?format=xlsx").content[:2] == b"PK"


def test_the_matrix_downloads_and_adds_up(two_versions, planner):
    text = planner.get("/layers/DLTB/differences/?from=1&to=2&format=csv&table=flow").content.decode(
        "utf-8-sig"
    )
    header, *rows = csv.reader(io.StringIO(text))
    assert header == [
        "原类别 \\ 现类别",
        "01 耕地",
        "02 园地",
        "03 林地",
        "仅在原版本",
        "残差（含取整）",
        "合计",
    ]
    numbers = [[float(cell or 0) for cell in row[1:]] for row in rows]
    for row in numbers[:-2]:
        assert sum(row[:-1]) == pytest.approx(row[-1], abs=1e-6)
    for column in range(3):
        assert sum(row[column] for row in numbers[:-1]) == pytest.approx(numbers[-1][column], abs=1e-6)


def test_more_than_a_spreadsheet_holds_is_refused(two_versions, planner, monkeypatch):
    monkeypatch.setattr(differences, "MAX_EXPORTED", 4)
    refused = planner.get("/layers/DLTB/differences/?format=csv")
    assert refused.status_code == 400
    assert "5 处变化" in refused.content.decode()


def test_one_version_alone_has_nothing_to_be_compared_with(planner):
    published("DLTB")
    page = planner.get("/layers/DLTB/differences/")
    assert page.status_code == 200
    assert "只有一个版本" in page.content.decode()


def test_overlapping_features_have_no_matrix_to_download(planner):
    published("DLTB", grid_table(2, 1, geometries=[square(0, 0), square(0.5, 0)]))
    published("DLTB", grid_table(2, 1, geometries=[square(0, 0), square(0.4, 0)]))
    refused = planner.get("/layers/DLTB/differences/?format=csv&table=flow")
    assert refused.status_code == 400
    assert "重叠" in refused.content.decode()
    answer = planner.get("/api/v1/layers/DLTB/differences/flow/").json()
    assert (answer["reconcilable"], answer["m2"]) == (False, None)


def test_a_raster_has_no_tiles_of_its_differences(planner):
    Layer.objects.filter(code="DLTB").update(kind="raster")
    assert planner.get("/tiles/DLTB/changes/1/2/14/13193/6166.mvt").status_code == 404


def test_a_raster_has_two_pictures_and_no_features(planner):
    published("DLTB")
    published("DLTB", grid_table(1, 1))
    Layer.objects.filter(code="DLTB").update(kind="raster")
    assert "卷帘" in planner.get("/layers/DLTB/differences/").content.decode()
    assert planner.get(API).status_code == 400


def test_what_is_kept_of_a_flow_belongs_to_its_contents(two_versions, planner):
    before = planner.get(f"{API}flow/?from=1&to=2").json()
    published("DLTB", grid_table(3, 3))
    assert planner.get(f"{API}flow/?from=1&to=3").json()["m2"] != before["m2"]
    cache.clear()
    assert planner.get(f"{API}flow/?from=1&to=2").json()["m2"] == before["m2"]
