"""A working day: 50 staff at once in a library of 10,000 projects, each doing something every five seconds."""

from __future__ import annotations

import http.client
import json
import os
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from tests.bench import staff_land
from tests.bench.land import ROOT, Land, environment
from tests.bench.report import Report, Row, percentiles
from tests.bench.tile_servers import (
    THREADS,
    WORKERS,
    children,
    free_port,
    platform,
    processor_seconds,
    serving,
)

STAFF = int(os.environ.get("BENCH_STAFF", 50))
MINUTES = float(os.environ.get("BENCH_MINUTES", 5))
EVERY = 5.0  # seconds between two acts of one person
LIMIT_MS = 500
TOKEN = "b" * 32
#: Who is at work: how many of each role, of 50.
ROLES = {
    "handler": 20, "approver": 8, "admission": 4, "planner": 1, "coordinator": 2, "finance": 2, "monitor": 2,
    "leader": 1, "owner": 9, "administrator": 1,
}  # fmt: skip
#: What people open, by how often; the rest of an act's weight is writing.
READS = {
    "list": 20, "project": 20, "desk": 14, "tasks": 8, "cases": 6, "case": 8, "counts": 4, "map": 2, "timeline": 4,
    "statistics": 2, "libraries": 2,
}  # fmt: skip
WRITES = {"opinion": 6, "record": 4}
WORDS = ("供水", "道路", "学校", "医院", "污水", "河道", "厂房", "光伏")


@dataclass(frozen=True)
class Act:
    """One thing that somebody does: an address to read, or one to send a body to."""

    what: str
    address: str
    body: bytes | None = None
    method: str = "GET"


@dataclass
class Person:
    """One of the staff, with what is theirs: the projects that they may know of and the tasks of their department."""

    name: str
    role: str
    cookies: str
    projects: list[int]
    cases: list[int]
    opinions: list[Act]
    records: list[Act]
    chance: random.Random

    def next(self) -> Act:
        weights = {what: weight for what, weight in READS.items() if self._has(what)}
        weights |= {what: weight for what, weight in WRITES.items() if self._has(what)}
        [what] = self.chance.choices(list(weights), list(weights.values()))
        if what == "opinion":
            return self.opinions.pop()
        if what == "record":
            return self.records.pop()
        return Act(what, self._address(what))

    def _has(self, what: str) -> bool:
        needs: dict[str, Any] = {
            "project": self.projects, "timeline": self.projects, "case": self.cases, "opinion": self.opinions,
            "record": self.records, "tasks": self.role in ("handler", "approver"),
            "statistics": self.role != "owner", "libraries": self.role != "owner",
        }  # fmt: skip
        return bool(needs.get(what, True))

    def _address(self, what: str) -> str:
        match what:
            case "list":
                return "/projects/?" + urlencode(self._filters())
            case "project":
                return f"/projects/{self.chance.choice(self.projects)}/"
            case "timeline":
                return f"/projects/{self.chance.choice(self.projects)}/timeline/"
            case "case":
                return f"/arguments/{self.chance.choice(self.cases)}/"
            case "counts":
                return "/api/v1/projects/counts/?" + urlencode(self._filters())
            case "map":
                return "/api/v1/projects/map/?" + urlencode(
                    {**self._filters(), "form": "rows"}
                )  # what the page asks
        return {"desk": "/desk/", "tasks": "/arguments/tasks/", "cases": "/arguments/", "statistics": "/statistics/",
                "libraries": "/libraries/"}[what]  # fmt: skip

    def _filters(self) -> dict[str, str]:
        given = {
            "q": self.chance.choice(WORDS),
            "stage": self.chance.choice(("planning", "preparation", "construction")),
            "industry": self.chance.choice(("D", "G", "P", "N")),
            "library": self.chance.choice(("catalogue", "reserve", "implementation")),
            "year_from": "2020",
            "planned_from": "50000000",
            "kind": self.chance.choice(("key", "government", "planned", "reserve")),
            "sort": self.chance.choice(("code", "-planned", "name", "-year")),
            "page": str(self.chance.randrange(1, 5)),
        }
        return {name: given[name] for name in self.chance.sample(sorted(given), self.chance.randrange(4))}


@dataclass
class Seen:
    """What came of all acts."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    late: float = 0.0


def run(_wanted: Land) -> bool:
    land = staff_land.ready()
    report = Report(
        "staff",
        f"{STAFF} staff in a library of {staff_land.PROJECTS:,} projects, each acting every {EVERY:.0f} s for "
        f"{MINUTES:g} minutes: gunicorn {WORKERS} workers × {THREADS} threads",
        "Django's admin",
    )
    people = _people()
    with platform(land) as port:
        for person in people:
            _ask(port, person, Act("list", "/projects/"))  # connections and caches of both workers
        before = _served()
        seen = _day(port, people)
        served = _served() - before
        ours = _lists(port, people[-1], "/projects/")
    with changelist(land) as port:
        peers = _lists(port, people[-1], "/peer/library/project/")
    every = [value for values in seen.seconds.values() for value in values]
    p50, p95 = (value * 1000 for value in percentiles(every))
    report.add(
        Row(f"all {len(every):,} acts, p50", p50, "ms"),
        Row(f"all {len(every):,} acts, p95", p95, "ms", target=LIMIT_MS),
        Row(
            "the platform's processor time per act, without the database's", served / len(every) * 1000, "ms"
        ),
        Row("answers that were not what was expected", seen.wrong.total(), "", target=0),
    )
    for what, values in sorted(seen.seconds.items()):
        half, most = (value * 1000 for value in percentiles(values))
        name = f"{what} ({len(values)}), p95"
        report.add(Row(name, most, "ms", target=LIMIT_MS, note=f"p50 {half:.0f} ms"))
    for at, share in enumerate(("p50", "p95")):
        mine, other = percentiles(ours)[at] * 1000, percentiles(peers)[at] * 1000
        report.add(Row(f"the list alone, one person, {share}", mine, "ms", peer=other))
    report.notes += [f"{number} × {text}" for text, number in seen.wrong.most_common(5)]
    report.notes += [
        f"{len(every) / MINUTES / 60:.1f} acts a second, the latest begun {seen.late:.1f} s after its time; client "
        "and server share the machine",
        "the peer shows 50 rows of the same table with the same columns of its own row, searched and filtered alike; "
        "it asks for no permission, has no money beside, no toggles with counts",
    ]
    return report.finish()


# --- who, and what is theirs ----------------------------------------------------------------------


def _people() -> list[Person]:
    from gis_projects.argument.queries import cases
    from gis_projects.library.queries.projects import projects
    from gis_projects.people.models import User

    found: list[Person] = []
    spoken: set[int] = set()  # tasks that somebody will speak to
    share = STAFF / sum(ROLES.values())
    for role, number in ROLES.items():
        rows = User.objects.filter(roles__contains=[role], is_active=True).order_by("pk")
        for user in _spread(list(rows), max(1, round(number * share))):
            chance = random.Random(user.pk)
            known = list(projects(user).order_by("pk").values_list("pk", flat=True))
            asked = list(cases.cases(user, cases.Wanted()).values_list("pk", flat=True)[:500])
            found.append(
                Person(
                    user.username, role, _signed_in(user), known, asked, list(_opinions(user, spoken)),
                    list(_records(user, known, chance)), chance,
                )
            )  # fmt: skip
    return found


def _spread(rows: list[Any], number: int) -> list[Any]:
    """So many of these, from all over the list: departments and regions are in its order."""
    return [rows[at * len(rows) // number] for at in range(min(number, len(rows)))]


def _signed_in(user: Any) -> str:
    from django.test import Client

    browser = Client()
    browser.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={TOKEN}"


def _opinions(user: Any, spoken: set[int]) -> Iterator[Act]:
    """What a department's handler still has to say, complete, handed in; nothing that a colleague says."""
    from gis_projects.argument.models import Task
    from gis_projects.argument.queries.cases import TasksWanted, my_tasks
    from gis_projects.people.permissions import Permission, has
    from tests.factories.arguments import filled

    if not has(user, Permission.GIVE_OPINIONS):
        return
    waiting = my_tasks(user, TasksWanted(state="waiting")).exclude(pk__in=spoken)
    keys = list(waiting.values_list("pk", flat=True)[:20])
    spoken.update(keys)
    for task in Task.objects.filter(pk__in=keys).select_related("case__routing", "case__project"):
        body = {"verdict": "agree", "text": "同意。", "fields_stated": filled(task), "hand_in": True}
        yield Act("opinion", f"/api/v1/argument-tasks/{task.pk}/opinions/", json.dumps(body).encode(), "POST")


def _records(user: Any, known: Sequence[int], chance: random.Random) -> Iterator[Act]:
    """A project's own words changed by who keeps them up."""
    from gis_projects.library import upkeep
    from gis_projects.library.models import Project

    for key in chance.sample(list(known), min(8, len(known))):
        project = Project.objects.select_related("region").get(pk=key)
        if "content" in upkeep.may_change(user, project):
            body = {"content": f"{project.content}（更新 {chance.randrange(10**6)}）"}
            yield Act("record", f"/api/v1/projects/{key}/", json.dumps(body).encode(), "PATCH")


# --- the day --------------------------------------------------------------------------------------


def _day(port: int, people: Sequence[Person]) -> Seen:
    seen, lock = Seen(), threading.Lock()
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_works, args=(port, person, began + EVERY * at / len(people), seen, lock), daemon=True)
        for at, person in enumerate(people)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _served() -> float:
    """Processor seconds of the servers that this process runs, with their workers: what doesn't depend on who else is
    busy on the machine.
    """
    return sum(processor_seconds(int(pid)) for pid in children(os.getpid()))


def _works(port: int, person: Person, first: float, seen: Seen, lock: threading.Lock) -> None:
    """Act every five seconds by the clock; who waited longer for an answer acts at once and is late."""
    for number in range(int(MINUTES * 60 / EVERY)):
        due = first + number * EVERY
        time.sleep(max(0.0, due - time.perf_counter()))
        late = time.perf_counter() - due
        act = person.next()
        began = time.perf_counter()
        status, size = _ask(port, person, act)
        took = time.perf_counter() - began
        with lock:
            seen.seconds[act.what].append(took)
            seen.sizes[act.what].append(size)
            seen.late = max(seen.late, late)
            if status not in (200, 201):
                address = act.address.partition("?")[0]
                seen.wrong[f"{status} {act.method} {address} as {person.role}"] += 1


def _ask(port: int, person: Person, act: Act) -> tuple[int, int]:
    """As a browser does it: compressed, on a connection that isn't kept for five seconds of nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": person.cookies, "X-CSRFToken": TOKEN, "Accept-Encoding": "gzip"}
    if act.body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(act.method, quote(act.address, safe="/?&=%+-"), act.body, headers)
    answer = connection.getresponse()
    size = len(answer.read())
    connection.close()
    return answer.status, size


# --- the list alone, against Django's own ---------------------------------------------------------


@contextmanager
def changelist(land: Land) -> Iterator[int]:
    """Django's admin over the same table, behind the same number of workers and threads."""
    port = free_port()
    command: list[str | Path] = [
        sys.executable, "-m", "gunicorn", "tests.bench.peers.changelist:application", "--bind", f"127.0.0.1:{port}",
        "--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread",
    ]  # fmt: skip
    surroundings = {
        **environment(land), "DJANGO_SETTINGS_MODULE": "tests.bench.peers.changelist_settings",
        "SECRET_KEY": settings.SECRET_KEY,
    }  # fmt: skip
    with serving("changelist", command, port, surroundings):
        yield port


def _lists(port: int, person: Person, address: str) -> list[float]:
    """The first page and three filters, which both understand, ten times over; seconds of each answer."""
    questions = ["", "?q=" + quote("供水"), "?stage=construction", "?industry=P"]
    mapped = {"?stage=construction": "?stage__exact=construction", "?industry=P": "?industry__exact=P"}
    own = address.startswith("/projects/")
    seconds = []
    for number in range(44):
        asked = questions[number % 4]
        began = time.perf_counter()
        status, _size = _ask(
            port, person, Act("list", address + (asked if own else mapped.get(asked, asked)))
        )
        if status != 200:
            raise SystemExit(f"{status} for {address}{asked}; see {ROOT}")
        if number >= 4:  # the first of each is a cold one
            seconds.append(time.perf_counter() - began)
    return seconds
