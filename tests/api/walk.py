"""One visit of somebody to an address, made cheap: thousands of them are made in one world.

The world is committed, as the public side reads it through a connection of its own; what a visit does is undone.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.people.models import Department, Engagement, Organisation, Region, User
from gis_projects.people.roles import ENGAGED, Role
from tests import databases
from tests.api import addresses
from tests.api import world as making
from tests.api.addresses.policy import VISITORS_BY_RELATION, Visitor
from tests.api.addresses.visits import Address, World
from tests.factories.people import OrganisationFactory, UserFactory

#: The addresses by the module that lists them: what is walked at a time.
ROOMS: dict[str, list[str]] = {
    name: list(module.ADDRESSES)
    for name, module in sorted(vars(addresses).items())
    if hasattr(module, "ADDRESSES")
}


@dataclass(frozen=True)
class Standing:
    """A world that stands while the tests of a module visit it, and the sessions of who visits."""

    world: World
    visitors: dict[str, str]
    everybody: dict[Visitor, str]


@contextlib.contextmanager
def standing(folder: Path) -> Iterator[Standing]:
    """A committed world; the database is emptied of it at the end."""
    with override_settings(MEDIA_ROOT=folder / "media", SIGNING_KEY_PATH=folder / "key.pem"), quiet():
        try:
            visitors = making.visitors()
            world = making.world(visitors, folder)
            yield Standing(
                world,
                {name: signed_in(user) for name, user in visitors.items()},
                {visitor: signed_in(user) for visitor, user in everybody(world).items()},
            )
        finally:
            databases.empty(connection)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Thousands of refusals are what is asked for: a traceback of each in the log takes longer than the visit."""
    logger = logging.getLogger("django.request")
    before, logger.disabled = logger.disabled, True
    yield
    logger.disabled = before


def signed_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def visit(session: str | None, address: str, entry: Address, world: World) -> HttpResponse:
    """The answer to one visit, by a client of its own: a visit may end the session or change the language."""
    client = Client(raise_request_exception=False)
    if session is not None:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    send = getattr(client, entry.method)
    if entry.json is not None:
        answer = send(address, entry.json(world), content_type="application/json")
    else:
        answer = send(address, entry.query(world))
    if answer.streaming:  # read to its end it closes; closed by hand it would take the connection with it
        for _part in answer.streaming_content:
            pass
    return answer


def visit_without_trace(session: str | None, address: str, entry: Address, world: World) -> int:
    """The code of one visit, which leaves nothing behind in the database."""
    with transaction.atomic():
        code = visit(session, address, entry, world).status_code
        transaction.set_rollback(True)
    return code


def everybody(world: World) -> dict[Visitor, User]:
    """A user for every role in every relation to the world's project."""
    project = Project.objects.get(pk=world.project)
    Region.objects.create(code="150000", name="内蒙古自治区", short_name="自治区", kind="province")
    # the functions that work is routed to in the world are these departments'
    organisations: dict[str, Organisation] = {
        "own unit": project.organisation,
        "other unit": OrganisationFactory(),
        "own department": department("water", "150207"),
        "other department": department("forestry", "150207"),
        "other region": department("water", "150202"),
        "superior": department("water", "150000"),
        "engaged": OrganisationFactory(kind="intermediary"),
        "engagement ended": OrganisationFactory(kind="intermediary"),
    }
    found = {}
    for number, visitor in enumerate(VISITORS_BY_RELATION):
        organisation = organisations[visitor.relation]
        outside = visitor.role == Role.EXPERT
        found[visitor] = UserFactory(
            username=f"visitor{number}",
            roles=[str(visitor.role)],
            region=None if outside else organisation.region,
            organisation=None if outside else organisation,
        )
        if visitor.role in ENGAGED:
            engage(project, found[visitor], ended=visitor.relation == "engagement ended")
    return found


def department(function: str, region: str) -> Organisation:
    kind = Department.objects.get_or_create(code=function, defaults={"name": function})[0]
    there = Organisation.objects.filter(department=kind, region_id=region).first()
    return there or OrganisationFactory(kind="department", department=kind, region_id=region)


def engage(project: Project, user: User, *, ended: bool) -> None:
    today = timezone.localdate()
    holder = {"organisation": user.organisation} if user.organisation else {"user": user}
    Engagement.objects.create(
        project=project.pk,
        **holder,
        phase="early",
        service="referral" if Role.JOINT in user.roles else "review",
        starts_on=today - datetime.timedelta(days=30),
        ends_on=today + datetime.timedelta(days=30),
        ended_at=timezone.now() if ended else None,
    )
