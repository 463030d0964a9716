from __future__ import annotations

from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from django.test import Client

from gis_projects.people.models import Organisation, Region, User
from gis_projects.people.permissions import Role

# Code, name, name in the statistics table, kind; in the table's order.
CITY = ("150200", "包头市", "市本级", "city")
DISTRICTS = [
    ("150202", "东河区", "东河区", "county"),
    ("150204", "青山区", "青山区", "county"),
    ("150203", "昆都仑区", "昆区", "county"),
    ("150207", "九原区", "九原区", "county"),
    ("150271", "包头稀土高新技术产业开发区", "开发区", "zone"),
    ("150221", "土默特右旗", "土右旗", "county"),
    ("150205", "石拐区", "石拐区", "county"),
    ("150222", "固阳县", "固阳县", "county"),
    ("150206", "白云鄂博矿区", "白云矿区", "county"),
    ("150223", "达尔罕茂明安联合旗", "达茂旗", "county"),
]
PASSWORD = "只在测试里用-Qx7"


class RegionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ("code",)

    code = "150207"
    name = factory.LazyAttribute(lambda o: _known(o.code)[1])
    short_name = factory.LazyAttribute(lambda o: _known(o.code)[2])
    kind = factory.LazyAttribute(lambda o: _known(o.code)[3])
    position = factory.LazyAttribute(lambda o: [row[0] for row in (CITY, *DISTRICTS)].index(o.code))


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    code = factory.Sequence(lambda n: f"91150200MA0{n:07d}")
    name = factory.Sequence(lambda n: f"城市建设投资公司 {n}")


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    full_name = "张三"
    region = factory.SubFactory(RegionFactory)
    roles = factory.LazyFunction(lambda: [str(Role.PLANNER)])
    password = factory.LazyFunction(lambda: _hashed())


@cache
def _hashed() -> str:
    """Hashing is slow on purpose; once is enough for the tests."""
    return make_password(PASSWORD)


def _known(code: str) -> tuple[str, str, str, str]:
    return next(row for row in (CITY, *DISTRICTS) if row[0] == code)


def baotou() -> dict[str, Region]:
    """The city and its ten rows, by code."""
    return {row[0]: RegionFactory(code=row[0]) for row in (CITY, *DISTRICTS)}


def user_of(role: Role, region: str | None = "150200", **more: object) -> User:
    return UserFactory(
        username=more.pop("username", str(role)),
        roles=[str(role)],
        region=RegionFactory(code=region) if region else None,
        **more,
    )


def signed_in(user: User) -> Client:
    """A client that has been let in as somebody."""
    client = Client()
    client.force_login(user, backend="gis_projects.people.backends.Accounts")
    return client
