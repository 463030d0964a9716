"""What the database itself keeps of the libraries: a library changes with a move alone, and moves stay."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from gis_projects.library.actions import libraries
from gis_projects.library.actions.evidence import record_evidence
from gis_projects.library.models import Application, LibraryMove, Project
from tests.factories.libraries import (
    in_library,
)
from tests.factories.library import ProjectFactory

pytestmark = pytest.mark.django_db


def refused_by_database(work) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        work()


def test_a_library_changes_with_a_move_and_in_no_other_way(project):
    refused_by_database(lambda: Project.objects.filter(pk=project.pk).update(library="reserve"))
    refused_by_database(lambda: ProjectFactory(region_id="150207", region=None, library="catalogue"))
    in_library(project, "catalogue")
    # the move of a transaction serves once
    refused_by_database(lambda: Project.objects.filter(pk=project.pk).update(library="none"))

    def only_the_row():
        LibraryMove.objects.create(
            project=project, from_library="catalogue", to_library="exited", way="exited", reason="不再实施"
        )
        from django.db import connection

        connection.check_constraints()

    refused_by_database(only_the_row)


def test_an_admission_without_its_gate_is_refused_by_the_database(project, owner, admitter):
    application = libraries.apply(by=owner, project=project, to="catalogue")

    def admit(gate):
        Application.objects.filter(pk=application.pk).update(
            state="admitted", decided_by=admitter, decided_at=timezone.now()
        )
        LibraryMove.objects.create(
            project=project,
            from_library="none",
            to_library="catalogue",
            way="admitted",
            application=application,
            gate=gate,
        )

    refused_by_database(lambda: admit([]))
    refused_by_database(lambda: admit([{"code": "a", "met": True}, {"code": "b", "met": False}]))
    refused_by_database(
        lambda: Application.objects.filter(pk=application.pk).update(
            state="admitted", decided_by=owner, decided_at=application.applied_at
        )
    )


def test_moves_and_decided_applications_never_change(project, owner, admitter):
    application = libraries.apply(by=owner, project=project, to="catalogue")
    libraries.admit(by=admitter, application=application)
    refused_by_database(lambda: LibraryMove.objects.update(reason="改"))
    refused_by_database(lambda: LibraryMove.objects.all()._raw_delete("default"))
    refused_by_database(lambda: Application.objects.update(reason="改"))


def test_a_result_that_follows_by_itself_is_nobodys(project):
    row = record_evidence(
        by=None,
        project=project,
        kind="review",
        outcome="passed",
        reference="argument.review:1",
        title="评审通过",
    )
    assert row.by is None
