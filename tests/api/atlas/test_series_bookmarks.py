"""A bookmark's sheet shows what the bookmark shows: its layers, as of its day, each as the catalogue has it else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from gis_projects.atlas.actions import bookmarks
from gis_projects.atlas.printing import content
from gis_projects.atlas.queries import series as queries
from gis_projects.people.models import User
from gis_projects.trail.models import Step
from tests.api.atlas.test_series import ask, pages, run
from tests.factories.layers import grid_table, published
from tests.factories.rasters import published_raster

pytestmark = pytest.mark.django_db
HERE = "12/40.61/109.91"


@pytest.fixture
def grown(monkeypatch):
    """A base map and a layer that had another version on New Year, and one that came after."""

    def at(*day: int) -> None:
        clock = SimpleNamespace(now=lambda: datetime(*day, tzinfo=UTC))
        monkeypatch.setattr("layers.publishing.timezone", clock)

    at(2025, 1, 1)
    published("XZQ", grid_table(1, 1), name="行政区")
    published("DLTB", grid_table(3, 3), name="地类图斑", opacity=0.4)
    at(2026, 3, 1)
    published("XZQ", grid_table(2, 1))
    published("DLTB", grid_table(2, 2))
    published("GHFQ", grid_table(3, 3), name="规划分区")


def printed(client, hash_, **more):
    """The layers that were printed (the overview has the base map of today) and the text of the sheet."""
    by = User.objects.get(username="planner-150200")
    row = bookmarks.keep_bookmark(by=by, name="所见", hash=f"{HERE}/{hash_}")
    job = run(ask(client, way="bookmarks", bookmarks=[row.pk], **more))
    texts, _read = pages(client, job)
    return Step.objects.filter(verb="atlas.print_series").latest("pk").data["layers"], texts[1]


@pytest.mark.usefixtures("grown")
def test_a_sheet_shows_the_layers_and_the_base_map_of_the_bookmarks_day(planner):
    layers, text = printed(planner, "layers=GHFQ,DLTB/date=2026-01-01")
    assert layers == ["DLTB@1", "XZQ@1", "XZQ@2"]
    assert "规划分区" not in text
    assert "1 个图层在 2026-01-01 没有生效的版本，未印。" in text
    layers, text = printed(planner, "layers=GHFQ,DLTB:2/date=2026-01-01", base=False)
    assert layers == ["DLTB@2"]  # one that is held on to
    layers, text = printed(planner, "layers=GHFQ,DLTB", base=False)
    assert layers == ["DLTB@2", "GHFQ@1"]
    assert "没有生效的版本" not in text


@pytest.mark.usefixtures("grown")
def test_the_maps_layers_are_of_the_day_of_a_bookmark_that_names_none(planner):
    layers, text = printed(
        planner, "date=2026-01-01", base=False, layers=[{"code": "DLTB", "version": 2}, {"code": "GHFQ"}]
    )
    assert layers == ["DLTB@1"]
    assert "1 个图层在 2026-01-01" in text


@pytest.mark.usefixtures("grown")
def test_what_a_bookmark_does_not_say_of_a_layer_is_as_in_the_catalogue(planner, tmp_path):
    published_raster(tmp_path, opacity=0.7)
    by = User.objects.get(username="planner-150200")
    row = bookmarks.keep_bookmark(by=by, name="所见", hash=f"{HERE}/layers=DEM@anything,DLTB,GHFQ*0")
    asked, day = queries.bookmarked(by, row.pk, [])
    wanted, missing = queries.layers_of(by, asked, day)
    assert [(one.version.layer.code, one.opacity, one.style) for one in wanted] == [
        ("DEM", 0.7, "values"), ("DLTB", 0.4, ""), ("GHFQ", 0.0, ""),
    ]  # fmt: skip
    assert (missing, day) == ([], None)
    frame = queries.plan(by, queries.Asked("bookmarks", "A4", True, bookmarks=(row.pk,))).sheets[0].frame
    assert "data:image/png" in content.draw(wanted[0], frame).svg


def test_the_day_of_a_bookmark_reaches_the_question(planner):
    by = User.objects.get(username="planner-150200")
    row = bookmarks.keep_bookmark(by=by, name="所见", hash=f"{HERE}/layers=/date=2026-01-01")
    assert queries.bookmarked(by, row.pk, [{"code": "DLTB"}]) == ([], date(2026, 1, 1))
