"""What the API says of itself."""

from __future__ import annotations

import re

import pytest

from gis_projects.people.permissions import Role
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    client.force_login(user_of(Role.PLANNER))
    return client


def test_every_operation_may_answer_with_a_problem(signed_in):
    schema = signed_in.get("/api/v1/schema/", {"format": "json"}).json()
    assert schema["openapi"].startswith("3.")
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                content = operation["responses"]["400"]["content"]
                assert "application/problem+json" in content, (path, method)


def test_filters_of_the_list_are_described(signed_in):
    schema = signed_in.get("/api/v1/schema/", {"format": "json"}).json()
    for path in ("/api/v1/projects/", "/api/v1/projects/map/", "/api/v1/projects/counts/"):
        named = {parameter["name"] for parameter in schema["paths"][path]["get"]["parameters"]}
        assert {"q", "kind", "region", "industry", "level", "stage", "year", "has_site"} <= named


def test_the_page_names_every_operation_and_no_other_host(signed_in):
    page = signed_in.get("/api/v1/").content.decode()
    assert "/api/v1/projects/map/" in page
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_the_document_is_in_the_readers_language(signed_in):
    """Made once a process, but once for each language."""
    found = {}
    for language in ("zh-hans", "en", "zh-hans"):
        signed_in.cookies["django_language"] = language
        text = signed_in.get("/api/v1/schema/", {"format": "json"}).content.decode()
        assert found.setdefault(language, text) == text
    assert found["zh-hans"] != found["en"]
