"""The portal's pages: counts that agree, addresses that say everything, and one answer for what isn't there."""

import csv
import datetime
import io
import json

import pytest
import shapely
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_projects.disclosure import media_files
from gis_projects.disclosure.built import Builds
from gis_projects.disclosure.models import DisclosedMedia, DisclosedProject, PublicChange
from gis_projects.disclosure.views import installed
from tests.factories import portal

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def test_the_toggles_count_what_is_disclosed_of_each_kind(client):
    portal.many(200)
    shown = {one.code: one.count for one in client.get("/").context["choices"]["kind"]}
    counted = dict(sql("SELECT unnest(kinds), count(*) FROM disclosure_disclosedproject GROUP BY 1"))
    assert shown == {kind: counted.get(kind, 0) for kind in ("key", "government", "planned", "reserve")}


def test_a_choice_counts_what_it_would_leave(client):
    portal.many(200)
    page = client.get("/public/list.json?kind=key&region=150203&stage=completed").json()
    for stage, count in page["choices"]["stage"].items():
        assert client.get(f"/public/list.json?kind=key&region=150203&stage={stage}").json()["count"] == count
    for region, count in page["choices"]["region"].items():
        assert (
            client.get(f"/public/list.json?kind=key&region={region}&stage=completed").json()["count"] == count
        )


@pytest.mark.parametrize(
    "query", ["", "kind=key", "kind=key&kind=reserve", "region=150202&year=2024", "least=100"]
)
def test_map_list_table_and_geojson_hold_the_same_projects(client, query):
    portal.many(60)
    slugs = set()
    for page in (1, 2, 3):
        answer = client.get(f"/public/projects/?{query}&page={page}")
        slugs |= {row.slug for row in answer.context["rows"]}
    whole = {feature["id"] for feature in client.get(f"/public/projects.geojson?{query}").json()["features"]}
    lines = list(
        csv.reader(io.StringIO(client.get(f"/public/projects.csv?{query}").content.decode("utf-8-sig")))
    )
    assert slugs == whole
    assert len(lines) - 1 == len(whole) == client.get(f"/?{query}").context["count"]


def test_all_kinds_ticked_asks_nothing_and_none_leaves_nothing(client):
    portal.shown(kinds=[])
    every = "&".join(f"kind={kind}" for kind in ("key", "government", "planned", "reserve"))
    assert client.get(f"/public/list.json?{every}").json()["count"] == 1
    assert client.get("/public/list.json?kind=none").json()["count"] == 0


def test_the_list_can_be_limited_to_a_view(client):
    portal.shown(shapely.Point(109.85, 40.65), name="里面")
    portal.shown(shapely.Point(110.5, 40.65), name="外面")
    portal.shown(name="没有位置")
    answer = client.get("/public/list.json?view=109.8,40.6,109.9,40.7").json()
    assert answer["count"] == 1
    assert "里面" in answer["rows"]
    assert client.get("/public/list.json?view=3,2,1,0").status_code == 400


def test_search_finds_regions_townships_and_projects(client):
    portal.outline("150207")
    portal.shown(shapely.Point(109.85, 40.65), name="九原大道改造", township="麻池镇")
    portal.shown(shapely.Point(110.1, 40.65), region="150202", name="别处", township="河东镇")
    found = client.get("/public/search.json?q=九原").json()
    assert [one["code"] for one in found["regions"]] == ["150207"]
    assert [one["name"] for one in found["projects"]] == ["九原大道改造"]
    (town,) = client.get("/public/search.json?q=麻池").json()["townships"]
    assert (town["count"], town["box"]) == (1, [109.85, 40.65, 109.85, 40.65])


@pytest.mark.parametrize("order", ["newest", "amount", "name"])
def test_an_order_is_kept_over_pages_and_repeats_nobody(client, order):
    portal.many(45)
    seen = [
        row.slug
        for page in (1, 2, 3)
        for row in client.get(f"/public/projects/?order={order}&page={page}").context["rows"]
    ]
    assert len(seen) == len(set(seen)) == 45


@pytest.mark.parametrize("sort", ["region", "industry", "level", "stage", "year"])
def test_statistics_add_up_to_what_the_database_counts(client, sort):
    portal.many(150)
    column = {"region": "region_code"}.get(sort, sort)
    (table,) = (one for one in client.get("/public/statistics/").context["tables"] if one.sort == sort)
    expected = {
        str(code or ""): (count, None if planned is None else round(planned / 10_000))
        for code, count, planned in sql(
            f"SELECT {column}, count(*), sum(planned_yuan) FROM disclosure_disclosedproject GROUP BY 1"
        )
    }
    shown = {line.code: line for line in table.lines}
    assert {code: line.count for code, line in shown.items()} == {
        code: n for code, (n, _) in expected.items()
    }
    for code, (_count, planned) in expected.items():
        assert (shown[code].planned is None) == (planned is None)
        assert planned is None or abs(shown[code].planned - planned) <= 1
    assert sum(line.count for line in table.lines) == table.total.count == 150
    assert sum(line.with_planned for line in table.lines) == table.total.with_planned


def test_statistics_by_kind_count_a_project_in_each_of_its_kinds(client):
    portal.shown(kinds=["key", "government"])
    portal.shown(kinds=["government"])
    table = client.get("/public/statistics/").context["tables"][0]
    assert {line.code: line.count for line in table.lines} == {
        "key": 1,
        "government": 2,
        "planned": 0,
        "reserve": 0,
    }
    assert table.total.count == 2
    assert not table.whole


def test_a_table_of_figures_is_had_as_a_file(client):
    portal.many(40)
    lines = list(
        csv.reader(io.StringIO(client.get("/public/statistics/stage.csv").content.decode("utf-8-sig")))
    )
    assert sum(int(line[1]) for line in lines[1:-1]) == int(lines[-1][1]) == 40
    assert client.get("/public/statistics/owner.csv").status_code == 404


def test_what_was_not_chosen_for_the_public_is_left_out_of_a_page(client):
    bare = portal.shown(
        code="", industry="", level="", stage="", year=None, planned_yuan=None, owner="", authority=""
    )
    text = client.get(f"/public/projects/{bare.slug}/").content.decode()
    for words in ("所属行业", "项目级次", "入库年度", "计划投资", "项目单位", "主管部门"):
        assert f"<dt>{words}</dt>" not in text
    assert "None" not in text


def test_linked_data_can_not_end_its_element(client):
    project = portal.shown(name="</script><script>alert(1)</script>")
    text = client.get(f"/public/projects/{project.slug}/").content.decode()
    said = text.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert json.loads(said)["name"] == project.name
    assert "<script>alert" not in text


def test_missing_withdrawn_and_expired_are_one_answer_of_one_query(client):
    gone = portal.shown()
    slug = gone.slug
    DisclosedProject.objects.filter(pk=gone.pk).delete()
    old = portal.shown(until=datetime.date(2020, 1, 1))
    answers = []
    for name in (slug, old.slug, "never-there"):
        with CaptureQueriesContext(connections["public"]) as asked:
            answer = client.get(f"/public/projects/{name}/")
        assert answer.status_code == 404
        assert not answer.has_header("ETag")
        answers.append((len(asked), answer.content.decode().replace(name, "…")))
    assert len(set(answers)) == 1


def test_a_withdrawal_reaches_the_next_request_of_every_page(client):
    project = portal.shown(shapely.Point(109.85, 40.65), name="将要撤回的工程")
    addresses = [
        "/",
        "/public/projects/",
        "/public/list.json",
        "/public/search.json?q=将要",
        "/public/projects.csv",
        "/public/projects.geojson",
        "/public/tiles/0/0/0.mvt",
    ]
    before = {address: client.get(address) for address in addresses}
    assert all("将要撤回的工程".encode() in answer.content for answer in before.values())
    DisclosedProject.objects.filter(pk=project.pk).delete()
    for address in addresses:
        answer = client.get(address, headers={"if-none-match": before[address]["ETag"]})
        assert answer.status_code == 200
        assert "将要撤回的工程".encode() not in answer.content


def test_what_is_shown_until_a_day_is_gone_on_the_next_though_answers_are_kept(client, monkeypatch):
    today = timezone.localdate()
    portal.shown(name="今天为止", until=today)
    assert "今天为止" in client.get("/public/projects/").content.decode()
    monkeypatch.setattr(timezone, "localdate", lambda: today + datetime.timedelta(days=1))
    assert "今天为止" not in client.get("/public/projects/").content.decode()


@pytest.fixture
def photo(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    project = portal.shown()
    name = "0123456789abcdef.jpg"
    media_files.folder().mkdir(parents=True)
    (media_files.folder() / name).write_bytes(bytes(range(256)) * 4)
    (media_files.folder() / media_files.preview_of(name)).write_bytes(b"small")
    row = DisclosedMedia.objects.create(slug=project.slug, name=name, kind="photo")
    return project, row, f"/public/media/{name}"


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_photo_is_given_whole_in_part_and_not_again(client, photo):
    _project, row, address = photo
    whole = client.get(address)
    assert (whole.status_code, len(body(whole)), whole["Content-Type"]) == (200, 1024, "image/jpeg")
    part = client.get(address, headers={"range": "bytes=10-19"})
    assert (part.status_code, body(part), part["Content-Range"]) == (
        206,
        bytes(range(10, 20)),
        "bytes 10-19/1024",
    )
    assert body(client.get(address, headers={"range": "bytes=-4"})) == bytes(range(252, 256))
    assert client.get(address, headers={"range": "bytes=1024-"}).status_code == 416
    assert client.get(address, headers={"range": "bytes=0-1", "if-range": '"other"'}).status_code == 200
    assert client.get(address, headers={"if-none-match": whole["ETag"]}).status_code == 304
    assert body(client.get(f"/public/media/{media_files.preview_of(row.name)}")) == b"small"


def test_a_photo_goes_with_its_row_and_with_its_project(client, photo):
    project, row, address = photo
    etag = client.get(address)["ETag"]
    DisclosedProject.objects.filter(pk=project.pk).delete()
    assert client.get(address, headers={"if-none-match": etag}).status_code == 404
    portal.shown(slug=project.slug)
    assert client.get(address).status_code == 200
    row.delete()
    assert client.get(address, headers={"range": "bytes=0-1"}).status_code == 404


@pytest.mark.parametrize("name", ["../secret_key", "..%2f..%2fsecret_key", "/etc/passwd", "x.jpg"])
def test_no_other_file_is_given(client, photo, name):
    assert client.get(f"/public/media/{name}").status_code == 404


def test_what_changed_of_late_is_told_to_kept_copies(client):
    PublicChange.objects.create(subject="project:abc", kind="withdrawn")
    PublicChange.objects.create(subject="project:new", kind="published", title="新")
    PublicChange.objects.create(subject="notice:abc", kind="withdrawn")
    assert set(client.get("/public/changes.json").json()["changed"]) == {"abc"}


def test_the_worker_keeps_built_files_and_no_inside_page(client):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    kept = json.loads(answer.content.decode().split("self.__kept = ")[1].split(";\n")[0])
    assert kept["files"]
    assert all(file.startswith("/static/assets/") for file in kept["files"])
    assert kept["pages"] == ["/public/offline/"]
    icons = client.get("/manifest.webmanifest").json()["icons"]
    assert {icon["sizes"] for icon in icons} == {"192x192", "512x512"}
    assert client.get("/sw.js", headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_without_a_build_the_browser_keeps_the_worker_it_has(client, monkeypatch, tmp_path):
    monkeypatch.setattr(installed, "_BUILDS", Builds(tmp_path / "manifest.json"))
    answer = client.get("/sw.js")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/public/projects/?kind=key", "/public/projects/?kind=key"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_language_is_kept_and_leads_nowhere_else(client, wanted, leads):
    answer = client.get("/public/language/en/", {"next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, leads)
    assert 'lang="en"' in client.get("/public/projects/").content.decode()
    assert client.get("/public/language/fr/").status_code == 404


def test_an_address_without_script_filters_the_same(client):
    portal.shown(name="一号工程", region="150202")
    portal.shown(name="二号工程", region="150203")
    text = client.get("/?region=150203").content.decode()
    assert "二号工程" in text
    assert "一号工程" not in text
    assert 'method="get"' in text
    told = client.get("/?year=nonsense&region=150203")
    assert told.status_code == 200
    assert told.context["count"] == 1
    assert told.context["form"].errors
