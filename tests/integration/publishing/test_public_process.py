"""A process for the public only, as it runs: what it has no address for, no table for, and what a withdrawal leaves.

Two workers of gunicorn over real HTTP, on the test's own database, signed in as the public's role.
"""

import http.client
import json
import os
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection

from gis_projects.disclosure import media_files
from gis_projects.disclosure.models import DisclosedMedia
from gis_projects.publishing.actions import progress
from gis_projects.publishing.actions import projects as actions
from tests.factories import media
from tests.factories.disclosed import project_with_site, shown, two_people

pytestmark = pytest.mark.django_db(transaction=True)
INSIDE = (
    "/login/", "/desk/", "/map/", "/projects/", "/projects/1/", "/projects/1/disclosure/", "/publishing/",
    "/statistics/", "/admin/", "/api/v1/", "/api/v1/projects/", "/api/schema/", "/checks/key.pem", "/accounts/",
)  # fmt: skip


@pytest.fixture
def environment(tmp_path):
    host = settings.DATABASES["default"]["HOST"].replace("/", "%2F")
    name = connection.settings_dict["NAME"]
    return os.environ | {
        "PUBLIC_ONLY": "1",
        "LOCAL_DIR": str(tmp_path),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "PUBLIC_DATABASE_URL": f"postgis://{settings.PUBLIC_DATABASE_ROLE}@{host}/{name}",
        "DJANGO_SETTINGS_MODULE": "gis_projects.settings",
    }


@pytest.fixture
def port(environment, tmp_path):
    log = (tmp_path / "log").open("wb+")
    running = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "gis_projects.wsgi", "--workers", "2", "--bind", "127.0.0.1:0"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=log,
        stderr=log,
    )
    try:
        yield _port_of(running, log)
    finally:
        running.terminate()
        running.wait(timeout=30)
        log.close()


def _port_of(running, log):
    """As gunicorn says it; given up when it ends."""
    end = time.monotonic() + 120
    while time.monotonic() < end and running.poll() is None:
        log.seek(0)
        said = log.read().decode()
        if said.count("Booting worker") == 2:
            return int(said.split("Listening at: http://127.0.0.1:")[1].split()[0])
        running.poll()
        time.sleep(0.2)
    log.seek(0)
    raise AssertionError(log.read().decode()[-2000:])


def get(port, address, **headers):
    """A connection of its own each time, so that any worker may answer."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        asked.request("GET", address, headers=headers)
        answer = asked.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        asked.close()


def test_it_has_no_address_of_the_inside(port):
    assert get(port, "/healthz")[0] == 200
    for address in INSIDE:
        assert get(port, address)[0] == 404, address


def test_it_knows_no_account_no_session_and_no_project(environment):
    listed = subprocess.run(
        [
            sys.executable, "-c",
            "import django, json; django.setup(); from django.apps import apps; from django.db import connection\n"
            "names = sorted(model._meta.label for model in apps.get_models())\n"
            "found = {}\n"
            "for table in ('people_user', 'django_session', 'library_project', 'disclosure_disclosedproject'):\n"
            "    cursor = connection.cursor()\n"
            "    try:\n"
            "        cursor.execute('SELECT 1 FROM ' + table + ' LIMIT 1'); found[table] = 'read'\n"
            "    except Exception as error:\n"
            "        found[table] = error.__cause__.pgcode\n"
            "print(json.dumps([names, found]))",
        ],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    models, tables = json.loads(listed.stdout)
    assert models
    # Django's models of PostGIS's own tables of coordinate systems come with its fields.
    assert {name.partition(".")[0] for name in models} == {"disclosure", "gis"}
    assert tables == {
        "people_user": "42501",
        "django_session": "42501" if "django_session" in connection.introspection.table_names() else "42P01",
        "library_project": "42501",
        "disclosure_disclosedproject": "read",
    }


def test_a_withdrawal_is_gone_from_every_address_of_every_worker(port, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    people = two_people()
    project = project_with_site(name="哈德门沟水库", content="独有之词")
    photo = tmp_path / "a.jpg"
    photo.write_bytes(media.jpeg())
    row = progress.add_media(by=people[0], project=project, name="a.jpg", path=photo, caption="大坝")
    stays = project_with_site(name="留下的项目")
    shown(stays, people)
    slug = shown(project, people, media=(row.pk,)).slug
    name = DisclosedMedia.objects.get().name
    lists = (
        "/", "/public/projects/", "/public/projects.geojson", "/public/projects.csv", "/public/statistics/",
        "/public/projects/?q=%E7%8B%AC%E6%9C%89", "/public/open-data/",
    )  # fmt: skip
    own = (
        f"/public/projects/{slug}/", f"/public/media/{name}", f"/public/media/{media_files.preview_of(name)}",
    )  # fmt: skip
    tags = {}
    for _worker in range(4):
        for address in own:
            status, _body, headers = get(port, address)
            assert status == 200, address
            tags[address] = headers.get("ETag", "")
        assert "哈德门沟水库".encode() in get(port, "/public/projects.geojson")[1]
        for address in lists:
            get(port, address)  # kept now by whichever worker answers
    actions.withdraw_project(by=people[1], project=project, reason="用地调整")
    for _worker in range(6):
        for address in own:
            assert get(port, address)[0] == 404, address
            assert get(port, address, **{"If-None-Match": tags[address]})[0] == 404, address
            assert get(port, address, Range="bytes=0-99")[0] == 404, address
        for address in lists:
            status, body, _headers = get(port, address)
            assert status == 200, address
            # the change log keeps the id, and that it was withdrawn
            traces = ["哈德门沟水库", "独有之词", project.code, name]
            for trace in traces if address == "/public/open-data/" else [*traces, slug]:
                assert trace.encode() not in body, (address, trace)
        assert "留下的项目".encode() in get(port, "/public/projects.geojson")[1]
    assert not list(media_files.folder().glob("*"))
