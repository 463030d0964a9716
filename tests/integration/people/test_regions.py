"""The tree of divisions: codes of 6, 9 and 12 digits that reach what lies below them, and their validity."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis_projects.people.actions.regions import end_region, enter_regions, save_region
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Role, Scope, ScopePaths, may, region_prefix, visible
from gis_projects.people.queries import regions as queries
from gis_projects.people.roles import ENGAGED, ROLES
from tests.factories import land
from tests.factories.people import RegionFactory, UserFactory, baotou, user_of

pytestmark = pytest.mark.django_db


def tree():
    """Two provinces, two cities, three counties, and towns and villages whose codes end in zeros of their own."""
    rows = [
        ("150000", "内蒙古自治区", "province", None), ("140000", "山西省", "province", None),
        ("150200", "包头市", "city", "150000"), ("150100", "呼和浩特市", "city", "150000"),
        ("150207", "九原区", "county", "150200"), ("150210", "试验区", "county", "150200"),
        ("150102", "新城区", "county", "150100"),
        ("150207100", "麻池镇", "town", "150207"), ("150207101", "哈林格尔镇", "town", "150207"),
        ("150210100", "东河街道", "town", "150210"),
        ("150207100100", "一村", "village", "150207100"), ("150207100200", "二村", "village", "150207100"),
        ("150207101200", "三村", "village", "150207101"),
    ]  # fmt: skip
    for position, (code, name, kind, parent) in enumerate(rows):
        RegionFactory._meta.model.objects.create(
            code=code, name=name, short_name=name, kind=kind, parent_id=parent, position=position
        )
    return [row[0] for row in rows]


def below(code, codes):
    """What a division reaches, by its parents and nothing else."""
    parents = dict(Region.objects.values_list("code", "parent"))

    def belongs(each):
        while each is not None:
            if each == code:
                return True
            each = parents[each]
        return False

    return {each for each in codes if belongs(each)}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_who_reaches_a_division_reaches_what_lies_below_it_and_nothing_else(data):
    with transaction.atomic():
        codes = tree()
        code = data.draw(st.sampled_from(codes))
        roles = data.draw(st.lists(st.sampled_from([str(role) for role in Role]), max_size=2, unique=True))
        permission = data.draw(st.sampled_from(list(Permission)))
        user = UserFactory(roles=roles, region_id=code, region=None)
        paths = ScopePaths(region="code")
        seen = set(visible(user, permission, Region.objects.all(), paths).values_list("code", flat=True))
        assert seen == {each for each in codes if may(user, permission, Scope(region=each))}
        assert seen in (set(), below(code, codes))
        # who is only let in, project by project, reaches nothing by where their account has its region
        assert bool(seen) == any(permission in ROLES[Role(role)] for role in roles if role not in ENGAGED)
        transaction.set_rollback(True)


def test_prefixes_are_those_of_the_database_too():
    """The constraint on parents has the rule in SQL."""
    codes = tree()
    for code in codes:
        for other in codes:
            fits = other.startswith(region_prefix(code)) and other != code
            taken = True
            try:
                with transaction.atomic():
                    Region.objects.filter(code=other).update(parent=code)
                    transaction.set_rollback(True)
            except IntegrityError:
                taken = False
            assert taken is fits, (other, code)


@pytest.mark.parametrize(
    ("code", "kind", "parent"),
    [
        ("150207", "town", "150200"),
        ("150207101", "county", "150200"),
        ("150207101", "village", "150200"),
        ("150207000", "town", "150207"),
        ("150207101000", "village", "150207"),
        ("1502071", "town", "150207"),
        ("150102101", "town", "150207"),
        ("15020x", "county", "150200"),
    ],
)
def test_what_no_code_is(code, kind, parent):
    baotou()
    with pytest.raises(ValidationError):
        save_region(
            by=None, code=code, name="x", short_name="x", kind=kind, parent=Region.objects.get(code=parent),
            position=0,
        )  # fmt: skip
    assert not Region.objects.filter(name="x").exists()


def test_a_list_enters_whole_or_not_at_all():
    baotou()
    good = Region(code="150207101", name="麻池镇", short_name="麻池镇", kind="town", parent_id="150207")
    bad = Region(code="150102101", name="别处", short_name="别处", kind="town", parent_id="150207")
    with pytest.raises(IntegrityError), transaction.atomic():
        enter_regions(by=None, regions=[good, bad])
    assert not Region.objects.filter(kind="town").exists()
    assert enter_regions(by=None, regions=[good]) == 1
    assert enter_regions(by=None, regions=[good]) == 0


def test_a_code_ends_after_those_below_it_and_is_shown_as_of_a_day():
    baotou()
    boss = user_of(Role.ADMINISTRATOR)
    county = Region.objects.get(code="150207")
    town = save_region(
        by=boss, code="150207101", name="麻池镇", short_name="麻池镇", kind="town", parent=county, position=1,
        valid_from=date(2001, 1, 1),
    )  # fmt: skip
    with pytest.raises(ValidationError, match="下级"):
        end_region(by=boss, region=county, last_day=date(2024, 12, 31))
    end_region(by=boss, region=town, last_day=date(2024, 12, 31))
    end_region(by=boss, region=county, last_day=date(2024, 12, 31))
    for day, there in ((date(2024, 12, 31), True), (date(2025, 1, 1), False), (date(2000, 12, 31), False)):
        assert queries.chosen(day=day).filter(code="150207101").exists() is there
    assert queries.chosen().filter(code="150207101").exists()
    with pytest.raises(PermissionDenied):
        end_region(by=user_of(Role.REVIEWER), region=county, last_day=date(2025, 1, 1))


def test_towns_are_no_rows_of_statistics_and_no_choices():
    tree()
    assert not set(Region.objects.divisions().values_list("kind", flat=True)) & {"town", "village"}


def test_the_page_shows_the_tree_filters_and_exports():
    tree()
    client = Client()
    client.force_login(User.objects.get(pk=UserFactory(region_id="150207", region=None).pk))
    page = client.get(reverse("people:regions"), {"below": "150207"})
    assert [(row.region.code, row.depth) for row in page.context["rows"]] == [
        ("150207", 0), ("150207100", 1), ("150207100100", 2), ("150207100200", 2), ("150207101", 1),
        ("150207101200", 2),
    ]  # fmt: skip
    found = client.get(reverse("people:regions"), {"q": "三村"}).context["rows"]
    assert [row.region.code for row in found] == ["150207101200"]
    text = client.get(reverse("people:regions"), {"kind": "village", "format": "csv"}).content.decode()
    assert text.count("\n") == 4
    assert client.get(reverse("people:regions"), {"day": "gestern"}).status_code == 400
    assert "没有该区划的轮廓" in client.get(reverse("people:region", args=["150207100"])).content.decode()


def test_a_division_shows_its_ground(tmp_path):
    baotou()
    west, east = shapely.box(109.8, 40.5, 109.9, 40.6), shapely.box(109.9, 40.5, 110.0, 40.6)
    land.publish_layer("XZQ", [("150207", "", west), ("150202", "", east)])
    assert queries.shape("150207").equals(west)
    assert queries.shape("150200").equals(shapely.union_all([west, east]))
    assert queries.shape("150206") is None
    client = Client()
    client.force_login(UserFactory())
    page = client.get(reverse("people:region", args=["150207"]))
    # PostGIS is the witness of the area in its own test; a tenth of a degree squared at 40.55° N is some 94 km²
    assert page.context["outline"]["area_km2"] == pytest.approx(94.1, abs=0.5)
    assert "<svg" in page.content.decode()
