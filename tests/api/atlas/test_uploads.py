"""Files sent in parts: nothing lost, nothing doubled, nobody else's."""

from __future__ import annotations

import csv
import hashlib
import io
import resource
import zlib
from pathlib import Path
from uuid import uuid4

import pytest

from gis_projects.atlas import questions, upload_files
from gis_projects.atlas.models import Upload
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Job
from tests.api.atlas.uploading import begin, part
from tests.factories.layers import LayerFactory
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.UPLOAD_ROOT = tmp_path / "uploads"


@pytest.fixture
def surveyor(as_role):
    return as_role(Role.SURVEYOR)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "DLTB.zip"
    path.write_bytes(bytes(range(256)) * 40)
    return path


def stored(url) -> Path:
    row = Upload.objects.get(pk=url.rstrip("/").rsplit("/", 1)[1])
    return upload_files.path(row.uuid, row.filename)


def test_an_upload_cut_in_the_middle_goes_on_where_it_stood(surveyor, file):
    content = file.read_bytes()
    begun = begin(surveyor, file)
    url = begun.json()["url"]
    assert (begun.status_code, begun["Location"], begun.json()["state"]) == (201, url, "receiving")
    half = part(surveyor, url, 0, content[:5120])
    assert (half.status_code, half["Upload-Offset"]) == (200, "5120")
    # another day, another browser: the page asks where it stands, and whether it has the same file
    head = surveyor.head(url)
    assert (head["Upload-Offset"], head["Upload-Length"]) == ("5120", "10240")
    (listed,) = surveyor.get("/api/v1/uploads/").json()
    assert listed["crc32"] == f"{zlib.crc32(content[:5120]):08x}"
    last = part(surveyor, url, 5120, content[5120:]).json()
    assert (last["state"], last["received"]) == ("received", 10240)
    assert stored(url).read_bytes() == content


def test_a_part_for_another_place_is_told_the_right_one(surveyor, file):
    content = file.read_bytes()
    url = begin(surveyor, file).json()["url"]
    part(surveyor, url, 0, content[:100])
    for wrong in (0, 50, 101):
        answer = part(surveyor, url, wrong, content[:100])
        assert (answer.status_code, answer["Upload-Offset"], answer.json()["offset"]) == (409, "100", 100)
    assert stored(url).read_bytes() == content[:100]


def test_a_damaged_part_is_not_taken(surveyor, file):
    url = begin(surveyor, file).json()["url"]
    answer = part(surveyor, url, 0, b"abc", checksum="crc32 00000000")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert surveyor.head(url)["Upload-Offset"] == "0"


@pytest.mark.parametrize("checksum", ["crc32", "crc32 xyz", "sha1 abc"])
def test_a_part_without_its_checksum_is_not_taken(surveyor, file, checksum):
    url = begin(surveyor, file).json()["url"]
    assert part(surveyor, url, 0, b"abc", checksum=checksum).status_code == 400


def test_a_part_past_its_bound_or_past_the_files_end_is_not_taken(surveyor, file, settings):
    settings.UPLOAD_CHUNK_BYTES = 1000
    content = file.read_bytes()
    url = begin(surveyor, file).json()["url"]
    assert part(surveyor, url, 0, content[:1001]).status_code == 413
    settings.UPLOAD_CHUNK_BYTES = 20_000
    assert part(surveyor, url, 0, content + b"more").status_code == 400
    assert surveyor.head(url)["Upload-Offset"] == "0"


def test_bounds_of_one_file_of_all_together_and_of_the_disk(surveyor, file, settings, monkeypatch):
    settings.UPLOAD_MAX_BYTES = 10_000
    answer = begin(surveyor, file)
    assert (answer.status_code, "超过上限" in answer.json()["detail"]) == (413, True)
    settings.UPLOAD_MAX_BYTES, settings.UPLOAD_TOTAL_BYTES = 20_000, 25_000
    assert begin(surveyor, file).status_code == 201
    assert begin(surveyor, file).status_code == 201
    assert begin(surveyor, file).status_code == 507
    settings.UPLOAD_TOTAL_BYTES = 10**9
    monkeypatch.setattr(upload_files, "free", lambda: 30_000)
    answer = begin(surveyor, file)
    assert (answer.status_code, "磁盘" in answer.json()["detail"]) == (507, True)
    assert Upload.objects.count() == 2


def test_a_disk_that_fills_up_keeps_what_was_there_and_says_so(surveyor, file):
    content = file.read_bytes()
    url = begin(surveyor, file).json()["url"]
    part(surveyor, url, 0, content[:4000])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, before[1]))
    try:
        answer = part(surveyor, url, 4000, content[4000:])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (answer.status_code, answer["Upload-Offset"]) == (507, "4000")
    assert "管理员" in answer.json()["detail"]
    assert stored(url).read_bytes() == content[:4000]
    assert part(surveyor, url, 4000, content[4000:]).status_code == 200


def test_cancelling_takes_the_bytes_away(surveyor, file, django_capture_on_commit_callbacks):
    url = begin(surveyor, file).json()["url"]
    part(surveyor, url, 0, b"abc")
    folder = stored(url).parent
    with django_capture_on_commit_callbacks(execute=True):
        assert surveyor.delete(url).json()["state"] == "cancelled"
    assert not folder.exists()
    assert surveyor.delete(url).status_code == 409
    assert part(surveyor, url, 3, b"def").status_code == 409


def test_nobody_sees_another_ones_upload(surveyor, as_role, file):
    url = begin(surveyor, file).json()["url"]
    other = as_role(Role.ADMINISTRATOR)
    assert other.get("/api/v1/uploads/").json() == []
    for answer in (other.get(url), other.head(url), other.delete(url), part(other, url, 0, b"abc")):
        assert answer.status_code == 404
    planner = as_role(Role.PLANNER)
    assert planner.get(url).status_code == 403
    assert begin(planner, file).status_code == 403


def test_a_confidential_layer_is_as_one_that_does_not_exist(surveyor, file, monkeypatch):
    from gis_projects.people import permissions

    LayerFactory(code="JM", secrecy="confidential")
    LayerFactory(code="DLTB")
    begin(surveyor, file, layer="JM")
    without = {**permissions.ROLES, Role.SURVEYOR: permissions.ROLES[Role.SURVEYOR] - {"read_confidential"}}
    monkeypatch.setattr(permissions, "ROLES", without)
    assert surveyor.get("/api/v1/uploads/").json() == []
    unknown, secret = begin(surveyor, file, layer="NONE"), begin(surveyor, file, layer="JM")
    assert unknown.status_code == secret.status_code == 400
    assert secret.json()["detail"].replace("JM", "NONE") == unknown.json()["detail"]
    for subject in (
        "layers.version:JM@1",
        f"atlas.upload:{Upload.objects.get(layer='JM').pk}",
        "layers.version:DLTB@1",
    ):
        Job.objects.create(
            kind="atlas.make_overviews", subject=subject, actor_id=str(Upload.objects.first().owner_id)
        )
    assert [job["about"] for job in surveyor.get("/api/v1/jobs/").json()] == ["DLTB@1"]
    page = surveyor.get("/layers/uploads/").content.decode()
    assert "DLTB" in page
    assert "JM" not in page


def test_an_upload_that_is_not_there_is_not_found(surveyor):
    assert surveyor.get(f"/api/v1/uploads/{uuid4()}/").status_code == 404


def test_the_name_cannot_leave_its_folder(surveyor, file, settings):
    answer = surveyor.post(
        "/api/v1/uploads/", {"filename": "../../evil.zip", "size": 3}, content_type="application/json"
    )
    url = answer.json()["url"]
    part(surveyor, url, 0, b"abc")
    assert stored(url).name == "evil.zip"
    assert stored(url).resolve().is_relative_to(Path(settings.UPLOAD_ROOT).resolve())


def test_one_persons_unfinished_uploads_are_bounded(surveyor, file, monkeypatch):
    from gis_projects.atlas.actions import uploads

    monkeypatch.setattr(uploads, "MAX_OPEN", 2)
    assert [begin(surveyor, file).status_code for _ in range(3)] == [201, 201, 507]


def test_the_list_is_filtered_and_exported_with_ones_own_files_alone(surveyor, file, tmp_path):
    url = begin(surveyor, file).json()["url"]
    part(surveyor, url, 0, file.read_bytes())
    other = tmp_path / "STBHHX.zip"
    other.write_bytes(b"abc")
    begin(surveyor, other)
    page = "/layers/uploads/"
    assert all(name in surveyor.get(page).content.decode() for name in ("DLTB.zip", "STBHHX.zip"))
    some = surveyor.get(page, {"state": "receiving"}).content.decode()
    assert "STBHHX.zip" in some
    assert "DLTB.zip" not in some
    assert "没有符合条件的文件。" in surveyor.get(page, {"q": "nothing"}).content.decode()
    table = surveyor.get(page, {"format": "csv", "q": "dltb"})
    header, row = csv.reader(io.StringIO(table.content.decode("utf-8-sig")))
    assert (row[0], row[1], row[2], row[5]) == ("DLTB.zip", "10240", "10240", "正在查看文件")
    assert len(header) == len(row)
    assert surveyor.get(page, {"format": "xlsx"}).content.startswith(b"PK")
    Upload.objects.update(owner=user_of("reviewer"))
    theirs = surveyor.get(page, {"format": "csv"}).content.decode("utf-8-sig")
    assert len(theirs.splitlines()) == 1


def test_the_sha256_is_of_hex_digits(surveyor, file):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert begin(surveyor, file, sha256=digest).status_code == 201
    assert begin(surveyor, file, sha256="0x12").status_code == 400


def test_a_coverage_of_very_many_points_is_refused_unread_and_heights_are_left_out(surveyor, file):
    ring = [[109 + n / 1e5, 40 + (n % 2) / 2] for n in range(60_000)]
    scribble = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    refused = begin(surveyor, file, answers={"coverage": scribble})
    assert refused.status_code == 400
    assert "50000" in refused.json()["errors"][0]["message"]
    corners = [[109, 40, 5], [110, 40, 5], [110, 41, 5], [109, 40, 5]]
    taken = begin(surveyor, file, answers={"coverage": {"type": "Polygon", "coordinates": [corners]}})
    assert taken.status_code == 201
    kept = Upload.objects.get(pk=taken.json()["uuid"]).answers["coverage"]
    assert not questions.geometry_of(kept).has_z
