"""What a project costs, of what, by whom and when: every version adds up, in the action and in the database."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.actions.plans import Source, set_land, set_plan
from gis_projects.library.models import (
    Attachment,
    Code,
    FundSource,
    InvestmentPlan,
    InvestmentRecord,
    LandStatement,
    Project,
    YearPlan,
)
from gis_projects.library.upkeep import OutsideOwnFields
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.library import ProjectFactory, clerk
from tests.factories.people import RegionFactory, user_of

pytestmark = pytest.mark.django_db
MILLION = Decimal(1_000_000)


@pytest.fixture
def project():
    load_defaults()
    return ProjectFactory(region=RegionFactory(code="150207"))


def plan(by, project, **more):
    return set_plan(
        by=by,
        project=project,
        **{
            "total_yuan": 3 * MILLION,
            "sources": [Source("city-budget", MILLION), Source("special-bond", 2 * MILLION, definite=True)],
            "years": {2026: MILLION, 2027: 2 * MILLION},
            "parts": {"building": 2 * MILLION, "equipment": MILLION},
            **more,
        },
    )


def test_a_plan_is_put_in_force_with_its_parts_and_moves_the_planned_total(project):
    made = plan(clerk(), project)
    assert made.number == 1
    assert [(row.kind_id, row.instrument_id) for row in made.sources.all()] == [
        ("fund_source:city-budget", "instrument:budget"),
        ("fund_source:special-bond", "instrument:bond"),
    ]
    assert list(made.years.values_list("year", "amount_yuan")) == [(2026, MILLION), (2027, 2 * MILLION)]
    record = InvestmentRecord.objects.get()
    assert (record.planned_yuan, record.cumulative_yuan) == (3 * MILLION, 0)
    step = Step.objects.filter(verb="library.set_plan").get()
    assert step.data["years"] == {"2026": "1000000", "2027": "2000000"}


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"sources": [Source("city-budget", MILLION)]}, "sources", "少 2,000,000.00 元"),
        ({"years": {2026: 3 * MILLION, 2027: Decimal("0.01")}}, "years", "多 0.01 元"),
        ({"parts": {"building": 3 * MILLION - Decimal("0.01")}}, "parts", "少 0.01 元"),
        ({"sources": []}, "sources", "请填写资金来源"),
        ({"years": {}}, "years", "请填写分年度投资计划"),
        ({"total_yuan": Decimal("3000000.001")}, "total_yuan", "最多两位小数"),
        ({"total_yuan": Decimal("NaN")}, "total_yuan", "大于零"),
        ({"years": {1800: 3 * MILLION}}, "years", "1990 至 2100"),
        ({"sources": [Source("moon", 3 * MILLION)]}, "sources", "moon"),
        ({"sources": [Source("city-budget", 3 * MILLION, document=1)]}, "sources", "本项目的附件"),
        ({"parts": {"building": 4 * MILLION, "land": -MILLION}}, "parts", "大于零"),
    ],
)
def test_what_doesnt_add_up_is_refused_by_how_much(project, wrong, field, says):
    with pytest.raises(ValidationError) as refused:
        plan(clerk(), project, **wrong)
    assert says in " ".join(refused.value.message_dict[field])
    assert not InvestmentPlan.objects.exists()


def test_the_composition_may_come_later_but_a_change_needs_a_reason(project):
    by = clerk()
    plan(by, project, parts={})
    with pytest.raises(ValidationError, match="理由"):
        plan(by, project)
    second = plan(by, project, reason="补充投资构成")
    assert (second.number, project.plans.first()) == (2, second)


def test_a_retired_source_stays_in_old_plans_and_enters_no_new_one(project):
    by = clerk()
    first = plan(by, project)
    Code.objects.filter(pk="fund_source:special-bond").update(retired_on="2020-01-01")
    with pytest.raises(ValidationError, match="special-bond"):
        plan(by, project, reason="再来")
    assert [row.kind.shown for row in first.sources.all()] == ["市级财力", "专项债券"]


def test_another_projects_file_is_no_proof_of_money(project):
    other = ProjectFactory(region=project.region)
    foreign = Attachment.objects.create(
        project=other, subject="library.project:0", purpose="funding", name="a.pdf", kind="pdf", size=1,
        sha256="0" * 64,
    )  # fmt: skip
    with pytest.raises(ValidationError, match="本项目的附件"):
        plan(clerk(), project, sources=[Source("city-budget", 3 * MILLION, document=foreign.pk)])


def test_only_those_who_keep_the_plan_up_change_it(project):
    finance = user_of(Role.FINANCE, "150207")
    with pytest.raises(OutsideOwnFields):
        plan(finance, project)
    assert Step.objects.get(verb="library.refuse_change").data == {"fields": ["plan"]}
    with pytest.raises(PermissionDenied):
        plan(user_of(Role.REVIEWER), project)
    assert not InvestmentPlan.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "rows",
    [
        lambda made: FundSource(
            plan=made, kind_id="fund_source:city-budget", instrument_id="instrument:budget", amount_yuan=1
        ),
        lambda made: YearPlan(plan=made, year=2030, amount_yuan=Decimal("0.01")),
    ],
)
def test_the_database_refuses_a_plan_that_doesnt_add_up(rows):
    load_defaults()
    made = plan(None, ProjectFactory())
    with pytest.raises(IntegrityError, match="does not add up"):
        rows(made).save()  # the commit is what fails
    with pytest.raises(IntegrityError, match="does not add up"):
        InvestmentPlan.objects.create(project=made.project, number=2, total_yuan=1)


@pytest.mark.parametrize("table", ["investmentplan", "fundsource", "yearplan", "costpart"])
@pytest.mark.parametrize("change", ["UPDATE library_{} SET id = id", "DELETE FROM library_{}"])
def test_the_database_keeps_every_version(project, table, change):
    plan(None, project)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))


def test_the_database_takes_codes_of_the_right_list_only(project):
    project.policy_id = "nature:new"
    with pytest.raises(IntegrityError, match="library_project_policy_of_its_list"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(policy="nature:new")


def test_land_is_declared_with_its_composition(project):
    by = clerk()
    parts = {"arable": Decimal("1000.50"), "construction": Decimal("2000.25")}
    made = set_land(by=by, project=project, total_m2=Decimal("3000.75"), parts=parts)
    assert made.number == 1
    with pytest.raises(ValidationError, match=r"多 0\.05 平方米"):
        set_land(by=by, project=project, total_m2=Decimal("3000.70"), parts=parts)
    with pytest.raises(ValidationError, match=r"少 999\.25 平方米"):
        set_land(by=by, project=project, total_m2=Decimal("4000.00"), parts=parts)
    with pytest.raises(ValidationError, match="moon"):
        set_land(by=by, project=project, total_m2=Decimal(1), parts={"moon": Decimal(1)})
    assert LandStatement.objects.count() == 1


fen = st.integers(1, 10**13).map(lambda amount: Decimal(amount).scaleb(-2))


class AddsUp(TestCase):
    """Whatever the amounts are, a plan that stands adds up to the fen, counted anew by SQL."""

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(fen, min_size=1, max_size=8),
        st.lists(fen, max_size=5),
        st.sampled_from(["0", "0", "0.01", "-0.01"]),
    )
    def test_a_plan_stands_exactly_if_it_adds_up(self, sources, first_years, off):
        load_defaults()
        project = ProjectFactory()
        total = sum(sources)
        # the last year takes the rest, give or take a fen
        rest = total - sum(first_years) + Decimal(off)
        years = [*first_years, rest] if rest > 0 else [*first_years, Decimal("0.01")]
        fits = sum(years) == total
        kinds = list(Code.objects.of("fund_source").values_list("value", flat=True))
        try:
            set_plan(
                by=None,
                project=project,
                total_yuan=total,
                sources=[Source(kind, amount) for kind, amount in zip(kinds, sources, strict=False)],
                years={2020 + k: amount for k, amount in enumerate(years)},
            )
        except ValidationError:
            assert not fits
            assert not project.plans.exists()
        else:
            assert fits
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT p.total_yuan - (SELECT sum(amount_yuan) FROM library_fundsource WHERE plan_id = p.id),"
                    " p.total_yuan - (SELECT sum(amount_yuan) FROM library_yearplan WHERE plan_id = p.id)"
                    " FROM library_investmentplan p WHERE project_id = %s",
                    [project.pk],
                )
                assert cursor.fetchall() == [(0, 0)]
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_three_thousand_projects_add_up_to_the_fen():
    """F022, F023: amounts of 3,000 projects, above 150,000,000,000 元 in all, by three ways of counting."""
    load_defaults()
    region = RegionFactory(code="150200")
    amounts = [
        Decimal((7_919 * k * k + 104_729) % 10_000_000_000 + 100) / 100 + 50_000_000 for k in range(3000)
    ]
    projects = Project.objects.bulk_create(
        Project(
            code=f"F-{k:05d}", name=f"项目 {k}", region=region, industry="E", level="city", stage="planning", year=2020
        )
        for k in range(3000)
    )  # fmt: skip
    plans = InvestmentPlan.objects.bulk_create(
        InvestmentPlan(project=project, number=1, total_yuan=amount)
        for project, amount in zip(projects, amounts, strict=True)
    )
    thirds = [(amount / 3).quantize(Decimal("0.01")) for amount in amounts]
    for rows in (
        FundSource.objects.bulk_create(
            FundSource(
                plan=row, kind_id=f"fund_source:{kind}", instrument_id=f"instrument:{instrument}", amount_yuan=part
            )
            for row, amount, third in zip(plans, amounts, thirds, strict=True)
            for kind, instrument, part in (
                ("city-budget", "budget", third), ("special-bond", "bond", third),
                ("industry-fund", "fund", amount - 2 * third),
            )
        ),
        YearPlan.objects.bulk_create(
            YearPlan(plan=row, year=year, amount_yuan=part)
            for row, amount, third in zip(plans, amounts, thirds, strict=True)
            for year, part in ((2020, third), (2021, amount - third))
        ),
    ):  # fmt: skip
        assert sum(row.amount_yuan for row in rows) == sum(amounts)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # every trigger speaks now
        cursor.execute("SELECT sum(total_yuan) FROM library_investmentplan")
        assert cursor.fetchone()[0] == sum(amounts)
    assert sum(amounts) > Decimal(150_000_000_000)
