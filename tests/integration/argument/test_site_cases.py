"""A site's argument: whom the check's findings ask, what it takes of the land quota, what changed ground does."""

from __future__ import annotations

from decimal import Decimal

import pytest
import shapely
from django.utils import timezone

from gis_projects.argument.actions import cases, quotas
from gis_projects.argument.models import Case, QuotaEntry
from gis_projects.argument.queries import changes
from gis_projects.argument.queries import routing as queries
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.people.models import Region
from gis_projects.people.permissions import Role
from gis_projects.sites.actions.boundaries import run_check, save_boundary
from siting.engine.notices import UnusableInput
from tests.factories import arguments as factory
from tests.factories import land
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db
WEST_HALF = shapely.box(109.840, 40.612, 109.8475, 40.622)
EAST = shapely.box(109.8478, 40.6150, 109.8500, 40.6190)  # the half of the site without the water source


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def bureau():
    return factory.bureau()


def functions(case: Case) -> set[str]:
    return {task.function_id for task in case.tasks.exclude(state__in=["superseded", "cancelled"])}


def reasons(case: Case, function: str) -> set[tuple[str, str]]:
    task = case.tasks.filter(function=function).latest("pk")
    return {(entry["rule"], entry["outcome"]) for entry in task.reasons if entry["why"] == "finding"}


BASE = {"resources", "housing", "construction", "water", "culture"}


def test_a_clear_site_asks_those_of_the_table(bureau, tmp_path):
    factory.on_land(tmp_path)
    project = factory.project()
    check = factory.checked(project)
    case = factory.opened(bureau, project, "site")
    assert functions(case) == BASE
    assert (case.answer_id, case.digest, case.site_version_id) == (
        check.pk,
        check.digest,
        check.site_version_id,
    )


def test_findings_ask_their_departments_too(bureau, tmp_path):
    """A water source asks water and ecology, a heritage zone culture, each with its evidence."""
    factory.on_land(
        tmp_path,
        {
            "YYSBHQ": [("S1", "1", WEST_HALF)],
            "WWBH": [("W1", "protection", WEST_HALF)],
            "LD": [("L1", "", WEST_HALF)],
        },
    )
    project = factory.project()
    check = factory.checked(project)
    found = {(each.rule, each.layer, each.outcome) for each in queries.found_by(check)}
    case = factory.opened(bureau, project, "site")
    water = {(rule, outcome) for rule, layer, outcome in found if layer == "YYSBHQ"}
    assert water
    assert {"water", "ecology", "culture", "forestry"} <= functions(case)
    assert water <= reasons(case, "water")
    assert water <= reasons(case, "ecology")
    assert any(rule.startswith("heritage") for rule, _ in reasons(case, "culture"))


def test_a_rule_that_was_not_checked_asks_and_says_so(bureau, tmp_path):
    factory.on_land(tmp_path, without=("GLYD",))
    project = factory.project()
    factory.checked(project)
    case = factory.opened(bureau, project, "site")
    assert reasons(case, "transport") == {("highway-control-zone", "not_checked")}


def test_a_site_without_a_check_is_not_argued(bureau, tmp_path):
    factory.on_land(tmp_path)
    project = factory.project()
    with pytest.raises(UnusableInput) as refusal:
        factory.opened(bureau, project, "site")
    assert [notice.code for notice in refusal.value.notices] == ["case-without-check"]


def test_the_environmental_list_lies_beside_the_emissions(bureau, tmp_path):
    factory.on_land(tmp_path, {"HJGK": [("U1", "priority", land.EXTENT)]})
    project = factory.project()
    factory.checked(project)
    case = factory.opened(bureau, project, "total_structure")
    assert ("environment-priority", "hit") in reasons(case, "ecology")


# --- changed ground -------------------------------------------------------------------------------


def move(project, polygon):
    planner = factory.User.objects.get(username="planner")
    save_boundary(by=planner, project=project, boundary=land.boundary(polygon))
    project.refresh_from_db()
    return run_check(by=planner, project=project, site_version=project.site.current)


def test_changed_ground_asks_only_whom_it_touches(bureau, tmp_path):
    factory.on_land(tmp_path, {"YYSBHQ": [("S1", "1", WEST_HALF)]})
    project = factory.project()
    factory.checked(project)
    case = factory.opened(bureau, project, "site")
    bureau.give_all(case)
    cases.conclude(by=bureau.coordinator, case=case, text="同意选址")
    assert changes.of(case) is None
    planner = factory.User.objects.get(username="planner")
    save_boundary(by=planner, project=project, boundary=land.boundary(EAST))
    case = Case.objects.get(pk=case.pk)
    change = changes.of(case)
    assert change is not None
    assert change.check is None
    with pytest.raises(NotNow):
        cases.reconfirm(by=bureau.coordinator, case=case, reason="边界调整")
    project.refresh_from_db()
    check = run_check(by=planner, project=project, site_version=project.site.current)
    before = {task.function_id: task.pk for task in case.tasks.all()}
    case = cases.reconfirm(by=bureau.coordinator, case=Case.objects.get(pk=case.pk), reason="边界调整")
    assert (case.state, case.round, case.answer_id) == ("open", 2, check.pk)
    # resources follow the boundary, water loses its finding; the others said nothing of what changed
    assert {task.function_id for task in case.tasks.filter(round=2)} == {"resources", "water"}
    assert set(case.tasks.filter(state="superseded").values_list("pk", flat=True)) == {
        before["resources"], before["water"],
    }  # fmt: skip
    assert case.tasks.get(function="culture").state == "given"
    # what was concluded opens no gate any more, until it is concluded again
    assert Evidence.objects.filter(project=project, kind="site").latest("pk").outcome == "failed"
    bureau.give_all(case)
    cases.conclude(by=bureau.coordinator, case=case, text="同意调整后的选址")
    assert Evidence.objects.filter(project=project, kind="site").latest("pk").outcome == "passed"


def test_a_case_on_old_ground_is_not_concluded(bureau, tmp_path):
    factory.on_land(tmp_path)
    project = factory.project()
    factory.checked(project)
    case = factory.opened(bureau, project, "site")
    bureau.give_all(case)
    move(project, EAST)
    with pytest.raises(NotNow) as refusal:
        cases.conclude(by=bureau.coordinator, case=case, text="同意选址")
    assert [notice.code for notice in refusal.value.notices] == ["case-stale"]


def test_nothing_changed_needs_no_second_asking(bureau, tmp_path):
    factory.on_land(tmp_path)
    project = factory.project()
    factory.checked(project)
    case = factory.opened(bureau, project, "site")
    with pytest.raises(NotNow):
        cases.reconfirm(by=bureau.coordinator, case=case, reason="再问一次")


# --- the quota ------------------------------------------------------------------------------------


def granted(bureau, amount: str):
    finance = user_of(Role.FINANCE, factory.DISTRICT, username="finance")
    return quotas.grant(
        by=finance, kind="land", region=Region.objects.get(code=factory.DISTRICT),
        year=timezone.localdate().year, granted=Decimal(amount), source="用地计划〔1〕号",
    )  # fmt: skip


def land_of(case: Case, amount: str) -> dict[str, str]:
    return {"land_and_site.land_quota": amount}


def test_land_is_reserved_used_and_given_back(bureau, tmp_path):
    factory.on_land(tmp_path)
    account = granted(bureau, "100000.00")
    project = factory.project()
    factory.checked(project)
    case = factory.opened(bureau, project, "site")
    task = case.tasks.get(function="resources")
    bureau.give(task, fields=land_of(case, "60000"))
    account.refresh_from_db()
    assert account.taken == Decimal("60000.00")
    bureau.give(
        task, fields=land_of(case, "40000.50")
    )  # a newer version takes its own and gives back the other's
    account.refresh_from_db()
    assert account.taken == Decimal("40000.50")
    bureau.give_all(case)
    cases.conclude(by=bureau.coordinator, case=case, text="同意")
    account.refresh_from_db()
    assert account.taken == Decimal("40000.50")
    assert sorted(QuotaEntry.objects.values_list("kind", flat=True)) == [
        "debit",
        "release",
        "reserve",
        "reserve",
    ]
    other = factory.project(name="另一项目")
    factory.checked(other, EAST)
    second = factory.opened(bureau, other, "site")
    bureau.give(second.tasks.get(function="resources"), fields=land_of(second, "1000"))
    cases.withdraw_case(by=bureau.coordinator, case=second, reason="取消")
    account.refresh_from_db()
    assert account.taken == Decimal("40000.50")


def test_more_than_is_left_is_refused_and_nothing_is_written(bureau, tmp_path):
    factory.on_land(tmp_path)
    granted(bureau, "1000.00")
    project = factory.project()
    factory.checked(project)
    case = factory.opened(bureau, project, "site")
    task = case.tasks.get(function="resources")
    with pytest.raises(NotNow) as refusal:
        bureau.give(task, fields=land_of(case, "1000.01"))
    assert [notice.code for notice in refusal.value.notices] == ["quota-overdrawn"]
    task.refresh_from_db()
    assert (task.state, QuotaEntry.objects.count()) == ("approving", 0)
