"""The same comparison by file, API, page and command."""

from __future__ import annotations

import csv
import io
import json

import pyogrio
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from gis_projects.people.permissions import Role
from gis_projects.sites.models import ComparisonRun
from gis_projects.sites.queries import comparisons as queries
from gis_projects.sites.queries.comparisons import Filter
from gis_projects.trail.models import Step
from siting.conflicts import publishing
from siting.models import PlanComparison
from tests.factories.people import user_of
from tests.factories.plans import same_codes, settle

pytestmark = pytest.mark.django_db


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


def test_the_list_goes_out_as_it_is_narrowed(comparison, reviewer):
    client = Client()
    client.force_login(reviewer)
    address = reverse("sites:comparisons")
    name = comparison.version_a.layer_name
    for words, number in (("", 1), (name, 1), ("no such layer", 0)):
        _head, *rows = (
            client.get(address, {"q": words, "format": "csv"}).content.decode("utf-8-sig").splitlines()
        )
        assert len(rows) == number, words
        assert all(row.startswith(f"{comparison.pk},{name},") for row in rows)
    assert "没有符合条件的比对" in client.get(address, {"q": "no such layer"}).content.decode()


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
