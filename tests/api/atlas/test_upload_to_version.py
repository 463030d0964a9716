"""From a file to a version in force: looked at, asked about, staged, let through by a second person."""

from __future__ import annotations

import hashlib
import json
import threading
import time

import numpy as np
import pytest
import rasterio
import shapely
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections

from gis_projects.atlas import jobs, upload_files
from gis_projects.atlas.actions import staging, uploads
from gis_projects.atlas.models import Publication, Upload
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Job, Step
from layers import queries
from layers.loading import stage
from layers.models import Feature, Layer, LayerVersion, Status
from layers.progress import Phase
from tests.api.atlas.uploading import ANSWERS, begin, part, whole, work
from tests.factories.files import zipped_shapefile
from tests.factories.layers import REGION, LayerFactory, grid_table, published, square

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.UPLOAD_ROOT = tmp_path / "uploads"


@pytest.fixture
def surveyor(as_role):
    return as_role(Role.SURVEYOR)


@pytest.fixture
def layer():
    published("GRID", grid_table(2, 2), name="网格")
    return Layer.objects.get(code="GRID")


def told(client, upload):
    return client.get(upload["url"]).json()


def answer(client, upload, **answers):
    return client.post(f"{upload['url']}answers/", answers, content_type="application/json")


def act(client, number, verb, reason="", code="GRID"):
    url = f"/api/v1/layers/{code}/versions/{number}/{verb}/"
    return client.post(url, {"reason": reason}, content_type="application/json")


def meanwhile(act_):
    """Do it over a connection of its own, as another request would."""

    def run():
        try:
            act_()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.fixture
def staged(surveyor, layer, tmp_path):
    """Version 2 of GRID, brought by the surveyor, waits."""
    path = zipped_shapefile(tmp_path / "GRID.zip", [square(i, 1) for i in range(3)])
    upload = whole(surveyor, path, layer="GRID", answers=ANSWERS)
    work()
    upload = told(surveyor, upload)
    assert upload["state"] == "staged", upload
    return upload


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


def test_the_pages_say_what_the_layers_ask_to_be_said(staged, surveyor, reviewer):
    Layer.objects.update(notice="演示数据，非真实界线")
    cache.clear()
    for client, page in (
        (surveyor, staged["page"]),
        (surveyor, "/layers/uploads/"),
        (reviewer, staged["version_page"]),
    ):
        assert "演示数据，非真实界线" in client.get(page).content.decode()


def test_nothing_changes_for_others_before_the_second_person(staged, surveyor, planner, reviewer):
    assert queries.current()["GRID"].number == 1
    assert [row["number"] for row in planner.get("/api/v1/layers/GRID/versions/").json()] == [1]
    assert [row["number"] for row in reviewer.get("/api/v1/layers/GRID/versions/").json()] == [2, 1]
    for path in (
        "/layers/GRID/versions/2/",
        "/api/v1/layers/GRID/versions/2/",
        "/tiles/GRID/2/14/13193/6178.mvt",
    ):
        assert planner.get(path).status_code == 404
        assert reviewer.get(path).status_code == 200
        assert surveyor.get(path).status_code == 200


def test_who_brought_it_cannot_let_it_through(layer, as_role, tmp_path):
    admin = as_role(Role.ADMINISTRATOR)
    whole(admin, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    work()
    answered = act(admin, 2, "publish", "我自己来")
    assert (answered.status_code, "不同的人" in answered.json()["detail"]) == (403, True)
    page = admin.get("/layers/GRID/versions/2/").content.decode()
    assert 'value="publish"' not in page
    assert 'value="send_back"' in page
    assert admin.post("/layers/GRID/versions/2/", {"step": "publish"}).status_code == 403
    assert LayerVersion.objects.get(number=2).status == Status.STAGED


def test_a_planner_decides_nothing(staged, planner):
    for verb in ("publish", "send-back"):
        assert act(planner, 2, verb, "x").status_code == 404
    assert act(planner, 1, "withdraw", "x").status_code == 403


@pytest.mark.parametrize(
    ("outcome", "reason", "code"),
    [("pass", "", 200), ("reason", "", 400), ("reason", "已核实", 200), ("refuse", "x", 400)],
)
def test_the_quality_decides(staged, reviewer, outcome, reason, code):
    because = [{"code": "x", "template": "重叠 %(n)d 处", "params": {"n": 3}}]
    LayerVersion.objects.filter(number=2).update(
        quality={"outcome": outcome, "because": because, "counts": {}}
    )
    answered = act(reviewer, 2, "publish", reason)
    assert answered.status_code == code
    if code == 400:
        assert "重叠 3 处" in json.dumps(answered.json(), ensure_ascii=False)
        assert queries.current()["GRID"].number == 1
    else:
        assert Publication.objects.get(number=2).reason == reason


def test_sent_back_with_its_reason_it_may_be_answered_anew(staged, surveyor, reviewer):
    assert act(reviewer, 2, "send-back").status_code == 400
    assert act(reviewer, 2, "send-back", "年份不对").status_code == 204
    upload = told(surveyor, staged)
    assert upload["state"] == "refused"
    assert "年份不对" in upload["messages"][0]
    assert not LayerVersion.objects.filter(number=2).exists()
    assert Step.objects.get(verb="atlas.send_back_layer").data["reason"] == "年份不对"
    assert answer(surveyor, staged, source_date="2025-01-01").json()["state"] == "staging"
    work()
    assert told(surveyor, staged)["state"] == "staged"
    assert str(LayerVersion.objects.get(number=2).source_date) == "2025-01-01"


def test_of_two_who_decide_one_is_told(staged, reviewer):
    assert act(reviewer, 2, "publish").status_code == 200
    late = act(reviewer, 2, "send-back", "不要")
    assert (late.status_code, late["Content-Type"]) == (409, "application/problem+json")
    assert act(reviewer, 2, "publish").status_code == 409
    assert reviewer.post("/layers/GRID/versions/2/", {"step": "publish"}).status_code == 409
    assert Publication.objects.filter(number=2).count() == 1


def test_two_decide_in_the_same_moment(staged, as_role, reviewer):
    other = as_role(Role.ADMINISTRATOR)
    reviewer.raise_request_exception = other.raise_request_exception = False
    at_once, codes = threading.Barrier(2), []

    def decide(client):
        try:
            at_once.wait(10)
            codes.append(act(client, 2, "publish", "同意").status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=[client]) for client in (reviewer, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 409]
    assert Step.objects.filter(verb="atlas.publish_layer", subject="layers.version:GRID@2").count() == 1


def test_publishing_and_cancelling_do_not_wait_for_each_other(staged, surveyor, reviewer, monkeypatch):
    """Who publishes holds the publication before the upload; so must who cancels, or one of the two breaks off."""
    surveyor.raise_request_exception = reviewer.raise_request_exception = False
    codes, holds, locked = {}, threading.Event(), uploads._locked

    def slowly(by, key):
        row = locked(by, key)
        holds.set()
        time.sleep(0.5)  # so that the other one comes in between, whatever it waits for
        return row

    monkeypatch.setattr(uploads, "_locked", slowly)

    def cancel():
        try:
            codes["cancel"] = surveyor.delete(staged["url"]).status_code
        finally:
            connections.close_all()

    thread = threading.Thread(target=cancel)
    thread.start()
    assert holds.wait(10)
    codes["publish"] = act(reviewer, 2, "publish").status_code
    thread.join()
    assert codes == {"cancel": 200, "publish": 409}
    assert not LayerVersion.objects.filter(number=2).exists()


def test_a_right_that_went_before_the_work_began_stages_nothing(layer, surveyor, tmp_path):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "a.zip"), layer="GRID", answers=ANSWERS)
    User.objects.update(is_active=False)
    work()
    assert Upload.objects.get(pk=upload["uuid"]).state == "refused"
    assert not LayerVersion.objects.filter(number=2).exists()


def test_what_failed_is_staged_anew_by_the_new_answers(layer, surveyor, tmp_path, monkeypatch):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "a.zip"), layer="GRID", answers=ANSWERS)
    with monkeypatch.context() as broken:
        broken.setattr(staging, "staged", lambda *args, **more: 1 / 0)
        work()
    assert told(surveyor, upload)["state"] == "failed"
    assert not LayerVersion.objects.filter(number=2).exists()
    answer(surveyor, upload, source_date="2024-02-03")
    work()
    assert told(surveyor, upload)["state"] == "staged"
    assert str(LayerVersion.objects.get(number=2).source_date) == "2024-02-03"


def test_another_uploads_unsaid_version_is_not_taken_over(layer, surveyor, tmp_path):
    """Of the same file, staged by a process that was killed, with who knows which answers."""
    path = zipped_shapefile(tmp_path / "a.zip")
    stage(layer, path, coverage=REGION)
    LayerVersion.objects.filter(number=2).update(source_sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    upload = whole(surveyor, path, layer="GRID", answers=ANSWERS)
    work()
    assert told(surveyor, upload)["state"] == "refused"
    assert not Publication.objects.filter(number=2).exists()


def test_a_second_file_for_the_layer_is_told_of_the_first(staged, surveyor, tmp_path):
    second = whole(surveyor, zipped_shapefile(tmp_path / "b.zip"), layer="GRID", answers=ANSWERS)
    work()
    second = told(surveyor, second)
    assert second["state"] == "refused"
    assert "待发布" in second["messages"][0]
    surveyor.delete(staged["url"])
    assert surveyor.post(f"{second['url']}retry/").json()["state"] == "staging"
    work()
    assert told(surveyor, second)["state"] == "staged"


def test_cancelling_a_staged_one_takes_the_version_out(staged, surveyor):
    assert surveyor.delete(staged["url"]).json()["state"] == "cancelled"
    assert list(LayerVersion.objects.values_list("number", flat=True)) == [1]
    assert not Publication.objects.filter(number=2).exists()
    assert Step.objects.filter(verb="atlas.cancel_layer").exists()


def test_cancelling_while_it_is_staged_leaves_nothing(surveyor, layer, tmp_path, monkeypatch):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    watched = jobs.Watch.__call__

    def cancel_on_the_way(self, phase, done, total):
        if phase == Phase.QUALITY:
            meanwhile(lambda: surveyor.delete(upload["url"]))
        watched(self, phase, done, total)

    monkeypatch.setattr(jobs.Watch, "__call__", cancel_on_the_way)
    work()
    assert told(surveyor, upload)["state"] == "cancelled"
    assert list(LayerVersion.objects.values_list("number", flat=True)) == [1]
    assert not upload_files.folders()
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_cancelling_just_after_it_was_staged_leaves_nothing(surveyor, layer, tmp_path, monkeypatch):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    said = staging.staged

    def too_late(key, version, **more):
        meanwhile(lambda: surveyor.delete(upload["url"]))
        return said(key, version, **more)

    monkeypatch.setattr(staging, "staged", too_late)
    work()
    assert told(surveyor, upload)["state"] == "cancelled"
    assert list(LayerVersion.objects.values_list("number", flat=True)) == [1]


def test_a_file_that_is_none_is_refused_with_its_reason(surveyor, layer, tmp_path):
    path = tmp_path / "GRID.zip"
    path.write_bytes(b"%PDF-1.7 nothing here")
    upload = whole(surveyor, path, layer="GRID")
    work()
    upload = told(surveyor, upload)
    assert upload["state"] == "refused"
    assert "PDF" in upload["messages"][0]
    page = surveyor.get(upload["page"])
    assert (page.status_code, "PDF" in page.content.decode()) == (200, True)


def test_other_bytes_than_were_announced_are_refused(surveyor, layer, tmp_path):
    path = zipped_shapefile(tmp_path / "GRID.zip")
    upload = whole(surveyor, path, layer="GRID", sha256="0" * 64)
    work()
    assert "SHA-256" in told(surveyor, upload)["messages"][0]


def test_a_failure_says_what_to_do_and_may_be_tried_again(surveyor, layer, tmp_path, monkeypatch):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    with monkeypatch.context() as patch:
        patch.setattr(jobs.loading, "stage", lambda *_, **__: 1 / 0)
        work()
    failed = told(surveyor, upload)
    assert (failed["state"], "重试" in failed["messages"][0]) == ("failed", True)
    with monkeypatch.context() as patch:

        def no_room(*_, **__):
            raise OSError(28, "No space left on device")

        patch.setattr(jobs.loading, "stage", no_room)
        surveyor.post(f"{upload['url']}retry/")
        work()
    assert "磁盘空间不足" in told(surveyor, upload)["messages"][0]
    assert surveyor.post(f"{upload['url']}retry/").status_code == 200
    work()
    assert told(surveyor, upload)["state"] == "staged"


def test_progress_shows_while_it_works(surveyor, layer, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(jobs, "EVERY", 0.0)
    watched = staging.progressed

    def noted(key, **how):
        watched(key, **how)
        row, job = Upload.objects.get(pk=key), Job.objects.get(state="running")
        seen.append((row.phase, row.percent, job.progress))

    monkeypatch.setattr(staging, "progressed", noted)
    whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    work()
    assert seen[0][0] == "inspecting"
    assert "reading" in [phase for phase, _, _ in seen]
    (rows,) = {len(surveyor.get("/api/v1/jobs/").json())}
    assert rows == Job.objects.count() >= 2
    assert "GRID.zip" in surveyor.get("/jobs/").content.decode()


def test_withdrawing_is_brought_by_one_and_let_through_by_another(staged, surveyor, reviewer, as_role):
    act(reviewer, 2, "publish")
    first = LayerVersion.objects.get(number=1)
    assert act(surveyor, 2, "withdraw").status_code == 400
    assert act(surveyor, 1, "withdraw", "错了").status_code == 409  # not in force
    answered = act(surveyor, 2, "withdraw", "错了")
    assert (answered.status_code, answered.json()["number"], answered.json()["withdraws"]) == (201, 3, 2)
    assert queries.current()["GRID"].number == 2
    assert act(surveyor, 3, "publish").status_code == 403
    assert act(reviewer, 3, "publish").status_code == 200
    assert queries.current()["GRID"].root_hash == first.root_hash
    assert [step.verb for step in Step.objects.filter(subject="layers.version:GRID@3")] == [
        "atlas.request_withdrawal", "atlas.withdraw_layer",
    ]  # fmt: skip
    page = reviewer.get("/layers/GRID/versions/3/").content.decode()
    assert "批准撤回" in page


def test_a_confidential_layers_versions_are_nowhere(as_role, tmp_path, planner):
    LayerFactory(code="JM", name="涉密网格", secrecy="confidential")
    surveyor = as_role(Role.SURVEYOR)
    upload = whole(
        surveyor,
        zipped_shapefile(tmp_path / "x.zip"),
        layer="JM",
        answers={**ANSWERS, "coverage": "features"},
    )
    work()
    assert told(surveyor, upload)["state"] == "staged"
    reviewer = as_role(Role.REVIEWER)
    assert "涉密网格" in reviewer.get("/layers/uploads/").content.decode()
    for path in (
        "/layers/JM/versions/1/", "/layers/JM/versions/1/quality.csv", "/api/v1/layers/JM/versions/",
        "/api/v1/layers/JM/versions/1/", "/api/v1/layers/JM/versions/1/findings/",
    ):  # fmt: skip
        assert planner.get(path).status_code == 404
        assert reviewer.get(path).status_code == 200


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


def test_tidying_gives_up_what_nobody_went_on_with(surveyor, layer, tmp_path, settings, capsys):
    path = zipped_shapefile(tmp_path / "GRID.zip")
    old = begin(surveyor, path).json()
    part(surveyor, old["url"], 0, path.read_bytes()[:100])
    fresh = begin(surveyor, path).json()
    part(surveyor, fresh["url"], 0, path.read_bytes()[:100])
    stray = upload_files.folder("00000000-0000-0000-0000-000000000000")
    stray.mkdir(parents=True)
    lost = whole(surveyor, path, layer="GRID")
    Job.objects.update(state="failed", finished_at=Job.objects.get().created_at)
    Upload.objects.filter(pk=old["uuid"]).update(changed_at="2026-01-01T00:00Z")
    call_command("tidy", "--json")
    counts = json.loads(capsys.readouterr().out)
    assert counts["uploads"] == {"expired": 1, "stranded": 1, "folders": 2, "bytes": 100}
    assert told(surveyor, old)["state"] == "cancelled"
    assert told(surveyor, lost)["state"] == "failed"
    assert not stray.exists()
    assert {str(key) for key in upload_files.folders()} == {fresh["uuid"], lost["uuid"]}
    call_command("tidy")
    assert "0 份过期" in capsys.readouterr().out
