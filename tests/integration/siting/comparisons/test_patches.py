"""What a comparison keeps: patches with both sides, a matrix that PostGIS confirms, a job that goes on."""

from __future__ import annotations

import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from gis_projects.sites import comparison_jobs
from gis_projects.sites.actions import comparisons as actions
from gis_projects.sites.models import ComparisonRun, HandlingState, PatchHandling
from gis_projects.sites.queries import comparisons as queries
from gis_projects.trail.jobs import fail
from layers.notices import Refused
from layers.table import Table
from siting.conflicts import publishing, run, store
from siting.models import ConflictPatch, PlanComparison
from tests.factories.layers import published, square
from tests.factories.people import OrganisationFactory
from tests.factories.plans import current, kept, plan_table, same_codes, settle

pytestmark = pytest.mark.django_db


_WITNESS = """
SELECT a.class_code, b.class_code, sum(ST_Area(ST_Intersection(a.geom, b.geom)::geography))
FROM layers_feature a JOIN layers_feature b ON ST_Intersects(a.geom, b.geom)
WHERE a.layer_id = %s AND b.layer_id = %s GROUP BY 1, 2
"""


def test_the_matrix_is_that_of_postgis(comparison):
    with connection.cursor() as cursor:
        cursor.execute(_WITNESS, [comparison.version_a.layer_id, comparison.version_b.layer_id])
        expected = {(a, b): area for a, b, area in cursor.fetchall()}
    totals = comparison.totals
    for i, a in enumerate(totals["a"]["classes"]):
        for j, b in enumerate(totals["b"]["classes"]):
            # PostGIS measures along great circles, we along edges straight in degrees
            assert totals["matrix"][i][j] == pytest.approx(
                expected.get((a["class"], b["class"]), 0), rel=1e-5, abs=1
            )
    for side in ("a", "b"):
        own = totals[side]
        parts = own["agreed_m2"] + own["conflict_m2"] + own["only_m2"] + own["not_overlaid_m2"]
        assert parts == pytest.approx(own["ground_m2"], rel=1e-6)
    listed = sum(ConflictPatch.objects.filter(comparison=comparison).values_list("area_m2", flat=True))
    assert listed + totals["contact_m2"] == pytest.approx(totals["conflict_m2"], rel=1e-9)


def test_a_patch_has_both_sides_and_the_town_with_most_of_it(comparison):
    rows = ConflictPatch.objects.filter(comparison=comparison)
    assert rows.count() == comparison.patch_count > 0
    for row in rows:
        assert row.class_a != row.class_b
        assert row.keys_a
        assert row.keys_b
        shape = shapely.from_wkb(bytes(row.geometry.wkb))
        shares = {
            code: shape.intersection(square(x, 0, 0.02)).area for code, x in (("150207", 0), ("150202", 2))
        }
        expected = max(shares, key=shares.__getitem__) if max(shares.values()) > 0 else ""
        assert row.town == expected or shares[row.town] == pytest.approx(shares[expected])


def test_kept_rows_are_never_changed(comparison):
    patch = comparison.patches.first()
    for sql in (
        "UPDATE siting_conflictpatch SET area_m2 = 1 WHERE id = %s",
        "DELETE FROM siting_conflictpatch WHERE id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [patch.pk])
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanComparison.objects.filter(pk=comparison.pk).update(digest="0" * 64)


def test_the_same_question_has_the_same_digest(comparison, reviewer):
    again = kept("ATTR", "PLAN", reviewer)
    assert again.digest == comparison.digest
    asked = run.question(current("ATTR"), current("PLAN"), comparison.crosswalk)
    assert store.digest(run.compare(asked, processes=2, block=3)) == comparison.digest


# --- a re-run ---------------------------------------------------------------------------------------


def test_a_re_run_carries_over_what_is_the_same_ground(comparison, reviewer):
    department = OrganisationFactory()
    before = {row.number: row for row in queries.patches(comparison)}
    settle(reviewer, comparison, before, state=HandlingState.NEGOTIATING, organisation=department)
    # the plan gives way in its first cell and disagrees with the last one anew
    table = plan_table()
    classes = list(table.class_codes)
    classes[0], classes[8] = "02" if classes[0] == "01" else "01", "03"
    published(
        "PLAN", Table(geometries=table.geometries, keys=list(table.keys), class_codes=classes, names=[""] * 9)
    )
    previous = queries.earlier(reviewer, current("ATTR"), current("PLAN"))
    assert previous == comparison
    asked = ComparisonRun.objects.create(
        version_a=current("ATTR"), version_b=current("PLAN"), crosswalk=comparison.crosswalk,
        sliver_width_m=1.0, by=reviewer, previous=previous,
    )  # fmt: skip
    again = kept("ATTR", "PLAN", reviewer, run=asked)
    carried = again.run.carried
    assert carried["same"] == carried["carried"] > 0
    assert carried["gone"] == comparison.patch_count - carried["same"] > 0
    assert carried["new"] == again.patch_count - carried["same"] > 0
    for row in PatchHandling.objects.filter(patch__comparison=again).select_related("patch", "carried_from"):
        assert (row.state, row.organisation_id) == ("negotiating", department.pk)
        old, new = (shapely.from_wkb(bytes(one.geometry.wkb)) for one in (row.carried_from, row.patch))
        assert old.intersection(new).area >= 0.9 * max(old.area, new.area)
        assert (row.carried_from.class_a, row.carried_from.class_b) == (row.patch.class_a, row.patch.class_b)


def test_a_job_that_was_broken_off_goes_on_with_what_it_had(land, reviewer, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    publishing.publish(same_codes())
    asked = actions.ask(by=reviewer, a=current("ATTR"), b=current("PLAN"))
    monkeypatch.setattr(run, "PROCESSES", 1)
    monkeypatch.setattr(
        run.compare, "__kwdefaults__", {**run.compare.__kwdefaults__, "block": 4, "processes": 1}
    )

    class Killed(BaseException):
        pass

    seen = []

    def stop(self, stage, done, total):
        seen.append(stage)
        if stage == "overlaying" and done == 2:
            raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(comparison_jobs.Watch, "__call__", stop)
        with pytest.raises(Killed):
            comparison_jobs.compare_plans.func(job_id=asked.job_id, run=asked.pk)
    folder = comparison_jobs.folder(asked.pk)
    parts = {path: path.stat().st_mtime_ns for path in folder.glob("overlay-*.npz")}
    assert len(parts) == 2
    kept_parts = []

    def watch(self, stage, done, total):
        kept_parts.extend(path for path, at in parts.items() if path.stat().st_mtime_ns != at)

    with monkeypatch.context() as watched:
        watched.setattr(comparison_jobs.Watch, "__call__", watch)
        comparison_jobs.compare_plans.func(job_id=asked.job_id, run=asked.pk)
    asked.refresh_from_db()
    assert kept_parts == []
    assert asked.comparison is not None
    assert asked.comparison.digest == kept("ATTR", "PLAN", reviewer).digest
    assert not folder.exists()
    comparison_jobs.compare_plans.func(job_id=asked.job_id, run=asked.pk)  # delivered a second time
    assert PlanComparison.objects.count() == 2


def test_parts_that_nobody_works_on_any_more_are_tidied_away(land, reviewer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    publishing.publish(same_codes())
    waiting = actions.ask(by=reviewer, a=current("ATTR"), b=current("PLAN"))
    for key in (waiting.pk, waiting.pk + 1):
        comparison_jobs.folder(key).mkdir(parents=True)
    assert comparison_jobs.tidy() == 1
    assert comparison_jobs.folder(waiting.pk).exists()
    fail([waiting.job_id], "stuck")
    assert comparison_jobs.tidy() == 1
    assert comparison_jobs.tidy() == 0


def test_what_cannot_be_compared_is_refused_with_the_place(land, reviewer):
    a, b = current("ATTR"), current("PLAN")
    with pytest.raises(Refused) as refusal:
        run.question(a, b, None)
    assert refusal.value.notices[0].code == "comparison-no-crosswalk"
    row = publishing.publish(same_codes())
    with pytest.raises(Refused) as refusal:
        run.question(a, a, row)
    assert refusal.value.notices[0].field == "layer_b"
    with pytest.raises(Refused) as refusal:
        run.question(a, b, row, -1.0)
    assert refusal.value.notices[0].field == "sliver_width_m"
    publishing.ship()
    other = publishing.between("survey", "planning2023")[0][0]
    with pytest.raises(Refused) as refusal:
        run.question(a, b, other)
    assert refusal.value.notices[0].code == "comparison-other-crosswalk"


def test_no_nul_in_a_form_or_an_address_is_an_error(comparison, reviewer):
    client = Client()
    client.force_login(reviewer)
    page = reverse("sites:comparison", args=[comparison.pk])
    for query in ("pair=%00|x", "town=%00", "sort=%00"):
        assert client.get(f"{page}?{query}").status_code == 200, query
    form = {"a": "DLTB@1\0", "b": "\0", "crosswalk": "\0"}
    assert client.post(reverse("sites:comparisons"), form).status_code == 400
    a, b = comparison.version_a, comparison.version_b
    form = {"a": f"{a.layer.code}@{a.number}", "b": f"{b.layer.code}@{b.number}", "crosswalk": "x\0"}
    assert client.post(reverse("sites:comparisons"), form).status_code in (302, 400)
    file = SimpleUploadedFile("x.csv", b"a,b,note\n")
    form = {"file": file, "of": "\0", "source": "a\0b"}
    assert client.post(reverse("sites:crosswalks"), form).status_code == 400
