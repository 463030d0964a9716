"""`check_batch`: every feature of a file is answered, with one digest whoever does the work."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pyogrio.raw
import pytest
import shapely
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.utils import timezone

import layers.queries
from siting import checks
from siting.boundaries import from_drawing
from siting.documents import canonical, document
from siting.engine import batch as worker
from siting.engine import snapshots
from siting.engine.coverage import covers
from siting.rulebook import in_force
from tests.factories import land
from tests.factories.many_sites import USES, shapes, varied_ground, write_sites

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.LOCAL_DIR = tmp_path / "local"


def check(file, tmp_path, *arguments):
    """Run the command; its answer, and the rows of its Parquet."""
    told = StringIO()
    call_command("check_batch", file, "--json", "--out", tmp_path / "out", *arguments, stdout=told)
    answer = json.loads(told.getvalue())
    return answer, pq.read_table(answer["parquet"]).to_pylist()


def sites_file(folder, count=40, driver="GPKG", suffix="gpkg"):
    uses = [USES[number % 3].get("intended_use", "") for number in range(count)]
    fact = "intended_u" if suffix == "shp" else "intended_use"  # its names have ten characters at most
    columns = {"site_id": [f"S{number:03d}" for number in range(count)], fact: uses}
    return write_sites(folder / f"sites.{suffix}", shapes(count), columns, driver=driver)


def test_a_batch_says_of_each_site_what_its_check_says(tmp_path):
    varied_ground(tmp_path)
    answer, rows = check(sites_file(tmp_path), tmp_path, "--engine", "serial")

    rulebook = in_force("default", timezone.localdate())
    versions = layers.queries.current(checks.codes(rulebook))
    digests = {}
    for number, shape in enumerate(shapes(40)):
        facts = {name: value for name, value in USES[number % 3].items() if name == "intended_use"}
        drawn = from_drawing(json.loads(shapely.to_geojson(shape)))
        result = document(checks.run(drawn, facts=facts, rulebook=rulebook, versions=versions))
        digests[f"S{number:03d}"] = (result["verdict"], result["findings"], result["not_checked"])
    found = {row["site"]: row for row in rows}
    assert sorted(found) == sorted(digests)
    for site, (verdict, findings, open_) in digests.items():
        own = [row for row in rows if row["site"] == site]
        assert {row["verdict"] for row in own} == {verdict}
        listed = [
            (row["rule"], row["area_m2"], row["share"]) for row in own if row["outcome"] in ("hit", "suspect")
        ]
        assert listed == [(item["rule"], item["area_m2"], item["share"]) for item in findings]
        assert [row["rule"] for row in own if row["outcome"] == "not_checked"] == [i["rule"] for i in open_]
    assert answer["checked"] == 40
    assert sum(answer["verdicts"].values()) == 40
    assert answer["refused"] == []


def test_the_digest_of_a_site_is_that_of_its_document(tmp_path):
    varied_ground(tmp_path)
    _, rows = check(sites_file(tmp_path, 6), tmp_path, "--engine", "serial")
    rulebook = in_force("default", timezone.localdate())
    versions = layers.queries.current(checks.codes(rulebook))
    from siting import batch
    from siting.engine.boundary import build

    file = batch.read_sites(tmp_path / "sites.gpkg", rulebook, facts={})
    for task in file.tasks:
        result = checks.run(build(task.declared), facts=task.facts, rulebook=rulebook, versions=versions)
        text = canonical(document(result))
        digest = hashlib.sha256(text.encode()).hexdigest()
        assert {row["digest"] for row in rows if row["site"] == task.id} == {digest}


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_processes_give_the_digest_of_one(tmp_path, workers):
    varied_ground(tmp_path)
    file = sites_file(tmp_path, 70)
    serial, rows = check(file, tmp_path, "--engine", "serial")
    several, same = check(file, tmp_path, "--engine", "processes", "--workers", str(workers))
    assert several["digest"] == serial["digest"]
    assert same == rows


@pytest.mark.parametrize("kind", ["GeoJSON", "Parquet", "ESRI Shapefile"])
def test_other_formats_give_the_same_answers(tmp_path, kind):
    varied_ground(tmp_path)
    _, expected = check(sites_file(tmp_path, 12), tmp_path, "--engine", "serial")
    suffix = {"GeoJSON": "geojson", "Parquet": "parquet", "ESRI Shapefile": "shp"}[kind]
    file = sites_file(tmp_path, 12, kind, suffix)
    if suffix == "shp":
        file = tmp_path / "sites.zip"
        with zipfile.ZipFile(file, "w") as archive:
            for part in tmp_path.glob("sites.*"):
                if part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                    archive.write(part, part.name)
    _, rows = check(file, tmp_path, "--engine", "serial", *(["--id", "site_id"] if suffix != "shp" else []))
    keys = ("site", "rule", "outcome", "verdict")
    assert [[row[key] for key in keys] for row in rows] == [[row[key] for key in keys] for row in expected]


def test_bad_rows_are_told_and_none_is_lost(tmp_path):
    varied_ground(tmp_path)
    good = land.SITE
    bow_tie = shapely.Polygon([(109.84, 40.61), (109.85, 40.62), (109.85, 40.61), (109.84, 40.62)])
    rows = [
        ("A", good, "07"), ("B", None, "07"), ("C", bow_tie, "07"), ("D", shapely.box(2, 48, 2.1, 48.1), "07"),
        ("E", shapely.Point(109.84, 40.61), "07"), ("", good, "07"), ("F", good, "colour"), ("G", good, "07"),
        ("G", good, "07"), ("H", shapely.LineString([(109.84, 40.61), (109.85, 40.62)]), ""),
    ]  # fmt: skip
    file = write_sites(
        tmp_path / "sites.gpkg",
        [row[1] for row in rows],
        {"site_id": [row[0] for row in rows], "intended_use": [row[2] for row in rows]},
    )
    answer, table = check(file, tmp_path, "--engine", "serial")
    assert (answer["sites"], answer["checked"]) == (10, 1)
    told = {row["feature"]: row["reasons"][0]["code"] for row in answer["refused"]}
    assert told == {
        2: "no-polygon", 3: told[3], 4: "coordinate-out-of-range", 5: "not-a-polygon", 6: "id-empty",
        7: "fact-value", 8: "id-repeated", 9: "id-repeated", 10: "width-not-given",
    }  # fmt: skip
    assert "cross" in told[3], "a ring that crosses itself, by the engine's own words"
    assert {row["feature"] for row in table} == set(range(1, 11))
    assert {row["outcome"] for row in table if row["feature"] in told} == {"unusable"}
    geopackage = pyogrio.raw.read(answer["geopackage"], layer="sites")
    assert len(geopackage[2]) == 10


def test_the_geopackage_holds_what_the_parquet_holds(tmp_path):
    varied_ground(tmp_path)
    answer, rows = check(sites_file(tmp_path, 15), tmp_path, "--engine", "serial")
    meta, _, geometries, columns = pyogrio.raw.read(answer["geopackage"], layer="findings")
    named = dict(zip(meta["fields"], columns, strict=True))
    assert meta["crs"] == "EPSG:4490"
    assert named["rule"].tolist() == [row["rule"] for row in rows]
    assert [None if np.isnan(a) else a for a in named["area_m2"]] == [row["area_m2"] for row in rows]
    for mine, theirs in zip(geometries, rows, strict=True):
        assert (mine is None) == (theirs["geometry"] is None)
        if mine is not None:
            assert shapely.equals(shapely.from_wkb(mine), shapely.from_wkb(theirs["geometry"]))
    stored = json.loads(pq.read_schema(answer["parquet"]).metadata[b"batch"])
    assert stored["digest"] == answer["digest"]


def test_attributes_that_rules_filter_on_travel_with_the_files(tmp_path):
    """The second default rulebook filters on attributes; a field that no feature has answers like the live check."""
    varied_ground(tmp_path)
    rulebook = in_force("default", timezone.localdate())
    versions = layers.queries.current(checks.codes(rulebook))
    from siting.batch import export, partitions

    path = export(versions["DLTB"], tmp_path / "files", fields=["KCXS", "ZLDWMC"])
    pieces = partitions.read(path)
    assert sorted(pieces.attributes) == ["KCXS", "ZLDWMC"]
    assert len(pieces.attributes["KCXS"]) == len(pieces.keys)
    assert path != export(versions["DLTB"], tmp_path / "files")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--id", "nothing"], "nothing"),
        (["--facts", "colour=red"], "colour"),
        (["--facts", "colour"], "NAME=VALUE"),
        (["--engine", "serial", "--scheduler", "tcp://127.0.0.1:1"], "--scheduler"),
        (["--rulebook", "nowhere"], "nowhere"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(tmp_path, arguments, word):
    varied_ground(tmp_path)
    with pytest.raises(CommandError) as refusal:
        check(sites_file(tmp_path, 2), tmp_path, *arguments)
    assert word in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_none_is_refused(tmp_path):
    land.publish_land(tmp_path)
    (tmp_path / "sites.gpkg").write_bytes(b"SQLite format 3\0 and nothing more")
    with pytest.raises(CommandError) as refusal:
        check(tmp_path / "sites.gpkg", tmp_path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("suffix", [".parquet", ".tif", ".wkb", "snapshot-*.json"])
def test_a_file_of_the_snapshot_that_was_altered_is_refused(tmp_path, suffix):
    varied_ground(tmp_path)
    file = sites_file(tmp_path, 3)
    folder = tmp_path / "files"
    check(file, tmp_path, "--engine", "serial", "--snapshot", folder)
    altered = next(folder.glob(suffix if "*" in suffix else f"*{suffix}"))
    content = bytearray(altered.read_bytes())
    content[len(content) // 2] ^= 1
    altered.unlink()  # the raster is linked: its original stays as it is
    altered.write_bytes(content)
    worker._opened.cache_clear()  # as in a new process
    if (
        suffix == "snapshot-*.json"
    ):  # it is written anew by each batch, so a worker is asked for the altered one
        from siting.engine.snapshots import DamagedSnapshot

        with pytest.raises(DamagedSnapshot):
            worker.judge_block(worker.BlockTask(str(folder), altered.name, ()))
        return
    with pytest.raises(CommandError, match="altered"):
        check(file, tmp_path, "--engine", "serial", "--snapshot", folder)


_WITHOUT_DJANGO = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("django", "layers", "gis_projects", "psycopg2"):
            raise ImportError(f"a worker imports no {name}")
sys.meta_path.insert(0, Refusing())
import pickle
from siting.engine.batch import judge_block
answer = judge_block(pickle.load(sys.stdin.buffer))
print(*(site.digest for site in answer.sites))
"""


def test_a_worker_needs_only_the_files_and_no_django(tmp_path):
    varied_ground(tmp_path)
    import pickle

    from siting import batch
    from siting.engine import pools  # noqa: F401 (read-only mappings can be pickled)

    rulebook = in_force("default", timezone.localdate())
    versions = layers.queries.current(checks.codes(rulebook))
    path = batch.snapshot(rulebook, versions, tmp_path / "files")
    tasks = batch.read_sites(sites_file(tmp_path, 5), rulebook, facts={}).tasks
    block = worker.BlockTask(str(path.parent), path.name, tasks)
    expected = [site.digest for site in worker.judge_block(block).sites]
    moved = (tmp_path / "files").rename(tmp_path / "another machine's folder")
    alone = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DJANGO],
        input=pickle.dumps(block), capture_output=True, check=True, cwd=ROOT,
        env={"PATH": os.environ["PATH"], worker.FOLDER_VARIABLE: str(moved)},
    )  # fmt: skip
    assert alone.stdout.decode().split() == expected


class _Killer:
    """Kills one child process when the first answers are there."""

    def __init__(self):
        self.killed = None

    def __call__(self, done, of):
        if done == 0 or self.killed is not None:
            return
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        spawned = [pid for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]
        self.killed = int(spawned[0])
        os.kill(self.killed, signal.SIGKILL)


def test_a_worker_that_is_killed_costs_no_answer(tmp_path, caplog):
    varied_ground(tmp_path)
    from siting import batch

    rulebook = in_force("default", timezone.localdate())
    versions = layers.queries.current(checks.codes(rulebook))
    sites = batch.read_sites(sites_file(tmp_path, 320), rulebook, facts={})
    given = {"rulebook": rulebook, "versions": versions, "folder": tmp_path / "files"}
    expected = batch.run(sites, **given)
    killer = _Killer()
    found = batch.run(sites, **given, engine=batch.Engine.PROCESSES, workers=2, told=killer)
    assert killer.killed is not None
    assert "a process died" in caplog.text
    assert found.digest == expected.digest
    assert len(found.answers) == 320


def test_coverage_is_judged_as_the_database_judges_it(tmp_path):
    """The rule stands on two floors: a worker has no `layers`, and `layers` may not look up to the engine."""
    varied_ground(tmp_path)
    west_half = shapely.box(land.WEST, land.SOUTH, 109.85, land.NORTH)
    land.publish_layer("WWBH", [], coverage=west_half)
    versions = layers.queries.current()
    coverage = layers.queries.coverages(versions)
    rim = [shapely.box(109.84, 40.60, 109.85 + beyond, 40.61) for beyond in (0, 5e-8, 2e-7, 1e-3)]
    answers = set()
    for shape in [*shapes(60), *rim]:
        ours = {code: covers(coverage[code], shape) for code in versions}
        assert ours == layers.queries.covers(versions, shape)
        answers |= set(ours.values())
    assert answers == {True, False}


def test_the_default_folder_of_files_is_the_platforms_own(tmp_path):
    varied_ground(tmp_path)
    check(sites_file(tmp_path, 2), tmp_path, "--engine", "serial")
    assert list((Path(django_settings.LOCAL_DIR) / "snapshots").glob("DLTB-*.parquet"))


def test_two_batches_may_write_the_same_snapshot_at_once(tmp_path, monkeypatch):
    rulebook = in_force_book()
    one = snapshots.Snapshot({}, rulebook)
    replace = Path.replace

    def other_meanwhile(draft, target):
        monkeypatch.setattr(Path, "replace", replace)
        monkeypatch.setattr(os, "getpid", lambda: 1)
        assert one.write(tmp_path) == target
        return draft.replace(target)

    monkeypatch.setattr(Path, "replace", other_meanwhile)
    path = one.write(tmp_path)
    assert snapshots.Snapshot.from_text(path.read_text(encoding="utf-8")).book == rulebook
    assert [found.name for found in tmp_path.iterdir() if found.suffix == ".part"] == []


def in_force_book():
    return snapshots.Book("default", 1, "0" * 64, dt.date(2026, 1, 1), (), ())
