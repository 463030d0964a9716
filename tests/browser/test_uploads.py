"""A file is dropped, asked about, staged, let through by a second person, and stands on the map."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from django.core.management import call_command

from gis_projects.atlas.models import Upload
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from layers.models import Layer, LayerVersion
from tests.browser.conftest import DESKTOP, PHONE, ready
from tests.browser.test_accessibility import serious
from tests.factories.files import zipped_shapefile
from tests.factories.layers import LayerFactory, square
from tests.factories.people import user_of

DROP = """([selector, name, content]) => {
    const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name));
    const how = {dataTransfer: data, bubbles: true, cancelable: true};
    for (const kind of ['dragenter', 'dragover', 'drop'])
        document.querySelector(selector).dispatchEvent(new DragEvent(kind, how));
}"""


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.UPLOAD_ROOT = tmp_path / "uploads"


@pytest.fixture
def unblocked(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def surveyor(unblocked):
    return User.objects.filter(username="surveyor").first() or user_of(Role.SURVEYOR)


@pytest.fixture
def layer(unblocked):
    """A layer of a test's own; other tests count the layers that are published."""
    return Layer.objects.filter(code="XBT").first() or LayerFactory(code="XBT", name="新图层")


def work():
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)


def drop(page, path: Path, name: str | None = None):
    content = base64.b64encode(path.read_bytes()).decode()
    page.evaluate(DROP, ["#drop", name or path.name, content])


def test_from_a_dropped_file_to_the_map(open_page, city, surveyor, layer, tmp_path):
    path = zipped_shapefile(
        tmp_path / "XBT_2026.zip", [square(i - 6, j) for i in range(4) for j in range(4)], prj=False
    )
    page = open_page("/layers/uploads/", surveyor)
    drop(page, path)
    page.wait_for_selector("[data-state=received]")
    work()
    page.wait_for_selector("[data-state=asking]")
    assert serious(page) == []
    assert "XBT" in page.inner_text("[data-state=asking] .upload-state")  # by its name

    page.click("[data-state=asking] a.btn")
    ready(page)
    page.wait_for_selector("#map path")
    assert serious(page) == []
    page.click("label[for=epsg-1]")
    page.wait_for_function("() => document.querySelector('#map-status').textContent.includes('位置')")
    page.fill("#legal_source", "政函〔2026〕1 号")
    page.click("text=提交入库")
    page.wait_for_selector("#progress")
    work()
    page.wait_for_selector("text=查看第 1 版")
    page.click("text=查看第 1 版")
    ready(page)
    assert page.locator("button[value=publish]").count() == 0
    assert "须由另一位" in page.inner_text("#content")

    address = page.url.split("/", 3)[3]
    second = ready(open_page(f"/{address}", city.reviewer))
    assert "政函〔2026〕1 号" in second.inner_text("#content")
    second.wait_for_selector(".tiles-XBT canvas")
    assert serious(second) == []
    second.fill("#reason", "已核对")
    second.click("button[value=publish]")
    second.wait_for_selector("text=第 1 版已发布")
    assert LayerVersion.objects.get(layer=layer).status == "published"
    found = city.planner
    map_ = ready(open_page("/map/#14/40.6150/109.8600/layers=XBT/kinds=", found))
    assert map_.is_checked("#layer-XBT")
    at = map_.request.get("/api/v1/layers/XBT/identify/?lon=109.855&lat=40.615").json()
    assert [feature["key"] for feature in at["features"]] == ["R00005"]


def test_an_upload_that_was_cut_goes_on_with_the_same_file_only(
    open_page, surveyor, tmp_path, settings, watch
):
    settings.UPLOAD_CHUNK_BYTES = 65536
    path = tmp_path / "GROSS.zip"
    path.write_bytes(bytes(range(256)) * 1024)
    page = open_page("/layers/uploads/", surveyor)
    sent = []

    def cut(route):
        sent.append(route.request.headers["upload-offset"])
        if len(sent) == 3:
            route.abort()
        else:
            route.continue_()

    watch.expected += ["Failed to load resource"]
    page.route(
        "**/api/v1/uploads/*/",
        lambda route: cut(route) if route.request.method == "PATCH" else route.continue_(),
    )
    drop(page, path)
    page.wait_for_selector("[data-state=received]", timeout=20_000)
    assert sent == ["0", "65536", "131072", "131072", "196608"]  # the third went again

    sent.clear()
    page.unroute("**/api/v1/uploads/*/")
    page.route(
        "**/api/v1/uploads/*/",
        lambda route: (
            route.abort()
            if route.request.method == "PATCH" and sent.append(1) is None and len(sent) > 2
            else route.continue_()
        ),
    )
    other = tmp_path / "HALB.zip"
    other.write_bytes(bytes(range(256)) * 1024)
    drop(page, other)
    page.wait_for_selector("text=连接中断")
    page.close()

    again = open_page("/layers/uploads/", surveyor)
    row = again.locator("[data-state=receiving]")
    assert "未传完" in row.inner_text()
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(bytes(1024 * 256))
    with again.expect_file_chooser() as chooser:
        row.get_by_role("button", name="继续上传").click()
    chooser.value.set_files(wrong)
    again.wait_for_selector("text=这不是开始上传时的那个文件")
    with again.expect_file_chooser() as chooser:
        row.get_by_role("button", name="继续上传").focus()
        again.keyboard.press("Enter")
    chooser.value.set_files(other)
    again.wait_for_function("() => document.querySelectorAll('[data-state=receiving]').length === 0")
    assert Upload.objects.get(filename="HALB.zip").received == 262144
    for each in again.get_by_role("button", name="取消").all():
        each.click()
    again.wait_for_function(
        "() => document.querySelectorAll('.upload-row[data-state=cancelled]').length >= 2"
    )
    assert (
        not Upload.objects.filter(filename__in=["HALB.zip", "GROSS.zip"]).exclude(state="cancelled").exists()
    )


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_pages_fit(open_page, surveyor, city, viewport):
    for path in ("/layers/uploads/", "/jobs/", "/layers/YJJBNT/versions/1/"):
        page = open_page(path, surveyor, viewport)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert serious(page) == []
