"""The live check over HTTP, as a planner's browser asks it while drawing."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import shapely
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from tests.bench.check import FACTS, outline_of_the_city
from tests.bench.land import ROOT, WORK, Land, environment
from tests.bench.report import Report, Row, percentiles
from tests.bench.sites import random_sites

WORKERS, THREADS = 2, 4
CROWD = 50
REQUESTS = int(os.environ.get("BENCH_REQUESTS", 400))
PATH = "/api/v1/checks/preview/"


@contextmanager
def server(land: Land) -> Iterator[int]:
    """A gunicorn as in operation, throttling lifted for this process only; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    log = (WORK / "gunicorn.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "gis_projects.wsgi", "--bind", f"127.0.0.1:{port}",
         "--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread"],
        cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **environment(land), "API_RATE": "1000000/min"},
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit(f"gunicorn did not start; see {log.name}")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def session() -> str:
    """Cookies of the demo's planner, signed in without a password."""
    browser = Client()
    browser.force_login(
        get_user_model().objects.get(username="planner"), backend=settings.AUTHENTICATION_BACKENDS[-1]
    )
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


@dataclass
class Browser(threading.Thread):
    """One client on one kept connection; it asks the next question as soon as it has the answer."""

    port: int
    cookies: str
    questions: list[bytes]
    seconds: list[float] = field(default_factory=list)
    bytes_in: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        token = "b" * 32
        headers = {
            "Content-Type": "application/json", "Cookie": f"{self.cookies}; csrftoken={token}", "X-CSRFToken": token,
        }  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for question in self.questions:
            began = time.perf_counter()
            connection.request("POST", PATH, question, headers)
            answer = connection.getresponse()
            content = answer.read()
            self.seconds.append(time.perf_counter() - began)
            self.bytes_in.append(len(content))
            if answer.status != 200:
                self.refused.append(f"{answer.status} {content[:200].decode(errors='replace')}")
        connection.close()

    __hash__ = threading.Thread.__hash__


def asked(
    port: int, cookies: str, questions: list[bytes], clients: int
) -> tuple[list[float], list[int], float]:
    """Ask all questions with so many clients at once: seconds of each, bytes of each, seconds in all."""
    browsers = [Browser(port, cookies, questions[number::clients]) for number in range(clients)]
    began = time.perf_counter()
    for browser in browsers:
        browser.start()
    for browser in browsers:
        browser.join()
    whole = time.perf_counter() - began
    refused = [text for browser in browsers for text in browser.refused]
    if refused:
        raise SystemExit(f"{len(refused)} live checks were refused, the first: {refused[0]}")
    return (
        [value for browser in browsers for value in browser.seconds],
        [value for browser in browsers for value in browser.bytes_in],
        whole,
    )


def run(land: Land) -> bool:
    report = Report(
        "http",
        f"Live check over HTTP: gunicorn {WORKERS} workers × {THREADS} threads, {land.parcels:,} parcels, "
        "sites of 0.01–10 km²",
        "",
    )
    questions = [
        json.dumps({"geometry": shapely.geometry.mapping(site.geometry), "facts": FACTS}).encode()
        for site in random_sites(REQUESTS, outline_of_the_city(), seed=11)
    ]
    cookies = session()
    with server(land) as port:
        asked(port, cookies, questions[:40], 4)  # connections, caches, prepared coverages of both workers
        for clients, limit in ((1, 120), (4, 300)):
            times, sizes, whole = asked(port, cookies, questions, clients)
            p50, p95 = (value * 1000 for value in percentiles(times))
            name = f"{clients} client{'s' if clients > 1 else ''}"
            report.add(
                Row(f"{name}, p50", p50, "ms"),
                Row(f"{name}, p95", p95, "ms", target=limit),
                Row(f"{name}, answers", len(times) / whole, "/s"),
            )
        times, _, whole = asked(port, cookies, questions[: CROWD * 4], CROWD)
        p50, p95 = (value * 1000 for value in percentiles(times))
        report.add(
            Row(f"{CROWD} clients at once: previews lost", CROWD * 4 - len(times), "", target=0),
            Row(f"{CROWD} clients at once, p95", p95, "ms"),
        )
    small, large = percentiles(sizes)
    report.notes += [
        f"{REQUESTS} different sites per line, one question after the other on a kept connection; client and server "
        "share the machine",
        f"answers of {small / 1024:.1f} kB (p50), {large / 1024:.1f} kB (p95), uncompressed, with the geometry of "
        "every finding",
    ]
    return report.finish()
