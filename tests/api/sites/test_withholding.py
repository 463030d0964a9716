"""What a check tells of a confidential layer, on each of its faces: the finding, and nothing of the layer."""

from __future__ import annotations

import io
import json

import pytest
import shapely
from pypdf import PdfReader

from gis_projects.people.permissions import Role
from gis_projects.sites.withholding import for_reader
from layers.models import Layer
from siting import certificates
from tests.api.conftest import geojson, signed_in
from tests.factories import land
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db

SECRET = shapely.box(109.848, 40.617, 109.852, 40.620)
NAME, CLASS_NAME, KEY = "某某设施保护范围", "禁止建设带", "KEY-77"
HIDDEN_WORDS = (NAME, CLASS_NAME, KEY)


@pytest.fixture
def check(published_land, project):
    """A check that hits a confidential layer."""
    Layer.objects.filter(code="WWBH").update(
        name=NAME, secrecy="confidential", class_names={"protection": CLASS_NAME}, notice="涉密声明"
    )
    land.publish_layer("WWBH", [(KEY, "protection", SECRET)])
    planner = signed_in(Role.PLANNER, username="drawer")
    saved = _post(planner, f"/api/v1/projects/{project.pk}/site-versions/", {"geometry": geojson()}).json()
    return _post(planner, f"/api/v1/site-versions/{saved['id']}/checks/", {}).json()["id"]


@pytest.fixture
def reviewer(db):
    return signed_in(Role.REVIEWER, "150200", username="reviewer")


def _post(client, url, data):
    return client.post(url, json.dumps(data), content_type="application/json")


def _of(document, layer="WWBH"):
    return [finding for finding in document["findings"] if finding["layer"] == layer]


def _faces(client, check) -> dict[str, str]:
    pdf = PdfReader(io.BytesIO(client.get(f"/checks/{check}/report.pdf").content))
    return {
        "page": client.get(f"/checks/{check}/").content.decode(),
        "evidence": client.get(f"/checks/{check}/check.json").content.decode(),
        "api": client.get(f"/api/v1/checks/{check}/").content.decode(),
        "pdf": "".join(page.extract_text() for page in pdf.pages),
        "preview": _post(client, "/api/v1/checks/preview/", {"geometry": geojson()}).content.decode(),
    }


def test_no_face_tells_a_planner_what_is_the_layers_own(check, planner):
    root = Layer.objects.get(code="WWBH").versions.get(status="published").root_hash
    for face, text in _faces(planner, check).items():
        for word in (*HIDDEN_WORDS, root, "109.848", "涉密声明"):
            assert word not in text, f"{face} tells {word}"
        assert "本检查用到涉密图层" in text.replace("\n", ""), face


def test_who_may_read_the_layer_reads_all_of_it(check, reviewer):
    root = Layer.objects.get(code="WWBH").versions.get(status="published").root_hash
    faces = _faces(reviewer, check)
    for face in ("page", "pdf", "preview"):
        assert NAME in faces[face], face
    for face in ("evidence", "api"):
        assert all(word in faces[face] for word in (CLASS_NAME, KEY, root, "109.848")), face
        assert certificates.verify(json.loads(faces[face])) == []
        assert "withheld" not in json.loads(faces[face])


def test_the_finding_stays_with_its_weight(check, planner, reviewer):
    whole = reviewer.get(f"/api/v1/checks/{check}/").json()
    shown = planner.get(f"/api/v1/checks/{check}/").json()
    assert _of(whole)
    for part, full in zip(_of(shown), _of(whole), strict=True):
        for name in ("rule", "severity", "outcome", "area_m2", "share", "basis", "authority"):
            assert part[name] == full[name], name
        assert (part["geometry"], part["features"], part["classes"]) == (None, [], [])
    for name in ("verdict", "clear", "present_land", "boundary", "facts", "digest"):
        assert shown[name] == whole[name], name
    assert shown["withheld"] == ["WWBH"]
    assert "signature" not in shown, "it is not what was signed"
    assert set(whole["manifest"]) - set(shown["manifest"]) == {"WWBH"}


def test_a_confidential_layer_that_was_not_asked_keeps_its_reason(published_land, planner):
    Layer.objects.filter(code="WWBH").update(name=NAME, secrecy="confidential")
    land.publish_layer("WWBH", [], coverage=shapely.box(109.80, 40.58, 109.81, 40.59))
    answer = _post(planner, "/api/v1/checks/preview/", {"geometry": geojson()})
    check = answer.json()["check"]
    assert check["verdict"] == "incomplete", "not checked is never clear"
    reasons = [item["reason"]["text"] for item in check["not_checked"] if item["layer"] == "WWBH"]
    assert reasons == ["所用图层涉密，未检查的原因不予显示"] * len(reasons) != []
    assert NAME not in answer.content.decode()


def test_a_confidential_survey_is_in_no_table(published_land, planner):
    Layer.objects.filter(code="DLTB").update(secrecy="confidential")
    answer = _post(planner, "/api/v1/checks/preview/", {"geometry": geojson()}).json()
    assert answer["check"]["present_land"] is None
    assert "DLTB" not in answer["layers"]
    snap = planner.get("/api/v1/snap/?bbox=109.84,40.61,109.86,40.63").json()
    assert snap["features"] == []


def test_a_finding_names_no_feature_that_could_not_be_overlaid(check, planner, reviewer):
    whole = reviewer.get(f"/api/v1/checks/{check}/").json()
    finding = next(entry for entry in whole["findings"] if entry["layer"] == "WWBH")
    why = {"code": "features-failed", "text": KEY, "template": "%(keys)s", "params": {"keys": KEY}}
    document = {**whole, "findings": [{**finding, "reason": why}]}
    may = user_of(Role.REVIEWER, username="may")
    may_not = user_of(Role.PLANNER, username="may-not")
    assert KEY in json.dumps(for_reader(may, document), ensure_ascii=False)
    shown = for_reader(may_not, document)
    assert shown["findings"][0]["reason"]["code"] == "layer-withheld"
    assert KEY not in json.dumps(shown, ensure_ascii=False)
