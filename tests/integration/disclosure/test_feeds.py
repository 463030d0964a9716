"""The feeds as a reader meets them: stable ids, corrections, withdrawals, pages, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import feedparser
import pytest
from django.utils import timezone
from lxml import etree

from gis_projects.disclosure.feeds.feeds import PAGE, feeds
from gis_projects.disclosure.models import (
    DisclosedProject,
    HandlingMatter,
    HandlingStep,
    PublicChange,
    PublicQuestion,
    PublishedArticle,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def project(slug: str = "p1", hours: int = 0, **fields) -> DisclosedProject:
    whole = {"name": "三环路 <改造>", "content": "改造 & 道路", "kinds": ["key"], "region_code": "150207",
             "region_name": "九原区", "form": "point", "precision_m": 50, "stage": "construction",
             "published_at": START, "changed_at": START + timedelta(hours=hours)}  # fmt: skip
    return DisclosedProject.objects.create(slug=slug, **whole | fields)


def withdrawn(subject: str, hours: int = 0) -> PublicChange:
    return PublicChange.objects.create(subject=subject, kind="withdrawn", at=START + timedelta(hours=hours))


def everything() -> None:
    """One thing of each source."""
    one = project()
    article = {"title": "公告一", "text": "全文", "region_code": "150207", "region_name": "九原区",
               "published_at": START, "changed_at": START + timedelta(hours=1)}  # fmt: skip
    PublishedArticle.objects.create(slug="n1", kind="notice", **article)
    PublishedArticle.objects.create(slug="g1", kind="guide", **article | {"title": "指南一"})
    PublicQuestion.objects.create(
        slug="q1", kind="consult", question="何时完工？", answer="明年。", department="建设局", region_code="150202",
        region_name="东河区", asked_on=date(2026, 3, 1), answered_on=date(2026, 3, 2), published_at=START,
        changed_at=START + timedelta(hours=2),
    )  # fmt: skip
    matter = HandlingMatter.objects.create(
        slug="m1", project=one, kind="site", region_code="150207", region_name="九原区", stages=[1, 2],
        started_on=date(2026, 3, 1), changed_at=START + timedelta(hours=3),
    )  # fmt: skip
    HandlingStep.objects.create(matter=matter, stage=1, on=date(2026, 3, 1))


def atom(client, name="all", query=""):
    response = client.get(f"/public/feeds/{name}.atom{query}")
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return etree.fromstring(response.content)


def ids(client, name="all", query="") -> list[str]:
    """Ids in the order of the feed; they are the same in all formats."""
    root = atom(client, name, query)
    found = [
        element.get("ref") or element.findtext(f"{ATOM}id")
        for element in root
        if element.tag in (f"{ATOM}entry", TOMBSTONE)
    ]
    items = client.get(f"/public/feeds/{name}.json{query}").json()["items"]
    assert [item["id"] for item in items] == found
    rss = etree.fromstring(client.get(f"/public/feeds/{name}.rss{query}").content)
    assert [guid.text for guid in rss.iter("guid")] == found
    return [found_id.removeprefix("urn:gis-projects:150200:") for found_id in found]


def test_the_newest_first_of_every_source(client):
    everything()
    withdrawn("project:gone", hours=10)
    assert ids(client) == [
        "project:gone", "handling:m1", "question:q1", "notice:n1", "guide:g1", "project:p1"
    ]  # fmt: skip


def test_an_atom_feed_keeps_the_rules_of_rfc_4287(client):
    everything()
    withdrawn("project:gone")
    root = atom(client)
    for element, name in [(root, "feed"), *((entry, "entry") for entry in root.iter(f"{ATOM}entry"))]:
        for required in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{required}")) == 1, (name, required)
        moment = datetime.fromisoformat(element.findtext(f"{ATOM}updated"))
        assert moment.tzinfo is not None
    assert root.find(f"{ATOM}author/{ATOM}name").text
    assert [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"] == [
        "http://testserver/public/feeds/all.atom"
    ]
    for entry in root.iter(f"{ATOM}entry"):
        [link] = entry.findall(f"{ATOM}link")
        assert link.get("href").startswith("http://testserver/public/")
        assert client.get(link.get("href").removeprefix("http://testserver")).status_code == 200
    [gone] = root.iter(TOMBSTONE)
    assert sorted(gone.attrib) == ["ref", "when"]
    assert len(gone) == 0 and not gone.text  # noqa: PT018


def test_another_reader_understands_it(client):
    everything()
    for form in ("atom", "rss"):
        read = feedparser.parse(client.get(f"/public/feeds/projects.{form}").content)
        assert not read.bozo, read.get("bozo_exception")
        [entry] = read.entries
        assert entry.id == "urn:gis-projects:150200:project:p1"
        assert entry.title in ("三环路 <改造>", "三环路 &lt;改造&gt;")
        assert entry.link == "http://testserver/public/projects/p1/"
        assert entry.updated_parsed[:4] == (2026, 3, 1, 4)
        assert [tag.term for tag in entry.tags] == ["重点项目"]


def test_rss_keeps_its_rules(client):
    everything()
    withdrawn("project:gone")
    rss = etree.fromstring(client.get("/public/feeds/all.rss").content)
    assert rss.get("version") == "2.0"
    [channel] = rss
    for required in ("title", "link", "description"):
        assert channel.findtext(required)
    for item in channel.iter("item"):
        assert item.findtext("title") or item.findtext("description")
        assert item.find("guid").get("isPermaLink") == "false"
        assert item.findtext("link") is None or item.findtext("link").startswith("http://testserver/")
    gone = [item for item in channel.iter("item") if item.findtext("category") == "withdrawn"]
    assert [[child.tag for child in item] for item in gone] == [["title", "pubDate", "guid", "category"]]


def test_json_feed_keeps_its_rules(client):
    everything()
    withdrawn("project:gone")
    response = client.get("/public/feeds/all.json")
    assert response["Content-Type"] == "application/feed+json"
    feed = response.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://testserver/public/feeds/all.json"
    for item in feed["items"]:
        assert item["content_text"]
        assert datetime.fromisoformat(item["date_modified"]).tzinfo
    [gone] = [item for item in feed["items"] if "withdrawn" in item["tags"]]
    assert set(gone) == {"id", "content_text", "date_modified", "tags"}


def test_a_correction_is_the_same_entry_at_a_later_time(client):
    one = project()
    before = atom(client, "projects").find(f"{ATOM}entry")
    DisclosedProject.objects.filter(pk=one.pk).update(
        name="三环路改造（更正）", changed_at=START + timedelta(days=1)
    )
    [after] = atom(client, "projects").findall(f"{ATOM}entry")
    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert after.findtext(f"{ATOM}published") == before.findtext(f"{ATOM}published")
    assert after.findtext(f"{ATOM}updated") > before.findtext(f"{ATOM}updated")
    assert after.findtext(f"{ATOM}title") == "三环路改造（更正）"


def test_what_was_withdrawn_and_published_again_is_an_entry_again(client):
    one = project()
    withdrawn("project:p1")
    assert TOMBSTONE not in [element.tag for element in atom(client)]
    one.delete()
    assert TOMBSTONE in [element.tag for element in atom(client)]


@pytest.mark.parametrize("name", sorted(feeds()))
def test_what_has_run_out_is_not_told(client, name):
    everything()
    yesterday = timezone.localdate() - timedelta(1)
    DisclosedProject.objects.update(until=yesterday)
    PublishedArticle.objects.update(until=yesterday)
    for form in ("atom", "rss", "json"):
        text = client.get(f"/public/feeds/{name}.{form}").content.decode()
        assert "三环路" not in text
        assert "公告一" not in text


def test_pages_lead_through_everything_once(client):
    DisclosedProject.objects.bulk_create(
        DisclosedProject(slug=f"many{number:03}", name=f"项目{number}", kinds=[], region_code="150207",
                         region_name="九原区", form="point", precision_m=50,
                         changed_at=START + timedelta(minutes=number))
        for number in range(2 * PAGE + 3)
    )  # fmt: skip
    for number in range(4):
        withdrawn(f"project:gone{number}", hours=-number)
    seen, address = [], "/public/feeds/projects.json"
    while address:
        feed = client.get(address.removeprefix("http://testserver")).json()
        seen += [item["id"] for item in feed["items"]]
        address = feed.get("next_url", "")
    assert len(seen) == len(set(seen)) == 2 * PAGE + 7
    assert seen == [*sorted((one for one in seen if "many" in one), reverse=True), *seen[-4:]]
    relations = {
        link.get("rel"): link.get("href")
        for link in atom(client, "projects", "?page=2").findall(f"{ATOM}link")
    }
    assert relations["previous"] == "http://testserver/public/feeds/projects.atom"
    assert relations["next"] == "http://testserver/public/feeds/projects.atom?page=3"
    assert client.get("/public/feeds/projects.atom?page=4").status_code == 404


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("all?region=150202", ["question:q1"]),
        ("all?kind=notice", ["notice:n1"]),
        ("projects?kind=key", ["project:p1"]),
        ("projects?kind=reserve", []),
        ("articles?kind=guide", ["guide:g1"]),
        ("government", ["handling:m1", "question:q1", "notice:n1", "guide:g1", "project:p1"]),
        ("hall", ["handling:m1", "guide:g1"]),
        ("hall?kind=guide", ["guide:g1"]),
        ("bureau", ["question:q1", "notice:n1", "project:p1"]),
    ],
)
def test_each_portal_takes_what_it_wants(client, address, wanted):
    everything()
    name, _mark, query = address.partition("?")
    assert ids(client, name, f"?{query}" if query else "") == wanted


def test_withdrawals_pass_every_filter(client):
    withdrawn("project:gone")
    assert ids(client, "projects", "?region=150299&kind=reserve") == ["project:gone"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("people.atom", 404), ("all.xml", 404), ("all.atom?page=0", 404), ("all.atom?page=x", 404),
        ("all.atom?page=2", 404), ("all.atom?kind=secret", 400), ("all.atom?region=1", 400),
        ("hall.atom?kind=notice", 400),
    ],
)  # fmt: skip
def test_what_there_is_not(client, address, status):
    assert client.get(f"/public/feeds/{address}").status_code == status


def test_a_feed_is_sent_again_only_when_something_changed(client):
    project()
    address = "/public/feeds/projects.atom"
    first = client.get(address)
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    DisclosedProject.objects.all().delete()
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_an_empty_feed_is_a_feed(client):
    root = atom(client)
    assert root.findtext(f"{ATOM}id") == "urn:gis-projects:150200:feed:all"
    assert client.get("/public/feeds/all.json").json()["items"] == []


def test_no_character_breaks_the_xml(client):
    project(name="坏\x01字\x0b符]]>", content="<script>&amp;")
    assert atom(client).find(f"{ATOM}entry").findtext(f"{ATOM}title") == "坏字符]]>"


def test_the_page_lists_every_feed_in_every_format(client):
    text = client.get("/public/feeds/").content.decode()
    for name in feeds():
        for form in ("atom", "rss", "json"):
            assert f'href="/public/feeds/{name}.{form}"' in text
