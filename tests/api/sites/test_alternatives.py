"""Alternatives through the API and the page: under one rulebook and one set of layers, weighed, chosen, kept."""

from __future__ import annotations

import csv
import io
import json

import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from openpyxl import load_workbook

from gis_projects.library.actions.sites import state_facts
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.sites.models import Alternative, AlternativeChoice
from gis_projects.sites.queries import alternatives as queries
from gis_projects.trail.models import Step
from layers.models import Layer
from siting import certificates
from siting.models import SiteVersion
from tests.api.conftest import geojson, signed_in
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory

pytestmark = pytest.mark.django_db

FARM = shapely.box(109.835, 40.60, 109.8365, 40.65)
WEST = shapely.box(109.836, 40.615, 109.838, 40.617)  # a quarter of it on basic farmland
MIDDLE = shapely.box(109.842, 40.615, 109.844, 40.617)
LONG = shapely.box(109.848, 40.6150, 109.854, 40.6156)


@pytest.fixture
def ground(published_land):
    land.publish_layer("YJJBNT", [("F1", "", FARM)])
    land.publish_layer("DL", [("D1", "county", shapely.LineString([(109.845, 40.59), (109.845, 40.65)]))])


def _send(client, method, url, data):
    return getattr(client, method)(url, json.dumps(data), content_type="application/json")


def _address(project, what=""):
    return f"/api/v1/projects/{project.pk}/alternatives/{what}"


def _add(client, project, name, polygon, **more):
    return _send(client, "post", _address(project), {"name": name, "geometry": geojson(polygon), **more})


@pytest.fixture
def three(ground, planner, project):
    for name, polygon in (("西", WEST), ("中", MIDDLE), ("长", LONG)):
        assert _add(planner, project, name, polygon).status_code == 201
    return project


def table(client, project):
    answer = client.get(_address(project))
    assert answer.status_code == 200
    return answer.json()


def test_all_are_compared_under_the_same_layers_and_rules(three, planner):
    found = table(planner, three)
    assert [row["name"] for row in found["rows"]] == ["西", "中", "长"]
    assert found["stale"] == []
    rows = Alternative.objects.filter(project=three)
    assert len({json.dumps(queries.manifest_of(row), sort_keys=True) for row in rows}) == 1
    assert all(certificates.verify(row.document) == [] for row in rows)
    verdicts = {row["name"]: row["verdict"] for row in found["rows"]}
    assert verdicts["西"] == "prohibited"
    cells = {row["name"]: {cell["criterion"]: cell for cell in row["cells"]} for row in found["rows"]}
    part = shapely.intersection(WEST, FARM).area / WEST.area
    assert cells["西"]["basic_farmland"]["share"] == pytest.approx(part, rel=1e-4)
    assert cells["中"]["basic_farmland"]["value"] == 0
    assert cells["中"]["slope"]["value"] == 2.0
    metres = 0.001 * 111_320 * 0.7592  # a thousandth of a degree at 40.616° N
    assert cells["中"]["roads"]["value"] == pytest.approx(metres, rel=5e-3)
    assert cells["中"]["water"]["value"] is None  # there is no such layer
    assert cells["中"]["water"]["score"] is None
    assert "SX" in cells["中"]["water"]["reason"]
    assert cells["长"]["compactness"]["value"] < 0.4 < cells["中"]["compactness"]["value"]


def test_what_is_prohibited_ranks_last_whatever_it_scores(three, planner):
    weights = dict.fromkeys((c["code"] for c in table(planner, three)["criteria"]), 0) | {"compactness": 1}
    assert _send(planner, "put", _address(three, "weights/"), {"weights": weights}).status_code == 200
    found = table(planner, three)
    ranks = {row["name"]: (row["rank"], row["score"]) for row in found["rows"]}
    assert ranks["西"][0] == 3
    assert ranks["西"][1] > ranks["长"][1]
    assert ranks["中"][0] == 1


def test_a_newer_layer_makes_the_table_stale_until_all_are_checked_again(three, planner):
    land.publish_layer("YJJBNT", [("F1", "", MIDDLE)])
    assert [text for text in table(planner, three)["stale"] if "YJJBNT" in text]
    refused = _send(
        planner, "post", _address(three, "choice/"),
        {"alternative": Alternative.objects.get(name="中").pk, "reason": "条件最好，离路近"},
    )  # fmt: skip
    assert refused.status_code == 400
    assert "choice-stale" in {error["code"] for error in refused.json()["errors"]}
    assert _send(planner, "post", _address(three, "recheck/"), {}).json() == {"checked": 3}
    found = table(planner, three)
    assert found["stale"] == []
    assert {row["name"]: row["verdict"] for row in found["rows"]}["中"] == "prohibited"


def test_adding_one_under_newer_layers_checks_the_others_again(three, planner):
    land.publish_layer("YJJBNT", [("F1", "", MIDDLE)])
    assert _add(planner, three, "四", shapely.box(109.87, 40.62, 109.872, 40.622)).status_code == 201
    found = table(planner, three)
    assert found["stale"] == []
    assert {row["name"]: row["verdict"] for row in found["rows"]}["中"] == "prohibited"


def test_facts_that_were_stated_later_make_the_table_stale(three, planner):
    planner_user = User.objects.get(username="planner")
    state_facts(by=planner_user, project=_sited(three, planner), facts={"intended_use": "07"})
    assert any("事实" in text for text in table(planner, three)["stale"])


def _sited(project, client):
    _send(client, "post", f"/api/v1/projects/{project.pk}/site-versions/", {"geometry": geojson(MIDDLE)})
    project.refresh_from_db()
    return project


def test_the_choice_becomes_a_boundary_and_keeps_all_that_was_known(three, planner):
    row = Alternative.objects.get(name="中")
    reason = "离路近，不占耕地"
    before = table(planner, three)
    answer = _send(planner, "post", _address(three, "choice/"), {"alternative": row.pk, "reason": reason})
    assert answer.status_code == 201, answer.content
    choice = AlternativeChoice.objects.get(pk=answer.json()["id"])
    version = SiteVersion.objects.get(pk=answer.json()["site_version"])
    three.refresh_from_db()
    assert three.site.current == version
    assert version.declared == row.declared
    assert choice.snapshot["chosen"] == "中"
    assert choice.snapshot["manifest"] == queries.manifest_of(row)
    assert [entry["digest"] for entry in choice.snapshot["alternatives"]] == [
        alternative["digest"] for alternative in before["alternatives"]
    ]
    assert [entry["rank"] for entry in choice.snapshot["alternatives"]] == [r["rank"] for r in before["rows"]]
    step = Step.objects.get(verb="sites.choose_alternative")
    assert step.data["sha256"] == choice.sha256
    page = planner.get(f"/projects/{three.pk}/alternatives/").content.decode()
    assert reason in page
    assert choice.sha256 in page
    # The drafts may go; what was compared stays, and nobody changes it.
    planner.delete(f"/api/v1/alternatives/{row.pk}/")
    assert AlternativeChoice.objects.get().snapshot == choice.snapshot
    with pytest.raises(DatabaseError), transaction.atomic():
        AlternativeChoice.objects.update(reason="改了")
    with pytest.raises(DatabaseError), transaction.atomic():
        AlternativeChoice.objects.all().delete()


@pytest.mark.parametrize("reason", ["", "   ", "短"])
def test_a_choice_without_a_reason_is_refused(three, planner, reason):
    row = Alternative.objects.get(name="中")
    answer = _send(planner, "post", _address(three, "choice/"), {"alternative": row.pk, "reason": reason})
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {"reason"}
    assert not SiteVersion.objects.exists()


def test_there_is_no_choice_of_one(ground, planner, project):
    row = _add(planner, project, "独", MIDDLE).json()
    answer = _send(
        planner, "post", _address(project, "choice/"), {"alternative": row["id"], "reason": "只有这一个方案"}
    )
    assert {error["code"] for error in answer.json()["errors"]} == {"choice-of-one"}


def test_boundaries_come_from_files_saved_versions_and_drawings(ground, planner, project):
    file = SimpleUploadedFile("界线.geojson", json.dumps(geojson(MIDDLE)).encode())
    assert planner.post(_address(project), {"name": "文件", "file": file}).status_code == 201
    _sited(project, planner)
    version = project.site.current
    assert (
        _send(planner, "post", _address(project), {"name": "复制", "site_version": version.pk}).status_code
        == 201
    )
    sources = dict(Alternative.objects.values_list("name", "source"))
    assert sources == {"文件": "file", "复制": "copied"}
    other = ProjectFactory(region=RegionFactory(code="150207"))
    answer = _send(planner, "post", _address(other), {"name": "别人的", "site_version": version.pk})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": "甲"}, "geometry"),
        ({"name": " ", "geometry": geojson(MIDDLE)}, "name"),
        ({"name": "x" * 61, "geometry": geojson(MIDDLE)}, "name"),
        ({"name": "西", "geometry": geojson(MIDDLE)}, "name"),
        ({"name": "乙", "geometry": {"type": "Point", "coordinates": [1, 2]}}, None),
    ],
)
def test_what_can_not_be_added_is_refused_with_its_field(three, planner, data, field):
    answer = _send(planner, "post", _address(three), data)
    assert answer.status_code == 400
    if field is not None:
        assert field in {error["field"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    "weights", [{"slope": -1}, {"slope": 101}, {"gold": 1}, {"slope": "x"}, {"slope": None}, dict.fromkeys(
        ("verdict", "prohibited", "restricted", "conditional", "cropland", "basic_farmland", "slope", "roads", "water",
         "area", "compactness"), 0)],
)  # fmt: skip
def test_weights_that_can_not_be_used_are_refused(three, planner, weights):
    answer = _send(planner, "put", _address(three, "weights/"), {"weights": weights})
    assert answer.status_code == 400
    assert (
        _send(planner, "put", _address(three, "weights/"), {"weights": {}, "required_m2": -5}).status_code
        == 400
    )


def test_no_more_than_twelve(ground, planner, project):
    for number in range(12):
        west = 109.85 + number * 0.003
        assert (
            _add(planner, project, str(number), shapely.box(west, 40.62, west + 0.001, 40.621)).status_code
            == 201
        )
    assert _add(planner, project, "十三", MIDDLE).status_code == 400


def test_the_table_as_a_spreadsheet_says_the_same(three, planner):
    found = table(planner, three)
    book = planner.get(f"/projects/{three.pk}/alternatives/?format=xlsx")
    rows = list(load_workbook(io.BytesIO(book.content)).active.iter_rows(values_only=True))
    assert rows[0][3:] == ("西", "中", "长")
    by_name = {row[0]: row for row in rows}
    assert by_name["名次"][3:] == tuple(row["rank"] for row in found["rows"])
    assert by_name["总分"][3:] == tuple(round(row["score"], 4) for row in found["rows"])
    text = planner.get(f"/projects/{three.pk}/alternatives/?format=csv").content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == len(rows)


def test_a_confidential_layers_content_stays_with_those_who_may_read_it(three, planner):
    Layer.objects.filter(code="YJJBNT").update(secrecy="confidential", name="某设施保护区")
    land.publish_layer("YJJBNT", [("SECRET-9", "", FARM)])
    page = planner.get(f"/projects/{three.pk}/alternatives/").content.decode()
    assert "某设施保护区" not in page
    assert "有涉密图层已更新" in page
    _send(planner, "post", _address(three, "recheck/"), {})
    for row in Alternative.objects.filter(project=three):
        one = planner.get(f"/api/v1/alternatives/{row.pk}/").content.decode()
        assert "SECRET-9" not in one
    found = table(planner, three)
    west = next(entry for entry in found["alternatives"] if entry["name"] == "西")
    assert next(item for item in west["findings"] if item["layer"] == "YJJBNT")["geometry"] is None
    reviewer = signed_in(Role.REVIEWER, "150200", username="reader")
    seen = reviewer.get(_address(three)).json()["alternatives"]
    assert next(item for item in seen[0]["findings"] if item["layer"] == "YJJBNT")["geometry"] is not None


def test_who_may_not_reach_the_project_sees_nothing(three):
    elsewhere = signed_in(Role.PLANNER, "150202", username="elsewhere")
    row = Alternative.objects.first()
    for address in (
        _address(three),
        f"/api/v1/alternatives/{row.pk}/",
        f"/projects/{three.pk}/alternatives/",
    ):
        assert elsewhere.get(address).status_code == 404
    reviewer = signed_in(Role.REVIEWER, "150200", username="reader")
    assert _add(reviewer, three, "新", MIDDLE).status_code == 403
    assert reviewer.delete(f"/api/v1/alternatives/{row.pk}/").status_code == 403


@pytest.mark.parametrize("data", [{"weights": {"slope": 10**400}}, {"weights": {}, "required_m2": 10**400}])
def test_a_number_that_no_double_holds_is_refused(project, planner, data):
    assert _send(planner, "put", _address(project, "weights/"), data).status_code == 400


def test_the_need_is_shown_with_all_its_digits(three, planner):
    weights = {c["code"]: c["weight"] for c in table(planner, three)["criteria"]}
    sent = _send(planner, "put", _address(three, "weights/"), {"weights": weights, "required_m2": 1234567.89})
    assert sent.status_code == 200
    page = planner.get(f"/projects/{three.pk}/alternatives/").content.decode()
    assert 'value="123.456789"' in page, "else the next one to save the weights changes it"


def test_what_is_measured_of_a_confidential_layer_is_withheld(three, planner):
    Layer.objects.filter(code__in=["DLTB", "PD", "DL", "SX"]).update(secrecy="confidential")
    Layer.objects.get_or_create(code="SX", defaults={"name": "某水源", "secrecy": "confidential"})
    measured = ("cropland", "slope", "roads", "water")
    reviewer = signed_in(Role.REVIEWER, "150200", username="reader")
    weights = dict.fromkeys((c["code"] for c in table(planner, three)["criteria"]), 0) | {"slope": 1}
    assert _send(planner, "put", _address(three, "weights/"), {"weights": weights}).status_code == 200
    shown = {row["name"]: row for row in table(planner, three)["rows"]}
    whole = {row["name"]: row for row in table(reviewer, three)["rows"]}
    for name, row in shown.items():
        cells = {cell["criterion"]: cell for cell in row["cells"]}
        for code in measured:
            assert (cells[code]["value"], cells[code]["score"], cells[code]["share"]) == (None, None, None)
            assert cells[code]["withheld"], code
            assert "SX" not in cells[code]["reason"], "nor why it could not be measured"
        assert row["score"] == 0, "a sum of one part would be the part"
        assert cells["basic_farmland"]["value"] is not None, "as a finding says to everybody"
        assert whole[name]["score"] > 0
    assert {c["criterion"]: c for c in whole["中"]["cells"]}["slope"]["value"] == 2.0
    rows = list(csv.reader(io.StringIO(
        planner.get(f"/projects/{three.pk}/alternatives/?format=csv").content.decode("utf-8-sig")
    )))  # fmt: skip
    slope = next(row for row in rows if row[0] == "平均坡度")
    assert slope[3:] == ["不予显示"] * 3
