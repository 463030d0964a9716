"""The map as of a day: each layer in the version that had been published last when the day ended in Beijing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from layers.loading import stage
from layers.models import Layer
from layers.withdrawal import withdraw
from tests.factories.layers import REGION, grid_table, published

pytestmark = pytest.mark.django_db
BEIJING = timezone(timedelta(hours=8))


@pytest.fixture
def at(monkeypatch):
    """Whatever is published next is published at that moment (Beijing time)."""

    def set_clock(*moment: int) -> None:
        clock = SimpleNamespace(now=lambda: datetime(*moment, tzinfo=BEIJING))
        monkeypatch.setattr("layers.publishing.timezone", clock)

    return set_clock


def shown(client, day: str) -> dict[str, int]:
    answer = client.get(f"/api/v1/layers/?as_of={day}")
    assert answer.status_code == 200
    return {layer["code"]: layer["version"] for layer in answer.json()}


def test_a_day_ends_at_midnight_in_beijing(planner, at):
    at(2026, 1, 1, 0, 0, 0)
    published("A")
    at(2026, 1, 5, 23, 59, 59)
    published("A", grid_table(2, 2))
    at(2026, 1, 6, 0, 0, 0)
    published("A", grid_table(1, 1))
    days = ("2025-12-31", "2026-01-01", "2026-01-04", "2026-01-05", "2026-01-06", "2030-01-01")
    assert [shown(planner, day).get("A") for day in days] == [None, 1, 1, 2, 3, 3]


def test_each_layer_has_its_own_version_and_address_of_that_day(planner, at):
    at(2026, 1, 1)
    published("A")
    at(2026, 2, 1)
    published("B")
    at(2026, 3, 1)
    published("A", grid_table(2, 2))
    assert shown(planner, "2026-01-15") == {"A": 1}
    assert shown(planner, "2026-02-01") == {"A": 1, "B": 1}
    layer = planner.get("/api/v1/layers/?as_of=2026-02-01").json()[0]
    assert layer["tile_url"] == "/tiles/A/1/{z}/{x}/{y}.mvt"
    assert shown(planner, "2026-03-01") == {"A": 2, "B": 1}


def test_what_is_only_staged_was_never_in_force(reviewer, at):
    at(2026, 1, 1)
    published("A")
    stage(Layer.objects.get(code="A"), grid_table(2, 2), coverage=REGION)
    assert shown(reviewer, "2030-01-01") == {"A": 1}


def test_a_withdrawn_version_was_in_force_until_it_was_withdrawn(planner, at):
    at(2026, 1, 1)
    published("A")
    at(2026, 1, 10)
    published("A", grid_table(2, 2))
    at(2026, 1, 20)
    withdraw(Layer.objects.get(code="A"))
    assert [shown(planner, f"2026-01-{day}") for day in ("05", "15", "25")] == [{"A": 1}, {"A": 2}, {"A": 3}]


def test_a_confidential_layer_is_no_more_visible_in_the_past(planner, reviewer, at):
    at(2026, 1, 1)
    published("M", secrecy="confidential")
    assert shown(planner, "2026-01-02") == {}
    assert shown(reviewer, "2026-01-02") == {"M": 1}


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "2026-1-1x"])
def test_what_is_no_day_is_refused(planner, day):
    answer = planner.get(f"/api/v1/layers/?as_of={day}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "as_of"
