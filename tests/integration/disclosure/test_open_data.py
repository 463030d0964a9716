"""The open data files: complete, valid by the standard's own schema, exact, and without what isn't disclosed."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
import shapely
from django.core.management import CommandError, call_command
from django.utils import timezone

from gis_projects.disclosure.models import DisclosedEvent, DisclosedProject, DisclosedResult, Edition
from gis_projects.disclosure.open_data import validation
from gis_projects.disclosure.open_data.exact import dumps
from gis_projects.disclosure.open_data.fields import FIELDS
from gis_projects.disclosure.open_data.mapping import mapping
from gis_projects.library.terms import Industry, Stage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])

SQUARE = "POLYGON((109.85 40.61, 109.85 40.62, 109.86 40.62, 109.86 40.61, 109.85 40.61))"  # clockwise


def disclosed(slug: str = "abc123", **fields) -> DisclosedProject:
    """A public copy with every field disclosed; ``geometry`` as WKT."""
    whole = {
        "code": "2603-150207-04-01-100001", "name": "三环路改造", "content": "改造道路 3 公里", "region_code": "150207",
        "region_name": "九原区", "township": "麻池镇", "kinds": ["government", "key"], "industry": "G", "level": "city",
        "stage": "construction", "year": 2026, "owner": "九原区交通运输局", "authority": "包头市交通运输局",
        "starts_on": date(2026, 4, 1), "ends_on": date(2027, 10, 31), "planned_yuan": Decimal("9007199254740993.37"),
        "completed_yuan": Decimal("0.10"), "geometry": f"SRID=4490;{SQUARE}", "form": "outline", "precision_m": 50,
        "review_number": "蒙S(2026)001号", "notice": "演示数据",
    }  # fmt: skip
    return DisclosedProject.objects.create(slug=slug, **whole | fields)


def bare(slug: str = "bare00", **fields) -> DisclosedProject:
    """A public copy of which only what is always there was disclosed."""
    return DisclosedProject.objects.create(
        slug=slug, name="仅有名称", kinds=[], region_code="150207", region_name="九原区", form="point", precision_m=50,
        **fields,
    )  # fmt: skip


def edition_of(public: DisclosedProject, first: date, end: date | None = None, **changed) -> Edition:
    """What `publishing` keeps of a copy: its fields by name, moments and money as text, the place as GeoJSON."""
    content = {
        name: getattr(public, name)
        for name in ("slug", "code", "name", "content", "region_code", "region_name", "township", "kinds", "industry",
                     "level", "stage", "year", "owner", "authority", "form", "precision_m", "review_number", "notice")
    } | {
        "starts_on": public.starts_on and public.starts_on.isoformat(),
        "planned_yuan": None if public.planned_yuan is None else str(public.planned_yuan),
        "published_at": public.published_at.isoformat(),
        "changed_at": public.changed_at.isoformat(),
        "until": None,
        "geometry": json.loads(DisclosedProject.objects.get(pk=public.pk).geometry.geojson)
        if public.geometry
        else None,
    }  # fmt: skip
    return Edition.objects.create(slug=public.slug, from_day=first, until_day=end, content=content | changed)


def fetched(client, form: str, day: str = "latest") -> str:
    response = client.get(f"/public/open-data/{day}/projects.{form}")
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content).decode()


def package_of(client, day: str = "latest") -> dict:
    package = json.loads(fetched(client, "oc4ids.json", day), parse_float=Decimal)
    assert validation.errors(json.loads(fetched(client, "oc4ids.json", day))) == []
    return package


# --- OC4IDS ---------------------------------------------------------------------------------------


def test_a_package_of_everything_is_valid_and_says_what_was_disclosed(client):
    public = disclosed()
    DisclosedEvent.objects.create(slug=public.slug, on=date(2026, 4, 2), text="开工")
    DisclosedResult.objects.create(
        slug=public.slug, year=2026, target="通车", result="已通车", grade="优", released_on=date(2027, 1, 5)
    )
    DisclosedResult.objects.create(slug=public.slug, year=2027, target="未评价")
    package = package_of(client)
    assert package["version"] == "0.9"
    assert package["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert package["uri"] == "http://testserver/public/open-data/latest/projects.oc4ids.json"
    [project] = package["projects"]
    assert project["id"] == "oc4ids-unregistered-abc123"
    assert project["title"] == "三环路改造"
    assert project["identifiers"] == [{"id": "2603-150207-04-01-100001", "scheme": "GB/T 40058-2021"}]
    assert project["status"] == "implementation"
    assert project["sector"] == ["transport"]
    assert project["period"] == {
        "startDate": "2026-04-01T00:00:00+08:00",
        "endDate": "2027-10-31T00:00:00+08:00",
    }
    assert project["budget"] == {"amount": {"amount": Decimal("9007199254740993.37"), "currency": "CNY"}}
    assert project["metrics"][0]["observations"][0]["value"]["amount"] == Decimal("0.10")
    assert project["publicAuthority"] == {"id": "owner", "name": "九原区交通运输局"}
    assert [party["name"] for party in project["parties"]] == ["九原区交通运输局", "包头市交通运输局"]
    [location] = project["locations"]
    assert location["gazetteer"] == {"scheme": "GB/T 2260", "identifiers": ["150207"]}
    assert location["address"] == {"region": "九原区", "locality": "麻池镇"}
    assert [(one["title"], one["dateMet"]) for one in project["milestones"]] == [
        ("开工", "2026-04-02T00:00:00+08:00")
    ]
    assert [one.get("documentType") for one in project["documents"]] == [None, "projectEvaluation"]
    assert project["documents"][0]["url"] == "http://testserver/public/projects/abc123/"
    assert {(one["scheme"], one["id"]) for one in project["additionalClassifications"]} == {
        ("gis-projects:kind", "government"), ("gis-projects:kind", "key"), ("GB/T 4754-2017", "G"),
        ("gis-projects:level", "city"), ("gis-projects:stage", "construction"),
    }  # fmt: skip


def test_what_was_not_disclosed_is_not_there(client):
    bare()
    [project] = package_of(client)["projects"]
    assert set(project) == {"id", "updated", "language", "title", "locations", "documents"}
    assert "geometry" not in project["locations"][0]


@pytest.mark.parametrize("stage", Stage.values)
@pytest.mark.parametrize("industry", Industry.values)
def test_every_code_of_ours_makes_a_valid_project(stage, industry):
    """Over all pairs: what is mapped is in the standard's list, what isn't mapped is left out."""
    codes = set((validation.SCHEMAS / "projectSector.txt").read_text().split())
    sector, status = mapping().sector.get(industry), mapping().status.get(stage)
    assert set(sector or []) <= codes
    assert set(mapping().sector) <= set(Industry.values)
    assert set(mapping().status) <= set(Stage.values)
    project = {"id": "x", **({"status": status} if status else {}), **({"sector": sector} if sector else {})}
    head = {"uri": "http://a/b", "publishedDate": "2026-01-01T00:00:00+08:00", "version": "0.9"}
    assert validation.errors({**head, "publisher": {"name": "x"}, "projects": [project]}) == []


def test_the_unit_of_a_project_without_public_money_is_no_public_authority(client):
    disclosed(kinds=["planned"], authority="")
    [project] = package_of(client)["projects"]
    assert "publicAuthority" not in project
    assert project["parties"] == [{"id": "owner", "name": "九原区交通运输局"}]


def test_a_suspended_project_has_no_status_but_its_own_class(client):
    disclosed(stage="suspended", industry="D")
    [project] = package_of(client)["projects"]
    assert "status" not in project
    assert "sector" not in project
    assert {"scheme": "gis-projects:stage", "id": "suspended", "description": "停缓建"} in project[
        "additionalClassifications"
    ]


def test_there_is_no_package_of_nothing(client):
    assert client.get("/public/open-data/latest/projects.oc4ids.json").status_code == 404
    assert json.loads(fetched(client, "geojson"))["features"] == []
    with pytest.raises(CommandError, match="no package without a project"):
        call_command("export_open_data", format="oc4ids", out="-")


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"projects": []}, "non-empty"),
        ({"projects": [{"id": ""}]}, "non-empty"),
        ({"projects": [{"title": "x"}]}, "'id' is a required property"),
        ({"projects": [{"id": "a"}, {"id": "a", "title": "b"}]}, "there 2 times"),
        ({"projects": [{"id": "a", "status": "building"}]}, "is not one of"),
        ({"projects": [{"id": "a", "updated": "2026-01-01"}]}, "is not a 'date-time'"),
        ({"projects": [{"id": "a", "updated": "2026-13-01T00:00:00+08:00"}]}, "is not a 'date-time'"),
        ({"projects": [{"id": "a", "budget": {"amount": {"amount": "1"}}}]}, "is not of type 'number'"),
        ({"projects": [{"id": "a", "period": {}}]}, "non-empty"),
        ({"version": "0.9.5"}, "does not match"),
        ({"uri": "not an address"}, "is not a 'uri'"),
        ({"publisher": {}}, "'name' is a required property"),
    ],
)
def test_what_is_not_valid_is_told(spoilt, told):
    package = {
        "uri": "http://a/b", "publishedDate": "2026-01-01T00:00:00+08:00", "version": "0.9", "publisher": {"name": "x"},
        "projects": [{"id": "a"}],
    }  # fmt: skip
    assert validation.errors(package) == []
    assert any(told in error for error in validation.errors({**package, **spoilt}))


# --- GeoJSON and CSV ------------------------------------------------------------------------------


def test_geojson_is_as_rfc_7946_wants_it(client):
    disclosed()
    bare()
    collection = json.loads(fetched(client, "geojson"), parse_float=Decimal)
    assert set(collection) == {"type", "features"}
    by_id = {feature["id"]: feature for feature in collection["features"]}
    ring = json.loads(dumps(by_id["abc123"]["geometry"]))["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw
    assert by_id["abc123"]["properties"]["planned_yuan"] == Decimal("9007199254740993.37")
    assert by_id["bare00"]["geometry"] is None
    assert by_id["bare00"]["properties"]["code"] is None
    for feature in by_id.values():
        assert list(feature["properties"]) == [field.name for field in FIELDS]


def test_csv_opens_in_a_spreadsheet_and_runs_nothing(client):
    disclosed(name="=HYPERLINK(1)")
    text = fetched(client, "csv")
    assert text.startswith("\ufeff")
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert row["name"] == "'=HYPERLINK(1)"
    assert row["planned_yuan"] == "9007199254740993.37"
    assert row["kinds"] == "government|key"
    assert row["kinds_name"] == "政府投资项目|重点项目"
    assert (row["longitude"], row["latitude"]) == ("109.855", "40.615")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_words_in_a_file_do_not_depend_on_who_fetches_it(client, language):
    disclosed()
    response = client.get("/public/open-data/latest/projects.csv", headers={"accept-language": language})
    assert "重点项目" in b"".join(response.streaming_content).decode()


def test_every_format_has_the_same_projects_in_the_same_order(client):
    for number in range(7):
        bare(f"p{number}")
    slugs = [f"p{number}" for number in range(7)]
    assert [one["id"] for one in json.loads(fetched(client, "geojson"))["features"]] == slugs
    rows = csv.DictReader(io.StringIO(fetched(client, "csv").removeprefix("\ufeff")))
    assert [row["slug"] for row in rows] == slugs
    assert [one["id"].rpartition("-")[2] for one in package_of(client)["projects"]] == slugs


# --- as of a day ----------------------------------------------------------------------------------


@pytest.fixture
def history():
    """One project, renamed ten days ago."""
    public = disclosed()
    today = timezone.localdate()
    edition_of(public, today - timedelta(30), today - timedelta(10), name="旧名称")
    edition_of(public, today - timedelta(10))
    return public


def names_on(client, days_ago: int) -> list[str]:
    day = timezone.localdate() - timedelta(days_ago)
    found = json.loads(fetched(client, "geojson", day.isoformat()))["features"]
    rows = list(csv.DictReader(io.StringIO(fetched(client, "csv", day.isoformat()).removeprefix("\ufeff"))))
    assert [row["name"] for row in rows] == [one["properties"]["name"] for one in found]
    if found:
        assert [one["title"] for one in package_of(client, day.isoformat())["projects"]] == [
            row["name"] for row in rows
        ]
    return [one["properties"]["name"] for one in found]


@pytest.mark.parametrize(
    ("days_ago", "names"),
    [(31, []), (30, ["旧名称"]), (11, ["旧名称"]), (10, ["三环路改造"]), (0, ["三环路改造"])],
)
def test_a_past_day_has_what_stood_at_its_end(client, history, days_ago, names):
    assert names_on(client, days_ago) == names


def test_a_past_day_keeps_money_and_place_exactly(client, history):
    day = (timezone.localdate() - timedelta(20)).isoformat()
    now = json.loads(fetched(client, "geojson"), parse_float=Decimal)["features"][0]
    then = json.loads(fetched(client, "geojson", day), parse_float=Decimal)["features"][0]
    assert then["geometry"] == now["geometry"]
    assert then["properties"]["planned_yuan"] == now["properties"]["planned_yuan"]


@pytest.mark.parametrize("how", ["withdrawn", "expired"])
def test_what_is_not_disclosed_any_more_is_in_no_past_day(client, history, how):
    """Even where its editions were left behind."""
    if how == "withdrawn":
        history.delete()
    else:
        DisclosedProject.objects.update(until=timezone.localdate() - timedelta(1))
    for days_ago in (0, 5, 10, 20, 30):
        assert names_on(client, days_ago) == []
    assert "三环路" not in client.get("/public/open-data/").content.decode()


def test_the_last_day_is_still_shown(client, history):
    DisclosedProject.objects.update(until=timezone.localdate())
    assert names_on(client, 0) == ["三环路改造"]


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "20260101x", "9999-12-31"])
def test_a_day_that_is_none_or_has_not_come_is_not_there(client, day):
    assert client.get(f"/public/open-data/{day}/projects.csv").status_code == 404


# --- asked again ----------------------------------------------------------------------------------


def test_a_file_is_sent_again_only_when_something_changed(client):
    public = disclosed()
    address = "/public/open-data/latest/projects.csv"
    tag = client.get(address)["ETag"]
    again = client.get(address, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(address)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", tag)
    public.delete()
    assert client.get(address, headers={"if-none-match": tag}).status_code == 200


def test_files_of_many_projects_come_in_pieces(client, django_assert_max_num_queries):
    DisclosedProject.objects.bulk_create(
        DisclosedProject(slug=f"many{number:04}", name=f"项目{number}", content="内容" * 200, kinds=[],
                         region_code="150207", region_name="九原区", form="point", precision_m=50)
        for number in range(1100)
    )  # fmt: skip
    with django_assert_max_num_queries(11, using="public"):
        response = client.get("/public/open-data/latest/projects.geojson")
        pieces = list(response.streaming_content)
    assert len(pieces) > 10
    assert len(json.loads(b"".join(pieces))["features"]) == 1100


# --- the page and the command ---------------------------------------------------------------------


def test_the_page_explains_every_field_and_every_code(client, history):
    text = client.get("/public/open-data/").content.decode()
    for field in FIELDS:
        assert f"<code>{field.name}</code>" in text
    for code in (*Stage.values, *Industry.values):
        assert f"<code>{code}</code>" in text
    for words in ("CC BY 4.0", "CGCS2000", "WGS 84", "projects.oc4ids.json", "OC4IDS 0.9.5"):
        assert words in text
    day = (timezone.localdate() - timedelta(30)).isoformat()
    assert f"/public/open-data/{day}/projects.csv" in text
    assert client.get("/public/open-data/?page=2").status_code == 404


def test_every_public_field_of_a_project_is_in_the_files():
    """A field that is added to the public copy must be told of here, or left out on purpose."""
    documented = {field.name for field in FIELDS}
    own = {field.name for field in DisclosedProject._meta.concrete_fields} - {"id", "geometry", "mark"}
    assert own <= documented


@pytest.mark.parametrize("form", ["oc4ids", "geojson", "csv"])
def test_the_command_writes_the_same_file(client, tmp_path, form, settings):
    settings.PUBLIC_ADDRESS = "http://testserver"
    disclosed()
    out = tmp_path / "out"
    call_command("export_open_data", format=form, out=out, verbosity=0)
    assert out.read_text(encoding="utf-8") == fetched(
        client, "oc4ids.json" if form == "oc4ids" else form
    ).replace("\r\n", "\n")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_command_validates_and_goes_back_in_time(tmp_path, history):
    out = tmp_path / "out.json"
    day = timezone.localdate() - timedelta(20)
    call_command("export_open_data", format="oc4ids", out=out, as_of=day, validate=True, verbosity=0)
    assert json.loads(out.read_text())["projects"][0]["title"] == "旧名称"


def test_the_command_writes_nothing_invalid(tmp_path, settings):
    settings.OPEN_DATA = {**settings.OPEN_DATA, "licence_url": "no address at all"}
    disclosed()
    with pytest.raises(CommandError, match="not valid, nothing written"):
        call_command("export_open_data", format="oc4ids", out=tmp_path / "out", validate=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"format": "csv", "as_of": date(9999, 1, 1)}, "has not come yet"),
        ({"format": "csv", "validate": True}, "--validate is for"),
    ],
)
def test_the_command_refuses_in_one_line(tmp_path, options, told):
    disclosed()
    with pytest.raises(CommandError, match=told):
        call_command("export_open_data", out=tmp_path / "out", **options)
