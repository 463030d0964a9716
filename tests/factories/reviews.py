"""A check with something to review: a prohibited hit, an informative one, and a rule that couldn't be checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from django.db import connection, transaction

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.sites.actions import reviews
from gis_projects.sites.actions.boundaries import run_check, save_boundary
from gis_projects.sites.models import Mark, Review, SignOff
from siting.models import Check
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory, user_of

FARMLAND = "permanent-basic-farmland"  # hit, prohibited
RED_LINE = "ecological-red-line"  # not checked: its layer is missing
GENERAL = "environment-general"  # hit, informative
FIELD = shapely.box(109.84, 40.61, 109.847, 40.617)  # covers the site's south-west corner
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


@dataclass
class Case:
    """A project of 九原区 with one check, the planner who made both, and two reviewers."""

    project: Project
    planner: User
    reviewer: User
    second: User
    check: Check

    def decide_all(self, by: User | None = None) -> None:
        for rule, decision, text in (
            (FARMLAND, "accepted", ""),
            (RED_LINE, "dismissed", "图层尚未建库，已人工核对"),
        ):
            reviews.mark(by=by or self.reviewer, check=self.check, rule=rule, decision=decision, text=text)

    def revision(self) -> int:
        return Review.objects.get(answer=self.check).revision

    def sign(self, by: User | None = None, **more: Any) -> SignOff:
        return reviews.sign(by=by or self.reviewer, check=self.check, revision=self.revision(), **more)

    def marks(self) -> list[Mark]:
        return list(Mark.objects.filter(answer=self.check))

    def check_again(self, polygon: Any = None) -> Check:
        """A new check; with a polygon, of a new boundary."""
        if polygon is not None:
            self.save(polygon)
        self.project.site.refresh_from_db()
        return run_check(by=self.planner, project=self.project, site_version=self.project.site.current)

    def save(self, polygon: Any) -> None:
        save_boundary(
            by=self.planner,
            project=self.project,
            boundary=land.boundary(polygon),
            **({"based_on": self.project.site.current_id} if self.project.site_id else {}),
        )
        self.project.refresh_from_db()


def case(folder: Path, *, name: str = "滨河净水厂工程") -> Case:
    """Publish the land and check a site on it."""
    land.publish_land(folder, {"YJJBNT": [("F1", "", FIELD)]}, without=["STBHHX"])
    return checked(name=name)


def checked(*, name: str = "滨河净水厂工程", polygon: Any = land.SITE) -> Case:
    """A project with one check on the land that is there."""
    planner = _user(Role.PLANNER, "150207", "planner")
    project = ProjectFactory(name=name, region=RegionFactory(code="150207"))
    save_boundary(by=planner, project=project, boundary=land.boundary(polygon), facts=land.FACTS)
    project.refresh_from_db()
    check = run_check(by=planner, project=project, site_version=project.site.current)
    reviewer = _user(Role.REVIEWER, "150200", "reviewer", full_name="李审")
    second = _user(Role.REVIEWER, "150200", "second", full_name="王核")
    return Case(project, planner, reviewer, second, check)


def _user(role: Role, region: str, username: str, **more: Any) -> User:
    return User.objects.filter(username=username).first() or user_of(role, region, username=username, **more)


@contextmanager
def tampered(sql: str) -> Iterator[None]:
    """Write past the triggers, as someone with the database in their hands would; undone in the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        assert cursor.rowcount > 0
        yield
        transaction.set_rollback(True)
