"""A real Chromium against a live server on a real database, filled once for the whole run.

Every page is watched: a request that leaves the host, a broken content policy, a script error or a failed answer
fails the test that caused it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import shapely
from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connections
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.publishing.actions.outlines import publish_outlines
from gis_projects.sites.actions.boundaries import run_check, save_boundary
from siting.models import Check
from tests import databases
from tests.factories import land
from tests.factories.disclosed import project_with_site, shown
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import baotou, user_of

CHROMIUM = "/usr/bin/chromium"
DEMO = "演示数据,非真实界线"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# West of the middle of the land lies basic farmland, which no site may touch.
FARMLAND = shapely.box(109.81, 40.59, 109.845, 40.65)
WITH_HOLE = shapely.Polygon(
    land.SITE.exterior.coords,
    [[(109.847, 40.616), (109.848, 40.616), (109.848, 40.617), (109.847, 40.617)]],
)
# Playwright's loop makes Django believe that the tests are asynchronous; they are not.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class City:
    """What every browser test may look at. Tests that change a project make their own (`new_project`)."""

    planner: User
    reviewer: User
    projects: list[Project]
    check: Check


def new_project(
    name: str, polygon: object = None, kinds: tuple[str, ...] = ("key",), region: str = "150207"
) -> Project:
    user = User.objects.get(username="planner")
    project = ProjectFactory(
        name=name, kinds=list(kinds), region_id=region, location=Point(109.8475, 40.617, srid=4490)
    )
    InvestmentFactory(project=project)
    if polygon is not None:
        save_boundary(by=user, project=project, boundary=land.boundary(polygon), facts=land.FACTS)
        project.refresh_from_db()
    return project


@pytest.fixture(scope="package")
def database(django_test_environment, django_db_modify_db_settings, django_db_blocker) -> Iterator[None]:
    """A database of the browser tests' own, one for each worker: a fresh copy of the template, dropped afterwards.

    pytest-django makes one only for tests that carry its marker; these don't, as the server must see what they
    commit. Without this fixture they would write into the database that the settings name.
    """
    alias = connections["default"].settings_dict["TEST"]
    usual = alias["NAME"]
    alias["NAME"] = f"{usual}_browser"
    with django_db_blocker.unblock():
        databases.copied_from_template()
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        databases.ready(connections["default"])
        for name in connections:
            assert connections[name].settings_dict["NAME"] == f"{usual}_browser"
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        teardown_databases(made, verbosity=0)
    alias["NAME"] = usual


@pytest.fixture(scope="package")
def city(database, django_db_blocker, tmp_path_factory) -> Iterator[City]:
    with django_db_blocker.unblock():
        baotou()
        planner = user_of(Role.PLANNER, "150207")
        reviewer = user_of(Role.REVIEWER)
        land.publish_land(tmp_path_factory.mktemp("land"), {"YJJBNT": [("F1", "", FARMLAND)]})
        west = shapely.box(land.WEST, land.SOUTH, 109.87, land.NORTH)
        east = shapely.box(109.87, land.SOUTH, land.EAST, land.NORTH)
        land.publish_layer("XZQ", [("150207", "", west), ("150202", "", east)])
        kinds = [("key",), ("government",), ("planned",), ("reserve",), ("key", "government")]
        projects = [
            ProjectFactory(
                name=f"供水工程 {n}",
                kinds=list(kinds[n % 5]),
                region_id="150207",
                location=Point(109.82 + n * 0.003, 40.60 + n * 0.002, srid=4490),
            )
            for n in range(20)
        ]
        sited = new_project("带孔的选址", WITH_HOLE)
        for name, kinds_ in (("三环路改造", ["key", "government"]), ("供热管网改造", ["planned"])):
            shown(project_with_site(name=name, kinds=kinds_), (planner, reviewer), notice=DEMO)
        publish_outlines(by=reviewer, approved_by=user_of(Role.ADMINISTRATOR))
        check = run_check(by=planner, project=sited, site_version=sited.site.current)
        yield City(planner, reviewer, [*projects, sited], check)


@pytest.fixture(scope="package")
def server(city: City) -> Iterator[str]:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    running = LiveServer("127.0.0.1:0")
    yield running.url
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing: scripts/bootstrap tests installs it")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM)
        yield running
        running.close()


@dataclass
class Watch:
    """What went wrong on a page. A test that means a failure to happen says so in `expected`."""

    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.complaints.append(text)

    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(part in text for part in self.expected)]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_page(
    browser: Browser, server: str, city: City, watch: Watch, django_db_blocker
) -> Iterator[Callable[..., Page]]:
    """Open a page as a user (None: nobody) in a window of its own, in Chinese."""
    contexts = []

    def open_(
        path: str, user: User | None = None, viewport: dict[str, int] = DESKTOP, **more: object
    ) -> Page:
        context = browser.new_context(locale="zh-CN", viewport=viewport, base_url=server, **more)
        contexts.append(context)
        if user is not None:
            with django_db_blocker.unblock():
                client = Client()
                client.force_login(user, backend="gis_projects.people.backends.Accounts")
            context.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": client.cookies["sessionid"].value,
                        "url": server,
                    }
                ]
            )
        context.set_default_timeout(15_000)
        page = context.new_page()
        host = urlsplit(server).netloc

        def requested(request: object) -> None:
            url = urlsplit(request.url)
            if url.scheme in ("http", "https", "ws", "wss") and url.netloc != host:
                watch.note(f"left the host: {request.url}")

        page.on("request", requested)
        page.on("pageerror", lambda error: watch.note(f"script error: {error}"))
        page.on("console", lambda message: message.type == "error" and watch.note(f"console: {message.text}"))
        page.on(
            "response", lambda answer: answer.status >= 400 and watch.note(f"{answer.status} {answer.url}")
        )
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert watch.unexpected() == []


@pytest.fixture
def project(city: City, django_db_blocker) -> Callable[..., Project]:
    """Make a project of the test's own: ``project(name, polygon)``."""

    def make(name: str, *more: object) -> Project:
        with django_db_blocker.unblock():
            return new_project(name, *more)

    return make


def ready(page: Page) -> Page:
    """Wait until the map stands and its first data are there."""
    page.wait_for_selector("#map.leaflet-container")
    page.wait_for_load_state("networkidle")
    return page
