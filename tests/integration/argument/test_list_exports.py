"""Lists go out as they are narrowed: checklists, batches, a to-do of a review with its name."""

from __future__ import annotations

import pytest
from django.utils import timezone

from gis_projects.argument.actions.campaigns import open_campaign
from gis_projects.argument.actions.checklists import open_checklist
from gis_projects.desk.queries.todo import kinds, waiting
from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from tests.factories import arguments as factory
from tests.factories.expert_reviews import panel
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


def lines(client, user, address, **asked):
    client.force_login(user, backend="gis_projects.people.backends.Accounts")
    answer = client.get(address, {**asked, "format": "csv"})
    assert answer.status_code == 200
    return answer.content.decode("utf-8-sig").splitlines()


def test_checklists_go_out_by_their_state(client):
    bureau = factory.bureau()
    open_checklist(
        by=bureau.coordinator,
        project=factory.project(name="政务云", industry="I"),
        system_lead=bureau.unit("committee_office"),
    )
    header, row = lines(client, bureau.coordinator, "/arguments/checklists/")
    assert header.startswith("项目代码,项目,地区,状态,已签")
    assert ",政务云,九原区,会商中,0/3," in row
    assert len(lines(client, bureau.coordinator, "/arguments/checklists/", state="passed")) == 1


def test_batches_go_out_by_year_and_kind(client):
    project = factory.project()
    admin = user_of(Role.ADMINISTRATOR)
    year = timezone.localdate().year
    open_campaign(
        by=admin, year=year, name="春季入库", kind="admission", region=project.region,
        projects=Project.objects.filter(pk=project.pk),
    )  # fmt: skip
    _header, row = lines(client, admin, "/campaigns/", year=year)
    assert row.startswith(f"{year},春季入库,集中入库,九原区,1,")
    assert len(lines(client, admin, "/campaigns/", year=year - 1)) == 1
    assert len(lines(client, admin, "/campaigns/", kind="evaluation")) == 1


def test_every_to_do_of_a_review_has_a_name():
    made = panel()
    named, found = kinds(), set()
    review = made.open()
    for reached in range(1, 9):
        made.go_to(reached, review)
        for person in (made.owner, made.organiser, *(expert.user for expert in made.experts)):
            found |= {one.kind for one in waiting(person)}
    assert {"review_step", "review_reading", "review_scores", "review_statement"} <= found
    assert found <= set(named)
