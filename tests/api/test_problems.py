"""Errors as programs and as people get them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, connection
from django.test import Client, RequestFactory
from rest_framework import exceptions

from gis_projects import problems
from gis_projects.people.permissions import Role
from siting.engine.notices import Notice, UnusableInput
from tests.factories.people import user_of


def handled(error):
    response = problems.handle(error, {})
    assert response.content_type == "application/problem+json"
    return response


def test_unusable_input_is_told_line_by_line():
    error = UnusableInput(
        Notice("ring-not-closed", "第 %(ring)s 圈没有闭合", {"ring": 2}, line=17),
        Notice("spike", "有尖刺", place=(109.9, 40.6), field="geometry"),
    )
    response = handled(error)
    assert response.status_code == 400
    assert response.data["type"] == problems.UNUSABLE
    assert response.data["detail"] == "第 2 圈没有闭合"
    assert response.data["errors"] == [
        {"field": None, "line": 17, "place": None, "message": "第 2 圈没有闭合", "code": "ring-not-closed"},
        {"field": "geometry", "line": None, "place": [109.9, 40.6], "message": "有尖刺", "code": "spike"},
    ]


def test_nested_fields_are_named_by_their_path():
    error = exceptions.ValidationError({"facts": {"work": ["不认识"]}, "non_field_errors": ["总体有误"]})
    fields = [(entry["field"], entry["message"]) for entry in handled(error).data["errors"]]
    assert fields == [("facts.work", "不认识"), (None, "总体有误")]


def test_django_validation_is_a_problem_too():
    error = ValidationError({"year": [ValidationError("太早", code="min_value")]})
    assert handled(error).data["errors"] == [
        {"field": "year", "line": None, "place": None, "message": "太早", "code": "min_value"}
    ]


def test_throttling_says_when_to_come_back():
    response = handled(exceptions.Throttled(wait=3.2))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "4")


def test_an_unforeseen_error_is_left_to_be_logged():
    assert problems.handle(RuntimeError("x"), {}) is None


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.django_db
def test_an_unknown_api_address_is_a_problem_document(client, language):
    answer = client.get("/api/v1/nothing/", headers={"accept-language": language})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


@pytest.mark.django_db
def test_an_unknown_page_says_so_in_words(client):
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert "没有找到" in answer.content.decode()
    assert "text/html" in answer["Content-Type"]


@pytest.mark.django_db
def test_a_missing_permission_is_explained(client):
    user = user_of(Role.PLANNER)
    user.roles = []
    user.save()
    client.force_login(user)
    answer = client.get("/projects/")
    assert answer.status_code == 403
    assert "请联系管理员" in answer.content.decode()


def test_a_server_error_page_asks_nothing_of_the_database():  # the test has no access to it
    for path, kind in (("/projects/", "text/html"), ("/api/v1/projects/", "application/problem+json")):
        answer = problems.server_error(RequestFactory().get(path))
        assert answer.status_code == 500
        assert kind in answer["Content-Type"]
        assert "您的数据没有改动" in answer.content.decode()


@pytest.mark.django_db
def test_a_stale_form_is_explained():
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/accounts/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "刷新后重试" in answer.content.decode()


@pytest.mark.django_db
def test_health(client, monkeypatch):
    assert client.get("/healthz").json() == {"status": "ok"}

    def broken(*args, **kwargs):
        raise Error

    monkeypatch.setattr(connection, "cursor", broken)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
