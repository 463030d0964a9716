"""What departments say: drafted, handed in, signed by their own chain, and kept as it was."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import Http404
from django.utils import timezone

from gis_projects.argument.actions import (
    cases,
    opinions,
    tasks,
)
from gis_projects.argument.models import Approval, Case, Condition, Opinion
from gis_projects.argument.queries import standing
from gis_projects.argument.refusals import NotNow
from gis_projects.people.models import ApprovalChain, ChainLevel, Organisation, Post, PostHolding
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from siting.engine.notices import UnusableInput
from tests.factories import arguments as factory
from tests.factories.arguments import task_of
from tests.factories.people import UserFactory
from tests.factories.reviews import PDF
from tests.refusals import codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return factory.bureau()


@pytest.fixture
def case(bureau):
    return factory.opened(bureau, factory.project())


def chain(organisation: Organisation, mode: str, *posts: Post | None, version: int = 1) -> ApprovalChain:
    made = ApprovalChain.objects.create(
        organisation=organisation, item="argument.opinion", version=version, mode=mode,
        made_by=UserFactory(organisation=organisation, region=organisation.region),
    )  # fmt: skip
    for number, post in enumerate(posts, start=1):
        ChainLevel.objects.create(chain=made, number=number, name=f"第{number}级", post=post)
    return made


def test_only_the_department_asked_speaks(bureau, case):
    task = task_of(case, "water")
    stranger = bureau.person(bureau.unit("ecology"), Role.HANDLER)
    with pytest.raises(Http404):
        opinions.draft(by=stranger, task=task, verdict="agree")
    with pytest.raises(PermissionDenied):
        opinions.draft(by=bureau.coordinator, task=task, verdict="agree")


def test_who_drafts_does_not_sign_and_the_database_says_so_too(bureau, case):
    task = task_of(case, "ndrc")
    both = UserFactory(organisation=task.organisation, region=task.organisation.region,
                       roles=[Role.HANDLER, Role.APPROVER])  # fmt: skip
    opinion = opinions.draft(by=both, task=task, verdict="agree", fields=factory.filled(task))
    opinions.hand_in(by=both, opinion=opinion)
    with pytest.raises(NotNow) as refusal:
        opinions.sign(by=both, opinion=opinion, level=1)
    assert codes(refusal) == {"two-persons"}
    with pytest.raises(DatabaseError, match="argument_approval_by_a_second_person"), transaction.atomic():
        Approval.objects.create(opinion=opinion, level=1, by=both, drafted_by=both)
    with pytest.raises(DatabaseError, match="drafted by somebody else"), transaction.atomic():
        Approval.objects.create(opinion=opinion, level=1, by=both, drafted_by=bureau.coordinator)
    with pytest.raises(DatabaseError, match="when every level has signed"), transaction.atomic():
        Opinion.objects.filter(pk=opinion.pk).update(state="approved", effective_at=timezone.now())
    opinions.sign(by=bureau.approver(task), opinion=opinion, level=1)
    with pytest.raises(NotNow):
        opinions.sign(by=bureau.approver(task, 2), opinion=opinion, level=1)
    opinion.refresh_from_db()
    assert opinion.state == "approved"


@pytest.mark.parametrize(
    ("mode", "end"), [("approve", "approved"), ("verify", "verified"), ("file", "filed")]
)
def test_each_mode_has_its_own_end(bureau, mode, end):
    chain(bureau.unit("ndrc"), mode, *([] if mode == "file" else [None]))
    case = factory.opened(bureau, factory.project())
    opinion = bureau.give(task_of(case, "ndrc"))
    assert opinion.state == end
    assert opinion.approvals.count() == (0 if mode == "file" else 1)


def test_a_running_case_keeps_its_chain_and_the_next_takes_the_new_one(bureau):
    unit = bureau.unit("ndrc")
    first, second, third = (
        Post.objects.create(organisation=unit, name=name) for name in ("科长", "副局长", "局长")
    )
    chain(unit, "approve", first, second)
    running = factory.opened(bureau, factory.project())
    chain(unit, "approve", first, second, third, version=2)
    later = factory.opened(bureau, factory.project(name="另一个项目"))
    task, next_task = task_of(running, "ndrc"), task_of(later, "ndrc")
    assert (len(task.chain_levels), len(next_task.chain_levels)) == (2, 3)
    for number, post in enumerate((first, second, third), start=1):
        PostHolding.objects.create(post=post, user=bureau.person(unit, Role.APPROVER, number))
    opinion = opinions.draft(by=bureau.handler(task), task=task, verdict="agree", fields=factory.filled(task))
    opinions.hand_in(by=bureau.handler(task), opinion=opinion)
    with pytest.raises(NotNow) as refusal:  # the second level's holder can't sign the first
        opinions.sign(by=bureau.approver(task, 2), opinion=opinion, level=1)
    assert codes(refusal) == {"level-of-another"}
    opinions.sign(by=bureau.approver(task, 1), opinion=opinion, level=1)
    assert Opinion.objects.get(pk=opinion.pk).state == "approving"
    with pytest.raises(NotNow) as refusal:
        opinions.sign(by=bureau.approver(task, 1), opinion=opinion, level=2)
    assert codes(refusal) == {"one-level-a-person"}
    opinions.sign(by=bureau.approver(task, 2), opinion=opinion, level=2)
    assert Opinion.objects.get(pk=opinion.pk).state == "approved"
    longer = bureau.give(next_task)
    assert longer.approvals.count() == 3


def test_what_is_handed_in_stays_and_a_newer_version_stands(bureau, case):
    task = task_of(case, "water")
    first = bureau.give(task, "conditional")
    for change in (
        {"text": "改写"},
        {"verdict": "agree"},
        {"fields": {}},
        {"drafted_by": bureau.coordinator},
    ):
        with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
            Opinion.objects.filter(pk=first.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        first.delete()
    second = bureau.give(task, "agree")
    task.refresh_from_db()
    assert (second.version, task.result) == (2, "agree")
    assert [row.task_id for row in standing.opinions_in_force(case)] == [task.pk]
    assert standing.opinions_in_force(case)[0].pk == second.pk
    assert Condition.objects.get(opinion=first).state == "lapsed"


def test_an_opinion_says_what_its_items_ask(bureau, case):
    task = task_of(case, "ndrc")
    by = bureau.handler(task)
    opinion = opinions.draft(by=by, task=task, verdict="agree")
    with pytest.raises(UnusableInput) as refusal:
        opinions.hand_in(by=by, opinion=opinion)
    fields = {notice.field for notice in refusal.value.notices}
    assert {"energy_supply.energy_level", "energy_supply.supply_demand", "structural_review.structure",
            "point.energy_supply.energy"} <= fields  # fmt: skip
    opinion = opinions.draft(by=by, task=task, verdict="object", fields=factory.filled(task))
    with pytest.raises(UnusableInput) as refusal:
        opinions.hand_in(by=by, opinion=opinion)
    assert codes(refusal) == {"reason-missing"}
    opinion = opinions.draft(by=by, task=task, verdict="conditional", fields=factory.filled(task))
    with pytest.raises(UnusableInput) as refusal:
        opinions.hand_in(by=by, opinion=opinion)
    assert codes(refusal) == {"conditions-missing"}
    # who returns the papers needn't state anything but why
    opinion = opinions.draft(by=by, task=task, verdict="return", text="缺少能评材料")
    opinions.hand_in(by=by, opinion=opinion)
    assert Opinion.objects.get(pk=opinion.pk).state == "approving"


def test_a_colleague_who_goes_on_writes_it_all(bureau, case):
    task = task_of(case, "water")
    mine = opinions.draft(by=bureau.handler(task), task=task, verdict="agree", text="甲稿")
    theirs = opinions.draft(by=bureau.handler(task, 2), task=task, verdict="agree", text="乙稿")
    mine.refresh_from_db()
    assert (mine.state, theirs.version, theirs.drafted_by) == ("dropped", 2, bureau.handler(task, 2))
    with pytest.raises(NotNow):
        opinions.hand_in(by=bureau.handler(task), opinion=theirs)


def test_files_come_with_a_draft_and_no_later(bureau, case, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    task = task_of(case, "water")
    by = bureau.handler(task)
    opinion = opinions.draft(by=by, task=task, verdict="agree", fields=factory.filled(task))
    file = opinions.attach(by=by, opinion=opinion, name="论证报告.pdf", content=PDF)
    opinions.hand_in(by=by, opinion=opinion)
    with pytest.raises(NotNow):
        opinions.attach(by=by, opinion=opinion, name="补充.pdf", content=PDF)
    step = Step.objects.filter(verb="argument.hand_in_opinion").latest("number")
    assert step.data["files"] == [{"name": "论证报告.pdf", "sha256": file.sha256}]


def test_returned_papers_are_supplemented_and_asked_again(bureau, case):
    task = task_of(case, "ecology")
    bureau.give(task, "return", text="缺少环评材料")
    assert (task.state, task.result) == ("returned", "")
    with pytest.raises(NotNow) as refusal:
        cases.conclude(by=bureau.coordinator, case=case, text="结论")
    assert "case-owed" in codes(refusal)
    tasks.supplement(by=bureau.coordinator, task=task, text="已补环评登记表")
    bureau.give_all(case)
    cases.conclude(by=bureau.coordinator, case=case, text="结论")
    assert Case.objects.get(pk=case.pk).outcome == "passed"
