"""Comparisons as kept: against PostGIS, with towns, permissions, workflow, and what a re-run carries over."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pyogrio
import pytest
import shapely
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from gis_projects.people.permissions import Role
from gis_projects.sites import comparison_jobs
from gis_projects.sites.actions import comparisons as actions
from gis_projects.sites.actions.comparisons import ChangedMeanwhile
from gis_projects.sites.comparing.workflow import Change
from gis_projects.sites.models import ComparisonRun, HandlingState, PatchHandling, Yields
from gis_projects.sites.queries import comparisons as queries
from gis_projects.sites.queries.comparisons import Filter
from gis_projects.trail.jobs import fail
from gis_projects.trail.models import Step
from layers.models import LayerVersion, Status
from layers.notices import Refused
from layers.table import Table
from siting.conflicts import publishing, run, store
from siting.models import ConflictPatch, PlanComparison
from tests.factories.layers import grid_table, published, square
from tests.factories.people import OrganisationFactory, user_of
from tests.factories.plans import kept, same_codes

pytestmark = pytest.mark.django_db


def plan_table(shift=0.4, classes=("01", "02"), count=3):
    cells = [square(i + shift, j + shift) for j in range(count) for i in range(count)]
    return Table(
        geometries=np.array(cells, dtype=object), keys=[f"P{n:03d}" for n in range(len(cells))],
        class_codes=[classes[n % len(classes)] for n in range(len(cells))], names=[""] * len(cells),
    )  # fmt: skip


@pytest.fixture
def reviewer():
    return user_of(Role.REVIEWER)


@pytest.fixture
def land():
    published("XZQ", Table(
        geometries=np.array([square(0, 0, 0.02), square(2, 0, 0.02)], dtype=object), keys=["W", "E"],
        class_codes=["150207", "150202"], names=["九原区", "东河区"],
    ))  # fmt: skip
    published("ATTR", grid_table(4, 4))
    published("PLAN", plan_table())


@pytest.fixture
def comparison(land, reviewer):
    return kept("ATTR", "PLAN", reviewer)


def version(code, number=None):
    rows = LayerVersion.objects.select_related("layer").filter(layer__code=code)
    return rows.get(number=number) if number else rows.get(status=Status.PUBLISHED)


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
    asked = run.question(version("ATTR"), version("PLAN"), comparison.crosswalk)
    assert store.digest(run.compare(asked, processes=2, block=3)) == comparison.digest


# --- dealing with patches ---------------------------------------------------------------------------


def settle(user, comparison, numbers, seen=0, **change):
    return actions.settle(
        by=user, comparison=comparison, seen=dict.fromkeys(numbers, seen), change=Change(**change)
    )


def test_a_patch_walks_from_open_to_done_and_the_trail_tells(comparison, reviewer):
    department = OrganisationFactory(name="九原区自然资源分局")
    settle(reviewer, comparison, [1, 2], state=HandlingState.NEGOTIATING, organisation=department)
    settle(reviewer, comparison, [1], 1, state=HandlingState.SETTLED, yields=Yields.B, note="以现状为准")
    settle(reviewer, comparison, [1], 2, state=HandlingState.DONE)
    row = PatchHandling.objects.get(patch__comparison=comparison, patch__number=1)
    assert (row.state, row.yields, row.version, row.organisation) == ("done", "b", 3, department)
    steps = queries.history(comparison, 1)
    assert [step.data["state"] for step in steps] == ["done", "settled", "negotiating"]
    assert queries.history(comparison, 2).count() == 1
    assert queries.patches(comparison, Filter(state="done")).count() == 1
    assert queries.patches(comparison, Filter(organisation=department.pk)).count() == 2
    done = sum(town.done for town in queries.progress(comparison))
    assert done == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": HandlingState.NEGOTIATING}, "organisation"),
        ({"state": HandlingState.SETTLED, "yields": Yields.A, "note": "x"}, "state"),
        ({"state": HandlingState.DONE}, "state"),
        ({"yields": Yields.A}, "yields"),
    ],
)
def test_a_step_that_does_not_follow_is_refused_with_the_place(comparison, reviewer, change, field):
    with pytest.raises(ValidationError) as refusal:
        settle(reviewer, comparison, [1], **change)
    assert list(refusal.value.error_dict) == [field]
    assert not PatchHandling.objects.exists()


def test_settling_asks_who_yields_and_why(comparison, reviewer):
    settle(reviewer, comparison, [1], state=HandlingState.NEGOTIATING, organisation=OrganisationFactory())
    for change, field in (({"note": "x"}, "yields"), ({"yields": Yields.BOTH}, "note")):
        with pytest.raises(ValidationError) as refusal:
            settle(reviewer, comparison, [1], 1, state=HandlingState.SETTLED, **change)
        assert list(refusal.value.error_dict) == [field]


def test_negotiating_again_takes_back_who_yields(comparison, reviewer):
    settle(reviewer, comparison, [1], state=HandlingState.NEGOTIATING, organisation=OrganisationFactory())
    settle(reviewer, comparison, [1], 1, state=HandlingState.SETTLED, yields=Yields.A, note="让")
    (row,) = settle(reviewer, comparison, [1], 2, state=HandlingState.NEGOTIATING)
    assert row.yields == ""


def test_of_two_who_change_a_patch_the_second_is_told_and_nothing_is_overwritten(comparison, reviewer):
    settle(reviewer, comparison, [1], note="第一人")
    steps = Step.objects.count()
    with pytest.raises(ChangedMeanwhile) as late:
        settle(reviewer, comparison, [1, 2], note="第二人")
    assert [patch.number for patch in late.value.patches] == [1]
    assert PatchHandling.objects.get().note == "第一人"
    assert Step.objects.count() == steps


def test_a_planner_deals_with_the_patches_of_their_region(comparison):
    planner = user_of(Role.PLANNER, "150207")
    towns = dict(ConflictPatch.objects.filter(comparison=comparison).values_list("number", "town"))
    own = next(number for number, town in towns.items() if town == "150207")
    foreign = next(number for number, town in towns.items() if town == "150202")
    settle(planner, comparison, [own], note="本区")
    with pytest.raises(PermissionDenied):
        settle(planner, comparison, [foreign], note="他区")
    with pytest.raises(PermissionDenied):
        settle(user_of(Role.SURVEYOR), comparison, [own], 1, note="无权")
    mine = set(queries.settleable(planner, queries.patches(comparison)).values_list("town", flat=True))
    assert mine <= {"150207", ""}


def test_a_comparison_with_a_confidential_layer_is_for_who_may_read_it(land, reviewer):
    published("SECRET", plan_table(0.2), secrecy="confidential")
    row = kept("ATTR", "SECRET", reviewer)
    planner = user_of(Role.PLANNER, "150207")
    assert queries.comparisons(reviewer).filter(pk=row.pk).exists()
    assert not queries.comparisons(planner).filter(pk=row.pk).exists()
    assert not queries.runs(planner).filter(comparison=row).exists()
    assert "SECRET" not in {one.layer.code for one in queries.versions(planner)}


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
    previous = queries.earlier(reviewer, version("ATTR"), version("PLAN"))
    assert previous == comparison
    asked = ComparisonRun.objects.create(
        version_a=version("ATTR"), version_b=version("PLAN"), crosswalk=comparison.crosswalk,
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


# --- the job ----------------------------------------------------------------------------------------


def test_a_job_that_was_broken_off_goes_on_with_what_it_had(land, reviewer, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    publishing.publish(same_codes())
    asked = actions.ask(by=reviewer, a=version("ATTR"), b=version("PLAN"))
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
    waiting = actions.ask(by=reviewer, a=version("ATTR"), b=version("PLAN"))
    for key in (waiting.pk, waiting.pk + 1):
        comparison_jobs.folder(key).mkdir(parents=True)
    assert comparison_jobs.tidy() == 1
    assert comparison_jobs.folder(waiting.pk).exists()
    fail([waiting.job_id], "stuck")
    assert comparison_jobs.tidy() == 1
    assert comparison_jobs.tidy() == 0


def test_what_cannot_be_compared_is_refused_with_the_place(land, reviewer):
    a, b = version("ATTR"), version("PLAN")
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


# --- faces ------------------------------------------------------------------------------------------


def test_exports_have_both_codes_and_their_systems(comparison, reviewer, tmp_path):
    client = Client()
    client.force_login(reviewer)
    settle(reviewer, comparison, [1], note="=1+1")
    answer = client.get(reverse("sites:comparison-export", args=[comparison.pk, "csv"]) + "?sort=number")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == comparison.patch_count + 1
    assert rows[1][1] == rows[1][5] == "test"
    assert rows[1][-1] == "'=1+1"
    answer = client.get(reverse("sites:comparison-export", args=[comparison.pk, "gpkg"]) + "?slivers=without")
    path = tmp_path / "patches.gpkg"
    path.write_bytes(answer.content)
    table = pyogrio.raw.read(path)
    fields = dict(zip(table[0]["fields"], table[3], strict=True))
    assert len(fields["area_m2"]) == queries.patches(comparison, Filter(slivers=False)).count()
    assert set(fields["system_a"]) == {"test"}
    assert "4490" in table[0]["crs"]


def test_shapes_go_out_to_those_who_may_take_layers_out_and_each_export_is_noted(comparison, reviewer):
    planner = user_of(Role.PLANNER)
    address = [reverse("sites:comparison-export", args=[comparison.pk, kind]) for kind in ("csv", "gpkg")]
    client = Client()
    client.force_login(planner)
    assert [client.get(one).status_code for one in address] == [200, 403]
    page = client.get(reverse("sites:comparison", args=[comparison.pk])).content.decode()
    assert address[1] not in page
    client.force_login(reviewer)
    assert [client.get(f"{one}?slivers=without").status_code for one in address] == [200, 200]
    steps = Step.objects.filter(verb="sites.export_comparison", subject=f"sites.comparison:{comparison.pk}")
    assert [
        (step.actor, step.data["format"], step.data["selection"]) for step in steps.order_by("number")
    ] == [
        (planner.get_username(), "csv", ""),
        (reviewer.get_username(), "csv", "slivers=without"),
        (reviewer.get_username(), "gpkg", "slivers=without"),
    ]


def test_the_api_says_who_was_faster(comparison, reviewer):
    client = Client()
    client.force_login(reviewer)
    address = reverse("sites-api:comparison-handling", args=[comparison.pk])

    def send(note):
        body = {"patches": [{"number": 1, "version": 0}], "note": note}
        return client.post(address, body, content_type="application/json")

    assert send("甲").json()["patches"] == [{"number": 1, "version": 1, "state": "open"}]
    late = send("乙")
    assert late.status_code == 409
    assert late.json()["patches"][0]["note"] == "甲"
    shown = client.get(reverse("sites-api:comparison-patch", args=[comparison.pk, 1])).json()
    assert [step["note"] for step in shown["history"]] == ["甲"]


def test_the_page_lists_what_the_filter_leaves(comparison, reviewer):
    client = Client()
    client.force_login(reviewer)
    address = reverse("sites:comparison", args=[comparison.pk])
    one = queries.pairs(comparison)[0]
    page = client.get(
        address, {"pair": f"{one['class_a']}|{one['class_b']}", "town": "150207", "min_ha": "0.1"}
    )
    shown = page.context["patches"]
    assert shown
    assert all(patch["class_a"] == one["class_a"] and patch["town"] == "150207" for patch in shown)
    assert all(patch["area_m2"] >= 1000 for patch in shown)
    assert client.get(address, {"min_ha": "viel", "department": "x", "sort": "y"}).status_code == 200


def test_the_form_says_what_is_wrong(land, reviewer):
    client = Client()
    client.force_login(reviewer)
    answer = client.post(
        reverse("sites:comparisons"), {"a": "ATTR@1", "b": "PLAN@1", "sliver_width_m": "viel"}
    )
    assert answer.status_code == 400
    publishing.publish(same_codes())
    answer = client.post(
        reverse("sites:comparisons"), {"a": "ATTR@1", "b": "PLAN@1", "sliver_width_m": "viel"}
    )
    assert "sliver_width_m" in answer.context["faults"]
    answer = client.post(reverse("sites:comparisons"), {"a": "ATTR@1", "b": "PLAN@1"})
    assert answer.status_code == 302
    assert ComparisonRun.objects.get().job.kind == "sites.compare_plans"


def test_the_command_prints_and_writes_the_same_answer(land, reviewer, tmp_path, capsys):
    publishing.publish(same_codes())
    out = tmp_path / "patches.gpkg"
    call_command(
        "compare_plans",
        "ATTR",
        "PLAN",
        "--json",
        "--processes",
        "1",
        "--out",
        str(out),
        "--by",
        reviewer.username,
    )
    told = json.loads(capsys.readouterr().out)
    row = PlanComparison.objects.get()
    assert (told["comparison"], told["digest"], told["patches"]) == (row.pk, row.digest, row.patch_count)
    assert pyogrio.read_info(out)["features"] == told["patches"]
    call_command(
        "compare_plans", "ATTR", "PLAN", "--versions", "1", "1", "--crosswalk", "same", "--processes", "1"
    )
    assert f"差异图斑 {row.patch_count} 个" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["ATTR", "NONE"], ["ATTR", "PLAN", "--versions", "1", "9"], ["ATTR", "PLAN", "--crosswalk", "none"],
     ["ATTR", "ATTR"], ["ATTR", "PLAN", "--out", "x.shp"], ["ATTR", "PLAN", "--by", "nobody"]],
)  # fmt: skip
def test_the_command_ends_with_one_line(land, arguments):
    publishing.publish(same_codes())
    with pytest.raises(CommandError) as error:
        call_command("compare_plans", *arguments, "--processes", "1")
    assert "\n" not in str(error.value)
