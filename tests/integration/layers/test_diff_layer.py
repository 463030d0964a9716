"""`manage.py diff_layer`: the differences of two versions for programs, for a terminal and for a spreadsheet."""

from __future__ import annotations

import csv
import json

import pytest
from django.core.management import CommandError, call_command

from layers.loading import stage
from layers.models import Layer
from tests.factories.layers import REGION, grid_table, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def two():
    published("L", grid_table(3, 3), class_names={"01": "耕地", "02": "园地"})
    published("L", grid_table(3, 3, class_codes=["03", *(["01" if n % 2 else "02" for n in range(1, 9)])]))


def run(capsys, *arguments: str) -> str:
    call_command("diff_layer", *arguments)
    return capsys.readouterr().out


def test_json_counts_and_names_both_versions(two, capsys):
    answer = json.loads(run(capsys, "L", "1", "2", "--json"))
    assert {name: answer[name] for name in ("added", "removed", "changed", "attributes", "unchanged")} == {
        "added": 0, "removed": 0, "changed": 1, "attributes": 1, "unchanged": 8,
    }  # fmt: skip
    assert (answer["layer"], answer["from"]["number"], answer["to"]["number"]) == ("L", 1, 2)
    assert "flow" not in answer
    assert "changes" not in answer


def test_json_with_matrix_and_rows(two, capsys):
    answer = json.loads(run(capsys, "L", "1", "2", "--json", "--matrix", "--rows"))
    assert [row["class"] for row in answer["flow"]["after"]] == ["01", "02", "03"]
    moved = answer["flow"]["m2"][1][2]
    assert moved == pytest.approx(answer["changes"][0]["area_before"], abs=0.01)
    assert answer["changes"][0]["fields"] == [{"name": "class_code", "before": "02", "after": "03"}]


def test_a_terminal_gets_tables(two, capsys):
    text = run(capsys, "L", "1", "2", "--matrix", "--rows")
    assert "第 1 版 → 第 2 版" in text
    assert "属性变化" in text
    assert "02 园地" in text
    lines = text.split("只列有变化的类别）\n")[1].splitlines()
    assert [line.split()[0] for line in lines] == ["原类别", "02", "仅在现版本", "残差（含取整）", "合计"]
    assert "01" not in lines[0], "this class neither lost nor gained"


def test_csv_for_a_spreadsheet(two, capsys, tmp_path):
    path = tmp_path / "changes.csv"
    run(capsys, "L", "1", "2", "--csv", str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["要素标识"], row["变化"], row["原类别代码"], row["现类别代码"]) for row in rows] == [
        ("K0000", "属性变化", "02", "03")
    ]


def test_a_staged_version_can_be_asked_for(two, capsys):
    layer = Layer.objects.get(code="L")
    stage(layer, grid_table(1, 1), coverage=REGION)
    assert json.loads(run(capsys, "L", "2", "3", "--json"))["removed"] == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("NONE", "1", "2"), "NONE"),
        (("L", "1", "7"), "第 7 版"),
        (("L", "1", "2", "--csv", "/nowhere/changes.csv"), "/nowhere"),
    ],
)
def test_what_can_t_be_done_is_said_in_one_line(two, arguments, words):
    with pytest.raises(CommandError, match=words) as refused:
        call_command("diff_layer", *arguments)
    assert "\n" not in str(refused.value)
    assert refused.value.returncode == 1


def test_a_raster_can_t_be_compared_feature_by_feature(two):
    Layer.objects.update(kind="raster")
    with pytest.raises(CommandError, match="栅格"):
        call_command("diff_layer", "L", "1", "2")
