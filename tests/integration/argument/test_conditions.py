"""What opinions and superiors' decisions demand: tracked until whoever set it confirms that it is met."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import Http404
from django.urls import reverse

from gis_projects.argument.actions import cases, conditions, escalations
from gis_projects.argument.models import Condition
from gis_projects.argument.queries.todo import waiting
from gis_projects.argument.refusals import NotNow
from gis_projects.desk.jobs import follow_trail
from gis_projects.desk.models import Notice as Told
from gis_projects.library.models import Evidence
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from siting.engine.notices import UnusableInput
from tests.factories import arguments as factory
from tests.factories.arguments import task_of
from tests.factories.people import OrganisationFactory, UserFactory
from tests.refusals import codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return factory.bureau()


@pytest.fixture
def case(bureau):
    return factory.opened(bureau, factory.project(organisation=OrganisationFactory()))


@pytest.fixture
def escalated(bureau, case):
    """The water department objects, and the city's has to decide."""
    bureau.give_all(case, water="object")
    return escalations.escalate(by=bureau.coordinator, task=task_of(case, "water"), reason="意见不一致")


def approver_of(bureau, escalation):
    return bureau.person(escalation.organisation, Role.APPROVER)


def test_a_condition_is_tracked_until_its_department_confirms(bureau, case):
    task = task_of(case, "water")
    opinion = bureau.give(task, "conditional", conditions=[{"text": "办理取水许可", "due_on": "2026-12-31"}])
    condition = opinion.conditions.get()
    bureau.give_all(case)
    cases.conclude(by=bureau.coordinator, case=case, text="有条件通过")
    assert Evidence.objects.get(project=case.project).outcome == "conditional"
    with pytest.raises(NotNow):
        conditions.confirm(by=bureau.handler(task), condition=condition)
    conditions.claim(by=bureau.coordinator, condition=condition, text="已取得许可")
    with pytest.raises((Http404, PermissionDenied)):
        conditions.confirm(by=bureau.coordinator, condition=condition)
    conditions.refuse_claim(by=bureau.handler(task), condition=condition, reason="缺少许可证照片")
    conditions.claim(by=bureau.coordinator, condition=condition, text="已补照片")
    conditions.confirm(by=bureau.handler(task), condition=condition)
    condition.refresh_from_db()
    assert (condition.state, condition.confirmed_by) == ("met", bureau.handler(task))
    with pytest.raises(DatabaseError, match="argument_condition_two_persons"), transaction.atomic():
        Condition.objects.filter(pk=condition.pk).update(claimed_by=bureau.handler(task))


def test_a_superior_who_agrees_with_conditions_names_one(bureau, escalated):
    city = approver_of(bureau, escalated)
    for given, code in (
        ([], "decision-without-condition"),
        ([{"text": " ", "due_on": ""}], "decision-without-condition"),
        ([{"text": "", "due_on": "2026-12-31"}], "condition-empty"),
        ([{"text": "使用再生水", "due_on": "2026-02-30"}], "condition-day"),
    ):
        with pytest.raises(UnusableInput) as refusal:
            escalations.decide(
                by=city, escalation=escalated, decision="conditional", text="同意", conditions=given
            )
        assert codes(refusal) == {code}
    for decision in ("agree", "object", "passed_up"):
        with pytest.raises(UnusableInput) as refusal:
            escalations.decide(
                by=city,
                escalation=escalated,
                decision=decision,
                text="同意",
                conditions=[{"text": "使用再生水"}],
            )
        assert codes(refusal) == {"conditions-without-decision"}
        assert [each.field for each in refusal.value.notices] == ["decision"]
    escalated.refresh_from_db()
    assert (escalated.decision, Condition.objects.count()) == ("", 0)
    escalations.decide(
        by=city, escalation=escalated, decision="agree", text="同意", conditions=[{"text": " ", "due_on": ""}]
    )
    assert not Condition.objects.exists()


def test_what_a_superior_demands_is_tracked_until_the_superior_confirms(bureau, case, escalated):
    city = approver_of(bureau, escalated)
    demanded = [{"text": "使用再生水", "due_on": "2026-12-31"}, {"text": "安装计量设施", "due_on": ""}]
    escalations.decide(
        by=city, escalation=escalated, decision="conditional", text="有条件同意", conditions=demanded
    )
    task = task_of(case, "water", "decided")
    first, second = Condition.objects.order_by("position")
    assert [(row.text, row.state, row.organisation, row.task) for row in (first, second)] == [
        ("使用再生水", "open", escalated.organisation, task),
        ("安装计量设施", "open", escalated.organisation, task),
    ]
    assert (first.opinion, first.escalation, str(first.due_on)) == (None, escalated, "2026-12-31")
    step = Step.objects.get(verb="argument.set_conditions")
    assert step.data["conditions"] == ["使用再生水", "安装计量设施"]
    cases.conclude(by=bureau.coordinator, case=case, text="有条件通过")
    assert Evidence.objects.get(project=case.project).outcome == "conditional"

    conditions.claim(by=bureau.coordinator, condition=first, text="已接入再生水管网")
    here = bureau.person(bureau.unit("water"), Role.HANDLER)
    there = bureau.person(escalated.organisation, Role.HANDLER)
    address = f"{reverse('argument:case', args=[case.pk])}#condition-{first.pk}"
    assert address in [each.address for each in waiting(there)]
    assert address not in [each.address for each in waiting(here)]
    with pytest.raises(
        (Http404, PermissionDenied)
    ):  # the department that the decision replaced confirms nothing
        conditions.confirm(by=here, condition=first)
    conditions.confirm(by=there, condition=first)
    first.refresh_from_db()
    assert (first.state, first.confirmed_by) == ("met", there)


def test_a_decision_stands_in_place_of_what_the_department_demanded(bureau, case):
    """Late with a new version of a conditional opinion: the superior decides, and only what it demands is left."""
    task = task_of(case, "water")
    bureau.give(task, "conditional")
    bureau.give(task, "object")
    old = Condition.objects.get()
    assert old.state == "lapsed"
    row = escalations.escalate(by=bureau.coordinator, task=task_of(case, "water"), reason="意见不一致")
    escalations.decide(
        by=approver_of(bureau, row), escalation=row, decision="conditional", text="有条件同意",
        conditions=[{"text": "使用再生水", "due_on": ""}],
    )  # fmt: skip
    assert [row.text for row in Condition.objects.filter(state="open")] == ["使用再生水"]
    cases.withdraw_case(by=bureau.coordinator, case=case, reason="调整方案")
    assert not Condition.objects.exclude(state="lapsed").exists()


def test_the_database_holds_a_condition_to_what_set_it(bureau, case, escalated):
    city = approver_of(bureau, escalated)
    escalations.decide(
        by=city,
        escalation=escalated,
        decision="conditional",
        text="同意",
        conditions=[{"text": "使用再生水"}],
    )
    row = Condition.objects.filter(escalation=escalated)
    other = bureau.give(task_of(case, "ndrc"))
    for change, why in (
        ({"organisation": bureau.unit("water")}, "that set it"),
        ({"task": other.task}, "that set it"),
        ({"text": "别的条件"}, "stays as it was set"),
        ({"opinion": other}, "stays as it was set"),
        ({"escalation": None}, "stays as it was set"),
    ):
        with pytest.raises(DatabaseError, match=why), transaction.atomic():
            row.update(**change)
    with pytest.raises(DatabaseError, match="argument_condition_of_one"), transaction.atomic():
        Condition.objects.create(
            task=other.task, organisation=other.task.organisation, opinion=other, escalation=escalated,
            position=9, text="两处提出",
        )  # fmt: skip


def test_a_decision_with_conditions_through_its_page(bureau, case, escalated, client):
    """The superior writes rows of conditions; the unit is told, says how they are met, and the superior confirms."""
    owner = UserFactory(
        username="owner", roles=[Role.OWNER], organisation=case.project.organisation, region=None
    )
    client.force_login(approver_of(bureau, escalated))
    act = reverse("argument:escalation-act", args=[escalated.pk])
    page = reverse("argument:case", args=[case.pk])
    form = {"step": "decide", "decision": "conditional", "text": "有条件同意"}
    refused = client.post(act, form)
    assert (refused.status_code, "至少写明一项条件" in refused.content.decode()) == (400, True)
    answer = client.post(
        act, {**form, "condition": ["使用再生水", ""], "condition_due": ["2026-12-31", ""]}, follow=True
    )
    condition = Condition.objects.get()
    assert f'id="condition-{condition.pk}"' in answer.content.decode()
    follow_trail()
    assert Told.objects.filter(user=owner, kind="condition", address=page).exists()
    client.force_login(owner)
    said = reverse("argument:condition-act", args=[condition.pk])
    assert client.post(said, {"step": "claim", "text": "已接入再生水管网"}).status_code == 302
    client.force_login(bureau.person(escalated.organisation, Role.HANDLER))
    shown = client.get(reverse("argument:task", args=[condition.task_id])).content.decode()
    assert "已接入再生水管网" in shown
    assert "确认已落实" in shown
    assert client.post(said, {"step": "confirm"}).status_code == 302
    condition.refresh_from_db()
    assert condition.state == "met"


def test_the_form_of_a_decision_holds_what_was_written_until_it_is_done(bureau, escalated, client):
    """Nothing is chosen before the superior chooses, and what is refused is said beside the choice."""
    client.force_login(approver_of(bureau, escalated))
    act = reverse("argument:escalation-act", args=[escalated.pk])
    page = client.get(reverse("argument:task", args=[escalated.task_id])).content.decode()
    assert 'name="decision" required><option value="">请选择</option>' in page
    assert "selected" not in page.partition(f'id="escalation-{escalated.pk}"')[2]
    form = {
        "text": "水源须落实", "condition": ["使用再生水", "安装计量设施", "逐年报告", ""],
        "condition_due": ["2026-12-31", "", "", ""],
    }  # fmt: skip
    for given, status in (
        ({"step": "decide", "decision": "agree"}, 400), ({"step": "decide", "decision": ""}, 400),
        ({"step": "more", "decision": "object"}, 200),
    ):  # fmt: skip
        answer = client.post(act, {**form, **given})
        form_again = (
            answer.content.decode().partition(f'id="escalation-{escalated.pk}"')[2].partition("</form>")[0]
        )
        assert answer.status_code == status
        assert "水源须落实</textarea>" in form_again
        assert [f'value="{text}"' in form_again for text in form["condition"][:3]] == [True] * 3
        assert ('value="2026-12-31"' in form_again, form_again.count('name="condition"')) == (True, 4)
        assert (f'value="{given["decision"]}" selected' in form_again) == (given["decision"] != "")
        assert ("写有条件时，裁定须为“有条件同意”" in form_again) == (given["decision"] == "agree")
        assert ("请选择裁定" in form_again) == (given["decision"] == "")
    escalated.refresh_from_db()
    assert escalated.decision == ""
    assert client.post(act, {**form, "step": "decide", "decision": "conditional"}).status_code == 302
    assert Condition.objects.filter(escalation=escalated).count() == 3
