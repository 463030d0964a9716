"""The command and the action behind it: two persons, one transaction, one clear line where it is refused."""

import json

import numpy as np
import pytest
import shapely
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from gis_projects.atlas.actions import publications as actions
from gis_projects.atlas.actions import versions
from gis_projects.atlas.models import Publication
from gis_projects.trail.models import Step
from layers import queries
from layers.models import Feature, Layer, LayerVersion
from layers.table import Table
from tests.factories.layers import REGION, LayerFactory, grid_table, square
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def surveyor():
    return UserFactory(username="surveyor", roles=["surveyor"])


@pytest.fixture
def reviewer():
    return UserFactory(username="reviewer", roles=["reviewer"])


@pytest.fixture
def redline(tmp_path):
    def written(*shapes, name="redline.geojson"):
        path = tmp_path / name
        features = [
            {
                "type": "Feature",
                "properties": {"BSM": f"R{i}", "name": "红线"},
                "geometry": shapely.geometry.mapping(s),
            }
            for i, s in enumerate(shapes)
        ]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path

    return written


def run(*arguments, **options):
    call_command("load_layer", *map(str, arguments), **options)


def test_a_file_becomes_a_layer(surveyor, reviewer, redline, capsys):
    run("STBHHX", redline(square(0, 0), square(5, 5)), "--by", "surveyor", "--approved-by", "reviewer", "--create",
        "--name", "生态保护红线", "--theme", "三区三线", "--json")  # fmt: skip
    report = json.loads(capsys.readouterr().out)
    assert list(report) == [
        "layer", "version", "features", "added", "removed", "changed", "unchanged", "repaired", "rejected",
        "root_hash", "seconds", "quality",
    ]  # fmt: skip
    assert (report["layer"], report["version"], report["features"], report["added"]) == ("STBHHX", 1, 2, 2)
    layer = Layer.objects.get()
    assert (layer.name, layer.theme) == ("生态保护红线", "三区三线")
    assert queries.current()["STBHHX"].root_hash == report["root_hash"]


def test_the_next_version_needs_no_create_and_says_what_changed(surveyor, reviewer, redline, capsys):
    both = ("--by", "surveyor", "--approved-by", "reviewer")
    run("A", redline(square(0, 0), square(5, 5)), *both, "--create")
    run("A", redline(square(0, 0), square(5, 6), square(8, 8)), *both, "--json")
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    counts = (report["version"], report["added"], report["changed"], report["unchanged"], report["removed"])
    assert counts == (2, 1, 1, 1, 0)


def test_both_persons_stand_in_the_publication_and_in_the_trail(surveyor, reviewer, redline):
    run(
        "A",
        redline(square(0, 0)),
        "--by",
        "surveyor",
        "--approved-by",
        "reviewer",
        "--create",
        "--reason",
        "年度更新",
    )
    publication = Publication.objects.get()
    assert (publication.uploader, publication.approver, publication.reason) == (
        surveyor,
        reviewer,
        "年度更新",
    )
    assert (publication.layer, publication.number, publication.version) == (
        "A",
        1,
        LayerVersion.objects.get(),
    )
    step = Step.objects.get(verb="atlas.publish_layer")
    assert step.subject == "layers.version:A@1"
    assert (step.actor, step.data["brought_by"]) == ("reviewer", "surveyor")
    brought = Step.objects.get(verb="atlas.stage_layer")
    assert (brought.actor, brought.subject) == ("surveyor", step.subject)
    assert step.data["root_hash"] == LayerVersion.objects.get().root_hash


def test_a_coverage_file_says_where_the_layer_can_be_asked(surveyor, reviewer, redline):
    run("A", redline(square(0, 0)), "--by", "surveyor", "--approved-by", "reviewer", "--create",
        "--coverage", redline(REGION, name="coverage.geojson"))  # fmt: skip
    assert queries.covers(queries.current(), square(30, 30)) == {"A": True}


def test_without_one_only_the_features_are_covered(surveyor, reviewer, redline, capsys):
    run("A", redline(square(0, 0)), "--by", "surveyor", "--approved-by", "reviewer", "--create")
    assert "未核查" in capsys.readouterr().err
    assert queries.covers(queries.current(), square(0.2, 0.2, 0.005)) == {"A": True}
    assert queries.covers(queries.current(), square(30, 30)) == {"A": False}


def test_repairs_are_told_one_by_one(surveyor, reviewer, redline, capsys):
    bow = shapely.Polygon([(110, 40), (110.01, 40.01), (110.01, 40), (110, 40.01)])
    run("A", redline(square(0, 0), bow), "--by", "surveyor", "--approved-by", "reviewer", "--create")
    out, err = capsys.readouterr()
    assert "修复 1" in out
    assert "R1" in err


@pytest.mark.parametrize(
    ("code", "by", "approved_by", "create", "words"),
    [
        ("A", "surveyor", "surveyor", True, "不同的人"),
        ("A", "reviewer", "surveyor", True, "没有提交"),
        ("A", "surveyor", "planner", True, "没有批准"),
        ("A", "surveyor", "nobody", True, "nobody"),
        ("A", "surveyor", "reviewer", False, "没有代码为 A"),
        ("1 A", "surveyor", "reviewer", True, "以字母开头"),
    ],
)
def test_refusals_keep_nothing(surveyor, reviewer, redline, code, by, approved_by, create, words):
    UserFactory(username="planner", roles=["planner"])
    with pytest.raises(CommandError, match=words) as caught:
        run(code, redline(square(0, 0)), "--by", by, "--approved-by", approved_by, *(["--create"] * create))
    assert caught.value.returncode == 1
    assert "\n" not in str(caught.value)
    assert not Layer.objects.exists()
    assert not Feature.objects.exists()
    assert not Step.objects.filter(verb="atlas.publish_layer").exists()


def test_an_unreadable_file_is_one_line_and_keeps_the_version(surveyor, reviewer, redline, tmp_path):
    both = ("--by", "surveyor", "--approved-by", "reviewer")
    run("A", redline(square(0, 0)), *both, "--create")
    path = tmp_path / "a.zip"
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(CommandError, match="PDF") as caught:
        run("A", path, *both)
    assert "\n" not in str(caught.value)
    with pytest.raises(CommandError, match="不存在"):
        run("A", tmp_path / "none.zip", *both)
    assert queries.current()["A"].number == 1
    assert Publication.objects.count() == 1


def test_the_database_refuses_one_person_for_both(surveyor, reviewer, redline):
    run("A", redline(square(0, 0)), "--by", "surveyor", "--approved-by", "reviewer", "--create")
    with pytest.raises(IntegrityError, match="publication_two_persons"), transaction.atomic():
        Publication.objects.update(approver=surveyor)


def test_a_trail_that_fails_takes_the_publication_with_it(surveyor, reviewer, monkeypatch):
    def fail(**_):
        raise RuntimeError("no trail")

    monkeypatch.setattr(versions, "record", fail)
    with pytest.raises(RuntimeError):
        actions.publish_layer(
            by=surveyor,
            approved_by=reviewer,
            code="A",
            source=grid_table(),
            create={"name": "甲"},
            coverage=REGION,
        )
    assert not Layer.objects.exists()
    assert not LayerVersion.objects.exists()


def test_a_confidential_layer_takes_persons_who_may_know_of_it(reviewer):
    planner = UserFactory(username="someone", roles=["planner"])
    LayerFactory(code="JM", secrecy="confidential")
    with pytest.raises(PermissionDenied):
        actions.publish_layer(
            by=planner, approved_by=reviewer, code="JM", source=grid_table(), coverage=REGION
        )


def test_withdrawing_takes_two_persons_too(surveyor, reviewer):
    both = {"by": surveyor, "approved_by": reviewer}
    first = actions.publish_layer(
        **both, code="A", source=grid_table(), create={"name": "甲"}, coverage=REGION
    )
    actions.publish_layer(**both, code="A", source=Table(geometries=np.array([square(0, 0)], dtype=object)))
    with pytest.raises(PermissionDenied):
        versions.withdraw_layer(by=surveyor, approved_by=surveyor, code="A", reason="错误")
    report = versions.withdraw_layer(**both, code="A", reason="错误")
    assert (report.version, report.root_hash) == (3, first.root_hash)
    assert Publication.objects.get(number=3).reason == "错误"
    assert Step.objects.filter(verb="atlas.withdraw_layer").count() == 1


def test_a_staged_version_waits_for_the_second_person(surveyor, reviewer, redline, capsys):
    run("A", redline(square(0, 0)), "--by", "surveyor", "--stage-only", "--create", "--reason", "年度更新", "--json",
        "--legal-source", "政函〔2026〕1 号", "--valid-from", "2026-01-01", "--valid-to", "2030-12-31")  # fmt: skip
    report = json.loads(capsys.readouterr().out)
    assert (report["version"], report["status"], "outcome" in report["quality"]) == (1, "staged", True)
    assert queries.current() == {}
    surveyor.roles = ["surveyor", "reviewer"]
    surveyor.save()
    with pytest.raises(CommandError, match="不同的人"):
        call_command("publish_layer", "A", "--approved-by", "surveyor", "--reason", "x")
    call_command("publish_layer", "A", "--approved-by", "reviewer", "--reason", "已核对", "--json")
    assert json.loads(capsys.readouterr().out)["version"] == 1
    version = LayerVersion.objects.get()
    assert (version.status, version.legal_source, str(version.valid_to)) == (
        "published", "政函〔2026〕1 号", "2030-12-31",
    )  # fmt: skip
    publication = Publication.objects.get()
    assert (publication.request, publication.reason, publication.approver) == ("年度更新", "已核对", reviewer)
    with pytest.raises(CommandError, match="没有待发布"):
        call_command("publish_layer", "A", "--approved-by", "reviewer")


def test_a_staged_version_may_be_sent_back(surveyor, reviewer, redline, capsys):
    run("A", redline(square(0, 0)), "--by", "surveyor", "--stage-only", "--create")
    assert "等待另一人发布" in capsys.readouterr().out
    with pytest.raises(CommandError, match="理由"):
        call_command("publish_layer", "A", "--approved-by", "reviewer", "--send-back")
    call_command("publish_layer", "A", "--approved-by", "reviewer", "--send-back", "--reason", "范围不对")
    assert not LayerVersion.objects.exists()
    assert not Feature.objects.exists()
    assert Step.objects.get(verb="atlas.send_back_layer").data["reason"] == "范围不对"


def test_quality_asks_for_a_reason_or_refuses_and_keeps_nothing(surveyor, reviewer, redline, capsys):
    both = ("--by", "surveyor", "--approved-by", "reviewer")
    run("A", redline(square(0, 0)), *both, "--create")
    layer = Layer.objects.get()
    layer.thresholds = {"overlap": {"reason": {"count": 1}}}
    layer.save()
    overlapping = redline(square(0, 0), square(0.5, 0), name="overlapping.geojson")
    with pytest.raises(CommandError, match="理由") as caught:
        run("A", overlapping, *both)
    assert "重叠" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert LayerVersion.objects.count() == 1
    run("A", overlapping, *both, "--reason", "两证并存", "--json")
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["quality"]["outcome"] == "reason"
    layer.thresholds = {"overlap": {"refuse": {"count": 1}}}
    layer.save()
    with pytest.raises(CommandError, match="不合格"):
        run("A", redline(square(1, 0), square(1.5, 0)), *both, "--reason", "x")
    assert LayerVersion.objects.count() == 2


def test_a_withdrawal_by_command(surveyor, reviewer, redline, capsys):
    both = ("--by", "surveyor", "--approved-by", "reviewer")
    run("A", redline(square(0, 0)), *both, "--create")
    with pytest.raises(CommandError, match="没有更早"):
        call_command("withdraw_layer", "A", *both, "--reason", "错误")
    run("A", redline(square(3, 3)), *both)
    call_command("withdraw_layer", "A", "--by", "surveyor", "--reason", "错误")
    assert queries.current()["A"].number == 2
    call_command("publish_layer", "A", "--approved-by", "reviewer", "--reason", "同意")
    first, _, third = LayerVersion.objects.order_by("number")
    assert (queries.current()["A"].number, third.root_hash, third.withdraws.number) == (3, first.root_hash, 2)


def test_a_mapping_names_fields_on_both_sides(surveyor, reviewer, redline):
    with pytest.raises(CommandError, match="FIELD=NAME"):
        run(
            "A",
            redline(square(0, 0)),
            "--by",
            "surveyor",
            "--approved-by",
            "reviewer",
            "--create",
            "--mapping",
            "BSM",
        )
