"""Nothing leaks: random requests over a library full of secrets bring no byte of what isn't disclosed.

Some 1,500 requests by default; ``LEAK_REQUESTS=10000`` makes them ten thousand. The seed stands in ``LEAK_SEED``.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote, quote_plus, unquote_plus

import numpy as np
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_projects.disclosure import caching
from gis_projects.disclosure.models import (
    DisclosedEvent,
    DisclosedProject,
    HandlingMatter,
    PublicQuestion,
    PublishedArticle,
)
from gis_projects.library.models import Project
from gis_projects.publishing.actions import projects as actions
from tests.factories.disclosed import approved, boundary, project_with_site, shown, two_people
from tests.factories.marks import Marks, content
from tests.factories.public_requests import BROKEN, GENERATORS, Asked, Curious, names
from tests.factories.secret_projects import Secret, secret

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])

REQUESTS = int(os.environ.get("LEAK_REQUESTS", 1500))
SEED = int(os.environ.get("LEAK_SEED", 20260701))
#: Rounds of the walk below, each with its share of the requests.
ROUNDS = 6
# What differs from one rendering to the next and says nothing: keys drawn for forms, nonces and tokens of error pages.
_DRAWN = re.compile(
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    '|nonce="[^"]+"|nonce-[^\']+|<input type="hidden" name="(?:token|csrfmiddlewaretoken)"[^>]*>'
)
_INSIDE = (
    "Traceback", "SELECT ", "INSERT ", "disclosure_", "psycopg2", "gis_projects_public", f"{settings.BASE_DIR}/",
    "django.", "library_project", "OperationalError", "DoesNotExist",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """No answer kept from another test."""
    monkeypatch.setattr(caching, "shelf", caching.Shelf())


@dataclass
class World:
    """What is disclosed, what is not, and somebody curious."""

    people: tuple
    shown: list[DisclosedProject]
    client: Client


@pytest.fixture
def world() -> World:
    """Three disclosed projects, an article, an answer and a matter; nothing else yet."""
    people = two_people()
    rows = [
        shown(
            project_with_site(
                boundary(109.85 + 0.05 * at, 40.70), name=f"公开项目{at}", content="公开的内容"
            ),
            people,
        )
        for at in range(3)
    ]
    words = {"region_code": "150207", "region_name": "九原区"}
    PublishedArticle.objects.create(
        slug="article1", kind="notice", title="公开公告", text="公开全文", **words
    )
    PublicQuestion.objects.create(
        slug="question1", kind="consult", question="公开问题", answer="公开答复", department="发展改革委",
        project=rows[0],
        asked_on=date(2026, 1, 5), answered_on=date(2026, 1, 6), **words,
    )  # fmt: skip
    HandlingMatter.objects.create(
        slug="matter1", project=rows[1], kind="site", stages=[1, 2], started_on=date(2026, 1, 7), **words
    )
    client = Client(raise_request_exception=False)
    return World(people, rows, client)


def curious(world: World, seed: int, *secrets: Secret, slugs: tuple[str, ...] = ()) -> Curious:
    """Knows the names of all secrets, all slugs, and where to look."""
    return Curious(
        seed,
        words=[word for one in secrets for word in one.marks.values()] or ["秘名"],
        slugs=[*(row.slug for row in world.shown), *slugs, "article1", "question1", "matter1"],
        places=[(109.85, 40.70), *(tuple(one.places.mean(axis=0)) for one in secrets)],
    )


def marks_of(*secrets: Secret) -> Marks:
    return Marks(
        {key: word for one in secrets for key, word in one.marks.items()},
        np.concatenate([one.places for one in secrets]),
    )


def asked(client: Client, one: Asked):
    return client.generic(one.method, one.path, headers=one.headers)


def without_echo(marks: Marks, one: Asked) -> Marks:
    """A word that somebody typed may stand in the answer to them; what it finds is compared elsewhere."""
    said = unquote_plus(one.path)
    return Marks({what: word for what, word in marks.words.items() if word not in said}, marks.places)


def walked(world: World, who: Curious, number: int, marks: Marks) -> Counter:
    """Ask so many random things; what of the marks came back, and what answers there were."""
    seen: Counter = Counter()
    leaks: list[str] = []
    for _ in range(number):
        one = who.next()
        response = asked(world.client, one)
        seen[response.status_code] += 1
        assert response.status_code < 500, one
        if tag := response.headers.get("ETag"):
            who.tags.append(tag)
        leaks += [f"{what}: {one}" for what in without_echo(marks, one).found(one.path, response)]
    assert leaks == [], f"{len(leaks)} of {number}, seed {who.seed}"
    assert seen[200] > number // 4, seen
    return seen


def everywhere(world: World, slugs: list[str]) -> dict[str, bytes]:
    """Every address that shows projects, plainly."""
    today = timezone.localdate()
    paths = [
        "/", "/public/projects/", "/public/list.json", "/public/projects.geojson", "/public/projects.csv",
        "/public/statistics/", "/public/open-data/", "/public/feeds/all.atom", "/public/feeds/projects.rss",
        "/public/feeds/projects.json", "/public/feeds/handling.json", "/public/changes.json", "/public/handling/",
        "/public/questions/", *(f"/public/projects/{slug}/" for slug in slugs),
        *(f"/public/open-data/{day}/projects.{form}"
          for day in ("latest", today.isoformat(), (today - timedelta(1)).isoformat())
          for form in ("csv", "geojson", "oc4ids.json")),
    ]  # fmt: skip
    found = {}
    for path in paths:
        response = world.client.get(path)
        assert response.status_code in (200, 404), (path, response.status_code)
        found[path] = content(response)
    return found


# --- the generator covers everything, the search finds what is there --------------------------------


def test_every_public_address_is_asked():
    """A new address without a generator of requests fails here; a generator without an address, too."""
    assert names() == set(GENERATORS)


def test_the_search_finds_what_is_disclosed(world):
    """The same marks, of a project that is shown, are found: in pages, tables, tiles, gzip and escapes."""
    one = secret(1)
    public = shown(one.project, world.people)
    marks = marks_of(one)
    lon, lat = one.places.mean(axis=0)
    for path in ("/", "/public/projects.geojson", "/public/projects.csv", f"/public/projects/{public.slug}/",
                 "/public/open-data/latest/projects.oc4ids.json", "/public/feeds/projects.rss"):  # fmt: skip
        response = world.client.get(path, headers={"accept-encoding": "gzip"})
        assert any("name" in what for what in marks.found(path, response)), path
    tile = Curious(1, words=["x"], slugs=[], places=[(lon, lat)])
    paths = {GENERATORS["tile"](tile) for _ in range(200)}
    deep = [path for path in paths if re.match(r"/public/tiles/1[4-8]/", path) and "?" not in path]
    assert deep
    assert any("place" in what for path in deep for what in marks.found(path, world.client.get(path))), deep


# --- nothing of what was never disclosed --------------------------------------------------------------


def test_what_was_never_disclosed_changes_not_a_byte(world):
    """The same requests before and after the inside is full of secrets: the same bytes, the same tags."""
    who = curious(world, SEED, slugs=("unknown1",))
    who.words += [f"秘名{number}瀚" for number in range(1, 5)]
    who.places += [(109.71, 40.337), (109.82, 40.374), (109.93, 40.411), (110.04, 40.448)]
    questions = [who.next() for _ in range(REQUESTS // ROUNDS)]
    before = [_answer(world.client, one) for one in questions]
    secret(1)
    secret(2, secrecy="confidential")
    secret(3, sensitive=True, sensitive_reason="秘因瀚")
    scheduled = secret(4)
    proposal = actions.propose(
        by=world.people[0], project=scheduled.project, starts_at=timezone.now() + timedelta(days=2)
    )
    assert approved(proposal, world.people[1]) is None
    caching.shelf = caching.Shelf()
    after = [_answer(world.client, one) for one in questions]
    differ = [
        (one, [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]])
        for one, first, second in zip(questions, before, after, strict=True)
        if first != second
    ]
    assert differ == []
    assert Counter(status for status, _headers, _body in before)[200] > len(questions) // 4


def _answer(client: Client, one: Asked) -> tuple[int, tuple, str]:
    client.cookies.clear()  # a language that was chosen
    response = asked(client, one)
    assert response.status_code < 500, one
    kept = tuple((name, _DRAWN.sub("drawn", value)) for name, value in response.items() if name != "ETag")
    return response.status_code, kept, _DRAWN.sub("drawn", content(response).decode(errors="surrogateescape"))


def test_random_requests_bring_nothing_that_is_not_disclosed(world):
    """Through every step of a project's public life, with undisclosed, confidential, sensitive, scheduled and expired
    ones beside it: what isn't disclosed at the time is nowhere, and the counts are those of what is.
    """
    hidden = [
        secret(1), secret(2, secrecy="confidential"), secret(3, sensitive=True, sensitive_reason="秘因瀚"), secret(4)
    ]  # fmt: skip
    proposal = actions.propose(
        by=world.people[0], project=hidden[3].project, starts_at=timezone.now() + timedelta(days=2)
    )
    assert approved(proposal, world.people[1]) is None
    expired = secret(5)
    run_out = shown(expired.project, world.people)
    DisclosedProject.objects.filter(slug=run_out.slug).update(until=timezone.localdate() - timedelta(1))
    DisclosedEvent.objects.create(slug=run_out.slug, on=date(2026, 1, 1), text=expired.marks["name of 5"])
    words = {"region_code": "150207", "region_name": "九原区"}
    HandlingMatter.objects.create(
        slug="matter5", project=run_out, kind="site", stages=[1], started_on=date(2026, 1, 7), **words
    )
    hidden.append(expired)
    subject = secret(6)
    number = REQUESTS // ROUNDS
    slugs = (run_out.slug, "matter5")

    walked(world, curious(world, SEED + 1, *hidden, subject, slugs=slugs), number, marks_of(*hidden, subject))
    _counts(world, 3)

    public = shown(subject.project, world.people)
    slugs = (*slugs, public.slug)
    walked(world, curious(world, SEED + 2, *hidden, subject, slugs=slugs), number, marks_of(*hidden))
    _counts(world, 4)
    old = {**subject.marks}

    Project.objects.filter(pk=subject.project.pk).update(name="更正后的名称澜", content="更正后的内容澜")
    subject.project.refresh_from_db()
    actions.correct_project(
        by=world.people[0], approved_by=world.people[1], project=subject.project, reason="更正", form="none",
        fields=("stage",),
    )  # fmt: skip
    walked(
        world, curious(world, SEED + 3, *hidden, subject, slugs=slugs), number,
        Marks({**marks_of(*hidden).words, **old}, marks_of(*hidden, subject).places),
    )  # fmt: skip
    _counts(world, 4)
    assert "更正后的名称澜" in world.client.get(f"/public/projects/{public.slug}/").content.decode()

    actions.withdraw_project(by=world.people[1], project=subject.project, reason="秘因瀚")
    gone = {
        **old,
        "corrected name": "更正后的名称澜",
        "corrected content": "更正后的内容澜",
        "reason": "秘因瀚",
    }
    marks = Marks({**marks_of(*hidden).words, **gone}, marks_of(*hidden, subject).places)
    walked(world, curious(world, SEED + 4, *hidden, subject, slugs=slugs), number, marks)
    _counts(world, 3)
    for path, body in everywhere(world, [*slugs]).items():
        leaked = [what for what, word in marks.words.items() if word.encode() in body]
        assert leaked == [], path
        # Of a withdrawn one the id is told where withdrawals are told, and nowhere else.
        if not path.startswith(("/public/feeds/", "/public/open-data/", "/public/changes.json")):
            assert public.slug.encode() not in body or path.endswith(f"/{public.slug}/"), path


def _counts(world: World, number: int) -> None:
    """Every count that is told plainly is that of what is disclosed."""
    get = world.client.get
    assert len(get("/public/projects.geojson").json()["features"]) == number
    assert len(json.loads(content(get("/public/open-data/latest/projects.geojson")))["features"]) == number
    assert (
        len(json.loads(content(get("/public/open-data/latest/projects.oc4ids.json")))["projects"]) == number
    )
    assert content(get("/public/open-data/latest/projects.csv")).count(b"\r\n") == number + 1
    assert content(get("/public/projects.csv")).count(b"\n") == number + 1
    items = get("/public/feeds/projects.json").json()["items"]
    assert len([item for item in items if "withdrawn" not in item["tags"]]) == number


@pytest.mark.parametrize("path", BROKEN)
def test_broken_addresses_are_answered_and_say_nothing(world, path):
    response = world.client.generic("GET", path)
    assert response.status_code < 500
    text = content(response).decode(errors="replace")
    assert [word for word in _INSIDE if word in text] == []


# --- words that are searched for --------------------------------------------------------------------


def test_a_hidden_name_is_searched_like_nonsense(world):
    """Whatever is found for the name of a hidden project is found for a word that nobody ever wrote."""
    hidden = secret(1)
    withdrawn = secret(2)
    shown(withdrawn.project, world.people)
    actions.withdraw_project(by=world.people[1], project=withdrawn.project, reason="x")
    for one in (hidden, withdrawn):
        for word in one.marks.values():
            nonsense = "".join(
                "零" if ord(letter) > 127 else "8" if letter.isalnum() else letter for letter in word
            )
            for path in ("/", "/public/projects/", "/public/list.json", "/public/search.json",
                         "/public/projects.geojson", "/public/projects.csv", "/public/statistics/"):  # fmt: skip
                told = [
                    _unsaid(content(world.client.get(path, {"q": asked_for})).decode(), asked_for)
                    for asked_for in (word, nonsense)
                ]
                assert told[0] == told[1], (path, word)


def _unsaid(text: str, word: str) -> str:
    for said in (word, quote(word), quote_plus(word), quote(quote(word)), json.dumps(word)[1:-1]):
        text = text.replace(said, "…")
    return text


# --- what is not there any more is what never was ----------------------------------------------------


def test_a_withdrawn_project_is_answered_like_one_that_never_was(world):
    """The same status, the same body but for the address, the same headers, the same questions to the database."""
    one = secret(1)
    slug = shown(one.project, world.people).slug
    tag = world.client.get(f"/public/projects/{slug}/")["ETag"]
    actions.withdraw_project(by=world.people[1], project=one.project, reason="x")
    answers = []
    for name in (slug, "0" * len(slug)):
        with CaptureQueriesContext(connections["public"]) as queries:
            response = world.client.get(f"/public/projects/{name}/", headers={"if-none-match": tag})
        answers.append(
            (
                response.status_code,
                response.content.decode().replace(name, "…"),
                sorted(response.items()),
                [query["sql"].replace(name, "…") for query in queries],
            )
        )
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert "ETag" not in dict(answers[0][2])


# --- when something breaks -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_lost_database_says_nothing(world, language, monkeypatch):
    """The connection is cut behind the pages' back: an error page without a word of the inside."""
    broken = 0
    for name in ("map", "project_list", "projects", "statistics", "open_data", "feed", "tile", "handling"):
        path = GENERATORS[name](curious(world, 1)).partition("?")[0]
        _cut()
        response = world.client.get(path, headers={"accept-language": language})
        connections["public"].close()
        text = content(response).decode(errors="replace")
        headed = str(dict(response.items()))
        assert [word for word in _INSIDE if word in text or word in headed] == [], path
        broken += response.status_code >= 500
        assert response.status_code != 200 or name == "feed", path
    assert broken >= 6


def _cut() -> None:
    """End the public connection's own backend; Django doesn't know of it until its next question."""
    with connections["public"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
