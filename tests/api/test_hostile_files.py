"""Files made to harm or to mislead, through each door: the API, the check command and the layer command.

Each is refused in words, nothing is kept, and the next good file is served as before.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from gis_projects.people.permissions import Role
from layers.models import Layer, LayerVersion
from tests.api.conftest import geojson
from tests.factories import land
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


def _vrt() -> bytes:
    return (
        b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>'
        b"<GeometryType>wkbPoint</GeometryType></OGRVRTLayer></OGRVRTDataSource>"
    )


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _bomb() -> bytes:
    """Some 600 KB that unpack to 600 MB, under the names of a shapefile."""
    block = b"\0" * (200 * 1024 * 1024)
    return _zip({"a.shp": block, "a.dbf": block, "a.shx": block})


def _million_vertices(count: int) -> bytes:
    """A polygon with ``count`` vertices on a small circle."""
    step = ",".join(f"[109.{i % 9_999_999:07d},40.6]" for i in range(1000))
    return (
        '{"type":"Polygon","coordinates":[[' + ",".join([step] * (count // 1000)) + ",[109.0,40.7]]]}"
    ).encode()


def _lying_shapefile() -> bytes:
    """A shapefile whose one record says that it has two thousand million points."""
    header = struct.pack(">i20xi", 9994, 5000) + struct.pack("<ii4d32x", 1000, 5, 109.0, 40.0, 110.0, 41.0)
    record = struct.pack(">ii", 1, 2_000_000_000) + struct.pack(
        "<i4dii", 5, 109, 40, 110, 41, 1, 2_000_000_000
    )
    return _zip({"a.shp": header + record, "a.shx": header, "a.dbf": b"\x03" + b"\0" * 31, "a.prj": b"x"})


HOSTILE = {
    "vrt.geojson": _vrt,
    "bomb.zip": _bomb,
    "outside.zip": lambda: _zip({"../../etc/cron.d/x.shp": b"x", "../x.dbf": b"x", "../x.shx": b"x"}),
    "vertices.geojson": lambda: _million_vertices(10_000_000),
    "nan.geojson": lambda: (
        b'{"type":"Polygon","coordinates":[[[NaN,40.6],[109.9,40.6],[109.9,40.7],[NaN,40.6]]]}'
    ),
    "infinity.geojson": lambda: (
        b'{"type":"Polygon","coordinates":[[[1e999,40.6],[109.9,40.6],[109.9,40.7]]]}'
    ),
    "nan.txt": lambda: "[地块坐标]\n4,,1,甲,面,,,,@\nJ1,1,nan,37400000\nJ2,1,4497000,inf\n".encode(),
    "empty.txt": lambda: b"",
    "empty.zip": lambda: _zip({}),
    "pdf.zip": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    "truncated.zip": lambda: _zip({"a.shp": b"x" * 5000})[:200],
    "deep.geojson": lambda: b"[" * 100_000 + b"]" * 100_000,
    "lying.zip": _lying_shapefile,
    "nul.txt": lambda: b"\x00" * 4096,
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("hostile")
    paths = {}
    for name, make in HOSTILE.items():
        paths[name] = folder / name
        paths[name].write_bytes(make())
    return paths


@pytest.mark.parametrize("name", HOSTILE)
def test_the_api_refuses_it_and_goes_on(name, hostile, planner, project, settings):
    content = hostile[name].read_bytes()
    too_large = len(content) > settings.MAX_BODY_BYTES
    answer = planner.post("/api/v1/boundaries/read/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == (413 if too_large else 400), answer.content[:300]
    assert answer["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["detail"]
    assert too_large or all(error["message"] for error in problem["errors"])
    assert "root:" not in answer.content.decode(), "no file of the machine is ever told"
    saved = planner.post(
        f"/api/v1/projects/{project.pk}/site-versions/", {"file": SimpleUploadedFile(name, content)}
    )
    assert saved.status_code == answer.status_code
    project.refresh_from_db()
    assert project.site is None
    good = planner.post(
        "/api/v1/boundaries/read/",
        {"file": SimpleUploadedFile("good.geojson", json.dumps(geojson()).encode())},
    )
    assert good.status_code == 200


@pytest.mark.parametrize("name", HOSTILE)
def test_the_check_command_refuses_it(name, hostile):
    err = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_site", str(hostile[name]), stdout=io.StringIO(), stderr=err)
    assert ended.value.code == 3
    assert err.getvalue().strip()
    assert "Traceback" not in err.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_the_layer_command_refuses_it_and_keeps_the_version_before(name, hostile):
    land.publish_layer("WWBH", [("T", "protection", land.SITE)])
    user_of(Role.SURVEYOR, username="surveyor")
    user_of(Role.ADMINISTRATOR, username="admin")
    with pytest.raises(CommandError, match=r"\w"):
        call_command(
            "load_layer", "WWBH", str(hostile[name]), "--by", "surveyor", "--approved-by", "admin",
            stdout=io.StringIO(), stderr=io.StringIO(),
        )  # fmt: skip
    layer = Layer.objects.get(code="WWBH")
    assert [version.number for version in LayerVersion.objects.filter(layer=layer)] == [1]


def test_a_person_may_not_approve_their_own_layer(tmp_path):
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps(geojson()))
    land.publish_layer("WWBH", [])
    user_of(Role.ADMINISTRATOR, username="admin")
    with pytest.raises(CommandError, match="不同的人"):
        call_command(
            "load_layer", "WWBH", str(file), "--by", "admin", "--approved-by", "admin",
            stdout=io.StringIO(), stderr=io.StringIO(),
        )  # fmt: skip
    assert LayerVersion.objects.filter(layer__code="WWBH").count() == 1


def test_a_stranger_may_not_even_try(hostile, client):
    answer = client.post("/api/v1/boundaries/read/", {"file": SimpleUploadedFile("a.txt", b"x")})
    assert answer.status_code == 403
