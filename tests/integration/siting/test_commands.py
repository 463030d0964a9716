"""The command-line contract: JSON, words and exit codes."""

from __future__ import annotations

import io
import json

import pytest
import shapely
from django.core.management import call_command

from tests.factories import land

pytestmark = pytest.mark.django_db
HEADER = (
    "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=37\n精度=0.001\n"
    "[地块坐标]\n"
)


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "site.geojson"
    path.write_text(json.dumps(shapely.geometry.mapping(land.SITE)))
    return path


def _run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(*arguments, stdout=out, stderr=err)
    return ended.value.code, out.getvalue(), err.getvalue()


def test_json_has_every_key_of_the_contract(tmp_path, file):
    land.publish_land(tmp_path, {"STBHHX": [("R1", "", shapely.box(109.848, 40.60, 109.87, 40.617))]})
    code, out, err = _run("check_site", str(file), "--fact", "intended_use=07", "--json")
    answer = json.loads(out)
    assert (code, err) == (1, "")
    assert answer["verdict"] == "prohibited"
    assert set(answer) >= {
        "verdict", "site", "findings", "present_land", "clear", "not_checked", "facts", "questions", "manifest",
        "digest", "signature",
    }  # fmt: skip
    assert set(answer["site"]) >= {
        "area_m2", "area_mu", "area_ha", "planar_area_m2", "declared_area_m2", "crs", "plots", "warnings",
    }  # fmt: skip
    assert set(answer["findings"][0]) >= {
        "rule", "layer", "severity", "outcome", "area_m2", "share", "length_m", "count", "classes", "basis",
        "authority", "geometry",
    }  # fmt: skip
    assert set(answer["present_land"][0]) == {"code", "name", "group", "area_m2"}
    assert set(answer["manifest"]["DLTB"]) == {"version", "root_hash"}
    rules = [item["rule"] for item in answer["findings"] + answer["not_checked"]] + answer["clear"]
    assert len(rules) == len(set(rules)), "every rule ends in exactly one list"


@pytest.mark.parametrize(
    ("features", "facts", "without", "expected"),
    [
        ({}, ["intended_use=07"], [], 0),
        ({"XZHQ": [("F", "plain", land.SITE)]}, ["intended_use=07"], [], 0),
        ({"LD": [("L", "", land.SITE)]}, ["intended_use=07"], [], 1),
        ({"STBHHX": [("R", "", land.SITE)]}, [], [], 1),
        ({}, [], [], 2),
        ({}, ["intended_use=07"], ["LD"], 2),
    ],
    ids=["clear", "conditional", "restricted", "prohibited", "incomplete-fact", "incomplete-layer"],
)
def test_the_exit_code_tells_the_verdict(tmp_path, file, features, facts, without, expected):
    land.publish_land(tmp_path, features, without=without)
    arguments = [word for fact in facts for word in ("--fact", fact)]
    code, out, _ = _run("check_site", str(file), *arguments)
    assert code == expected
    assert out.startswith("结论：")


def test_words_name_what_was_not_checked(tmp_path, file):
    land.publish_land(tmp_path, without=["LD"])
    _, out, _ = _run("check_site", str(file), "--fact", "intended_use=07")
    assert "未检查（不等于没有冲突）" in out
    assert "forest-land:图层“LD”没有已发布的版本" in out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.txt", None, "missing.txt"),
        ("empty.txt", b"", "空"),
        ("site.txt", (HEADER + "5,0.1,1,甲,面,,,,@\nJ1,1,4497000,xx\n").encode(), "行"),
        ("site.geojson", b'<OGRVRTDataset><OGRVRTLayer name="x"/></OGRVRTDataset>', "site.geojson"),
        ("bow.geojson", json.dumps({"type": "Polygon", "coordinates": [
            [[109.84, 40.61], [109.85, 40.62], [109.85, 40.61], [109.84, 40.62], [109.84, 40.61]]]}).encode(), "交"),
    ],
)  # fmt: skip
def test_an_input_that_cannot_be_used_says_why_and_exits_3(tmp_path, name, content, said):
    land.publish_land(tmp_path)
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    code, out, err = _run("check_site", str(path))
    assert (code, out) == (3, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [["--fact", "x"], ["--fact", "colour=red"], ["--rulebook", "none"], ["--epsg", "x"]]
)
def test_wrong_arguments_exit_3_too(tmp_path, file, arguments):
    land.publish_land(tmp_path)
    code, _, _ = _run("check_site", str(file), *arguments)
    assert code == 3


def test_a_check_is_verified_and_a_changed_file_is_not(tmp_path, file):
    land.publish_land(tmp_path)
    _, out, _ = _run("check_site", str(file), "--fact", "intended_use=07", "--json")
    saved = tmp_path / "check.json"
    saved.write_text(out)
    said = io.StringIO()
    call_command("verify_check", str(saved), "--recompute", stdout=said)
    assert "重算一致" in said.getvalue()
    saved.write_text(out.replace('"verdict": "clear"', '"verdict": "conditional"'))
    code, _, err = _run("verify_check", str(saved))
    assert code == 1
    assert "digest" in err


def test_a_line_takes_its_width_and_coordinates_come_by_standard_input(tmp_path, monkeypatch):
    land.publish_land(tmp_path)
    line = tmp_path / "road.geojson"
    line.write_text(json.dumps({"type": "LineString", "coordinates": [[109.845, 40.615], [109.85, 40.615]]}))
    code, out, err = _run("check_site", str(line))
    assert (code, out) == (3, "")
    assert "宽度" in err
    code, out, _ = _run("check_site", str(line), "--width", "20", "--json")
    assert code in (0, 2)
    assert json.loads(out)["site"]["planar_area_m2"] == pytest.approx(20 * 423, rel=0.01)
    pasted = "109°50′42″E 40°36′54″N\n109°51′00″E 40°36′54″N\n109°51′00″E 40°37′08.4″N"
    monkeypatch.setattr("sys.stdin", io.StringIO(pasted))
    code, out, _ = _run("check_site", "-", "--json")
    assert code in (0, 2)
    assert json.loads(out)["site"]["plots"] == 1
