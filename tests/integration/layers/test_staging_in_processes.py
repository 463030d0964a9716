"""Many features by several processes: the same version as by one, and nothing of it when one is stopped or dies."""

import os
import signal
import threading

import numpy as np
import pytest
import shapely
from django.db import connection, connections

from layers import locks, queries
from layers.loading import load, stage, tidy, vector, workers
from layers.locks import Lock
from layers.models import Feature, FeaturePiece, Layer, LayerVersion, QualityFinding
from layers.notices import UnusableLayer
from layers.progress import Cancelled, Phase
from layers.publishing import discard, publish
from layers.table import Table
from tests.factories.layers import REGION, LayerFactory, grid_table, square

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def many(monkeypatch):
    """A hundred features are many here."""
    monkeypatch.setattr(vector, "SEVERAL_FROM", 100)
    monkeypatch.setattr(vector, "BATCH", 50)


def varied() -> Table:
    """Repeated keys, in one batch and far apart, no keys, equal features, a big one, a bow-tie and a missing one."""
    count = 400
    shapes = [square(i % 20, i // 20) for i in range(count)]
    shapes[7] = shapely.buffer(shapely.Point(109.9, 40.6), 0.05, quad_segs=100)
    shapes[8] = shapely.Polygon([(110, 40), (110.01, 40.01), (110.01, 40), (110, 40.01)])
    shapes[9] = None
    shapes[11] = shapes[10]
    shapes[390] = shapes[10]
    keys = [f"K{i:04d}" for i in range(count)]
    for i in (10, 11, 390):
        keys[i] = ""
    for i in (20, 21, 22, 380, 381):
        keys[i] = "X"
    keys[200], keys[300] = "X#2", "X#2"
    return Table(
        geometries=np.array(shapes, dtype=object), keys=keys, class_codes=["01"] * count,
        names=[f"图斑{i}" for i in range(count)], attributes={"n": np.arange(count) % 7}, source_name="varied",
    )  # fmt: skip


def shuffled(table: Table, seed: int) -> Table:
    order = np.random.default_rng(seed).permutation(len(table))
    return Table(
        geometries=table.geometries[order], keys=np.asarray(table.keys)[order],
        class_codes=np.asarray(table.class_codes)[order], names=np.asarray(table.names)[order],
        attributes={name: values[order] for name, values in table.attributes.items()},
    )  # fmt: skip


def nothing_left(layer: Layer) -> bool:
    return not (
        LayerVersion.objects.filter(layer=layer, status__in=("staging", "staged")).exists()
        or Feature.objects.filter(layer=layer, first_version__gt=1).exists()
        or Feature.objects.filter(layer=layer, last_version__isnull=False).exists()
        or QualityFinding.objects.filter(version__layer=layer, version__number__gt=1).exists()
    )


def test_the_same_version_whatever_writes_it_and_in_whatever_order(monkeypatch):
    table = varied()
    reports = [load(LayerFactory(code="A"), table, coverage=REGION)]
    reports.append(load(LayerFactory(code="B"), shuffled(table, 1), coverage=REGION))
    monkeypatch.setattr(vector, "SEVERAL_FROM", 1000)
    reports.append(load(LayerFactory(code="C"), shuffled(table, 2), coverage=REGION))
    assert len({report.root_hash for report in reports}) == 1
    assert {(r.features, r.added, r.repaired, r.rejected) for r in reports} == {(399, 399, 1, 1)}
    for code in "ABC":
        rows = Feature.objects.filter(layer__code=code)
        keys = set(rows.values_list("key", flat=True))
        assert {key for key in keys if key.startswith("X")} == {
            "X",
            "X#2",
            "X#2#2",
            "X#3",
            "X#4",
            "X#5",
            "X#6",
        }
        assert len(keys) == rows.count() == 399
        assert not any(key < " " for key in keys)
        assert {piece.feature.key for piece in FeaturePiece.objects.filter(layer__code=code)} == {"K0007"}
        assert queries.verify(queries.current([code])[code]).intact


@pytest.mark.parametrize("several", [True, False])
def test_what_has_not_changed_is_shared_also_where_keys_repeat(monkeypatch, several):
    layer = LayerFactory(code="A")
    table = varied()
    first = load(layer, table, coverage=REGION)
    monkeypatch.setattr(vector, "SEVERAL_FROM", 100 if several else 1000)
    again = load(layer, shuffled(table, 3), coverage=REGION)
    assert (again.unchanged, again.added, again.removed, again.changed) == (399, 0, 0, 0)
    assert again.root_hash == first.root_hash
    assert not Feature.objects.exclude(first_version=1).exists()
    assert not Feature.objects.filter(last_version__isnull=False).exists()
    # one of the repeated ones goes, another comes
    table.geometries[21], table.geometries[380] = square(30, 30), None
    third = load(layer, shuffled(table, 4), coverage=REGION)
    assert third.features == 398
    for number in (1, 2, 3):
        assert queries.verify(queries.pinned({"A": number})["A"]).intact
    assert discard_of_the_next(layer, table)


def discard_of_the_next(layer: Layer, table: Table) -> bool:
    before = queries.verify(queries.current(["A"])["A"])
    table.geometries[20] = square(31, 31)
    discard(stage(layer, table, coverage=REGION))
    return before == queries.verify(queries.current(["A"])["A"]) and before.intact


def test_a_refusal_comes_out_of_the_processes_as_it_went_in():
    layer = LayerFactory(code="A")
    keys = [f"K{i}" for i in range(400)]
    keys[333] = "x" * 91
    with pytest.raises(UnusableLayer) as refused:
        load(layer, grid_table(20, 20, keys=keys), coverage=REGION)
    assert refused.value.notices[0].code == "text-too-long"
    assert nothing_left(layer)


@pytest.mark.parametrize("phase", [Phase.READING, Phase.WRITING, Phase.QUALITY, Phase.GENERALISING])
def test_who_cancels_leaves_nothing_behind(phase):
    layer = LayerFactory(code="A")
    load(layer, grid_table(), coverage=REGION)

    def cancel(now, done, total):
        if now == phase and (done or phase not in (Phase.READING, Phase.WRITING)):
            raise Cancelled

    with pytest.raises(Cancelled):
        load(layer, grid_table(20, 20), coverage=REGION, progress=cancel)
    assert nothing_left(layer)
    assert queries.verify(queries.current(["A"])["A"]).intact
    assert load(layer, grid_table(20, 20), coverage=REGION).version == 2


def test_a_killed_writer_is_told_and_leaves_nothing(monkeypatch):
    layer = LayerFactory(code="A")
    load(layer, grid_table(), coverage=REGION)
    started = []
    real = workers._Worker.__init__

    def remember(self, errand):
        real(self, errand)
        started.append(self.pid)

    monkeypatch.setattr(workers._Worker, "__init__", remember)

    def kill(phase, done, total):
        if phase == Phase.WRITING and done:
            os.kill(started[0], signal.SIGKILL)

    with pytest.raises(workers.WorkerDied):
        load(layer, grid_table(30, 30), coverage=REGION, progress=kill)
    assert nothing_left(layer)


def test_of_two_publications_at_once_one_wins_and_the_other_is_told():
    layer = LayerFactory(code="A")
    load(layer, grid_table(), coverage=REGION)
    begin = threading.Barrier(2, timeout=30)
    ended: dict[str, object] = {}

    def publish_one(name, columns):
        met = False

        def together(phase, done, total):
            nonlocal met
            if phase == Phase.QUALITY and not met:  # the winner holds on until the other has tried
                met = True
                begin.wait()

        try:
            if name == "second":
                begin.wait()
            ended[name] = load(layer, grid_table(columns, 20), coverage=REGION, progress=together)
        except UnusableLayer as refused:
            ended[name] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=publish_one, args=pair) for pair in (("first", 20), ("second", 25))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert ended["first"].version == 2
    assert {notice.code for notice in ended["second"].notices} <= {"version-on-its-way", "version-waiting"}
    assert LayerVersion.objects.filter(layer=layer).count() == 2
    assert queries.verify(queries.current(["A"])["A"]).intact


def test_of_two_who_publish_one_staged_version_one_wins():
    layer = LayerFactory(code="A")
    version = stage(layer, grid_table(), coverage=REGION)
    ended = []
    begin = threading.Barrier(4, timeout=30)

    def one():
        try:
            begin.wait()
            ended.append(publish(version).version)
        except UnusableLayer as refused:
            ended.append(refused.notices[0].code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(map(str, ended)) == ["1", *["version-not-staged"] * 3]


def test_a_waiting_version_refuses_the_next():
    layer = LayerFactory(code="A")
    version = stage(layer, grid_table(20, 20), coverage=REGION)
    assert version.status == "staged"
    with pytest.raises(UnusableLayer) as refused:
        stage(layer, grid_table(), coverage=REGION)
    assert refused.value.notices[0].code == "version-waiting"
    discard(version)
    assert not Feature.objects.filter(layer=layer).exists()
    assert stage(layer, grid_table(), coverage=REGION).number == 1


def test_what_is_being_staged_is_neither_tidied_nor_discarded():
    layer = LayerFactory(code="A")
    seen = []

    def look(phase, done, total):
        if phase == Phase.QUALITY and not seen:
            seen.append("looked")
            thread = threading.Thread(target=meddle)
            thread.start()
            thread.join(timeout=30)

    def meddle():
        try:
            seen.append(tidy()["versions"])
            discard(LayerVersion.objects.get(layer=layer))
        except UnusableLayer as refused:
            seen.append(refused.notices[0].code)
        finally:
            connections.close_all()

    load(layer, grid_table(20, 20), coverage=REGION, progress=look)
    assert seen == ["looked", 0, "version-being-staged"]


def test_a_dead_staging_is_taken_away_by_the_next():
    layer = LayerFactory(code="A")
    load(layer, grid_table(), coverage=REGION)
    dead = half_staged(layer)
    report = load(layer, grid_table(4, 4), coverage=REGION)
    assert (report.version, report.features) == (2, 16)
    assert not LayerVersion.objects.filter(pk=dead.pk).exists()
    assert queries.verify(queries.current(["A"])["A"]).intact


def test_tidy_takes_a_dead_staging_away():
    layer = LayerFactory(code="A")
    load(layer, grid_table(), coverage=REGION)
    half_staged(layer)
    assert tidy() == {"versions": 1, "files": 0}
    assert nothing_left(layer)
    assert tidy()["versions"] == 0


def half_staged(layer: Layer) -> LayerVersion:
    """What a process leaves that is killed after its first batches."""

    def fail(*_, **__):
        raise RuntimeError("stop here")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector, "_finished", fail)
        patch.setattr(vector, "discard", lambda version: None)
        with pytest.raises(RuntimeError):
            stage(layer, grid_table(20, 20), coverage=REGION)
    version = LayerVersion.objects.get(layer=layer, status="staging")
    assert Feature.objects.filter(layer=layer, first_version=version.number).count() > 300
    return version


def test_the_layers_staging_is_free_again_after_every_end():
    layer = LayerFactory(code="A")
    load(layer, grid_table(20, 20), coverage=REGION)
    with pytest.raises(UnusableLayer):
        load(layer, Table(geometries=np.array([None] * 300, dtype=object)), coverage=REGION)
    free = []

    def ask():
        free.append(locks.take(Lock.STAGING, layer.pk))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(timeout=30)
    assert free == [True]
