"""Who is told of what, once; by mail where they want it; and nothing of what they may not know."""

from __future__ import annotations

import asyncio
import socket
from datetime import date, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.actions import meeting_tasks, meetings
from gis_projects.desk import mail, telling
from gis_projects.desk.actions.duties import make_due
from gis_projects.desk.actions.instructions import instruct
from gis_projects.desk.actions.notices import prefer
from gis_projects.desk.jobs import follow_trail
from gis_projects.desk.models import Kind, Mail, Notice
from gis_projects.desk.queries import notices
from gis_projects.desk.queries.todo import Urgency, count, days_left, kinds, todos, urgency, waiting
from gis_projects.desk.recipients import holders, reaching
from gis_projects.desk.reminding import KIND, due_notices, everything, tick
from gis_projects.people.models import Delegation
from gis_projects.people.permissions import Permission, may
from gis_projects.trail import words
from gis_projects.trail.actions import record
from gis_projects.trail.models import Job
from tests.factories import committee
from tests.factories.expert_reviews import PDF
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def once(_name, work):
    return work()


# --- what is due ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "expected", "left"),
    [
        (date(2026, 11, 19), Urgency.OVERDUE, -1),
        (date(2026, 11, 20), Urgency.SOON, 0),  # a Friday: today
        (date(2026, 11, 21), Urgency.SOON, 0),  # Saturday
        (date(2026, 11, 25), Urgency.SOON, 3),
        (date(2026, 11, 26), Urgency.LATER, 4),
        (date(2026, 11, 13), Urgency.OVERDUE, -5),
    ],
)
def test_three_working_days_before_its_last_one_a_thing_is_due_soon(due_on, expected, left):
    today = date(2026, 11, 20)
    assert urgency(due_on, today) == expected
    assert days_left(due_on, today) == left


def test_on_the_sunday_after_a_friday_it_is_overdue():
    assert urgency(date(2026, 11, 20), date(2026, 11, 22)) == Urgency.OVERDUE
    assert days_left(date(2026, 11, 20), date(2026, 11, 22)) == -1


def test_overdue_first_and_what_nothing_limits_last(city):
    today = timezone.localdate()
    water = [city.departments["water"]]
    instruct(by=city.leader, text="不限时", organisations=water)
    instruct(by=city.leader, text="下月", organisations=water, due_on=today + timedelta(days=40))
    instruct(by=city.leader, text="今天", organisations=water, due_on=today)
    make_due(today=today)
    rows = todos(city.water)
    days = [row.waiting.due_on or date.max for row in rows]
    assert days == sorted(days)
    assert rows[-1].sentence.endswith("不限时")


def test_the_number_on_the_desk_is_what_the_rooms_say(city):
    make_due()
    instruct(by=city.leader, text="请办理", organisations=[city.departments["water"]])
    page = Client()
    page.force_login(city.water)
    answer = page.get("/desk/")
    wanted = len(waiting(city.water))
    assert answer.context["total"] == wanted > 0
    assert page.get("/desk/count/").json() == {"todos": wanted} == {"todos": count(city.water)}
    assert sum(n for _kind, _label, n in answer.context["kinds"]) == wanted
    assert sum(n for _one, _label, n in answer.context["urgencies"]) == wanted
    for kind, _label, n in answer.context["kinds"]:
        shown = page.get("/desk/", {"kind": kind}).context["page"].paginator.count
        assert shown == n == sum(one.kind == kind for one in waiting(city.water))
    lines = page.get("/desk/", {"format": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(lines) == wanted + 1


def test_each_click_lands_on_the_thing_to_do(city):
    make_due()
    instruct(by=city.leader, text="请办理", organisations=[city.departments["water"]])
    page = Client()
    page.force_login(city.water)
    for one in waiting(city.water):
        assert page.get(one.address.partition("#")[0]).status_code == 200, one


def test_many_things_to_do_ask_no_more_questions_than_one(city, django_assert_max_num_queries):
    today, water = timezone.localdate(), [city.departments["water"]]
    asked = []
    for number in range(1, 22):
        instruct(
            by=city.leader,
            text=f"第{number}件",
            organisations=water,
            due_on=today + timedelta(days=number),
        )
        if number in (1, 21):
            todos(city.water)  # what is kept between requests
            with django_assert_max_num_queries(40) as seen:
                assert len(todos(city.water)) == number
            asked.append(len(seen))
    assert asked[0] == asked[1]


def test_every_kind_of_thing_to_do_has_a_name(city):
    assert {one.kind for one in waiting(city.water)} <= set(kinds())


# --- reminders ------------------------------------------------------------------------------------


def test_of_each_limit_a_person_is_told_twice_at_most(city):
    today = timezone.localdate()
    instruct(by=city.leader, text="请办理", organisations=[city.departments["water"]], due_on=today)
    for _again in range(2):
        everything(once)
    soon = Notice.objects.filter(user=city.water, kind=Kind.DUE_SOON, mark__contains="desk.instruction")
    assert soon.count() == 1
    later = [
        row for row in due_notices(city.water, today + timedelta(days=1)) if "desk.instruction" in row.mark
    ]
    assert [row.kind for row in later] == [Kind.OVERDUE]


def test_the_reminders_of_an_hour_are_started_once(city):
    assert [job.kind for job in tick()] == [KIND]
    assert tick() == []
    assert Job.objects.filter(kind=KIND).count() == 1


def test_what_somebody_does_not_want_is_not_written(city):
    prefer(by=city.water, muted=[Kind.INSTRUCTION], by_email=[], weekly_digest=False)
    instruct(by=city.leader, text="请办理", organisations=[city.departments["water"]])
    follow_trail()
    assert not Notice.objects.filter(user=city.water).exists()
    assert Notice.objects.filter(user=city.water_chief).count() == 1


# --- who ------------------------------------------------------------------------------------------


def test_who_reaches_a_project_is_who_may(city):
    found = reaching(city.project, Permission.GIVE_OPINIONS)
    everybody = holders(Permission.GIVE_OPINIONS)
    assert found == {user.pk for user in everybody if may(user, Permission.GIVE_OPINIONS, city.project)}
    assert city.water.pk in found
    assert city.east.pk not in found


def test_who_stands_in_for_somebody_is_told_too(city):
    today = timezone.localdate()
    Delegation.objects.create(
        giver=city.coordinator, taker=city.monitor, permissions=[str(Permission.START_ARGUMENTS)],
        starts_on=today, ends_on=today, reason="出差",
    )  # fmt: skip
    assert city.monitor in holders(Permission.START_ARGUMENTS)
    told = city.monitor.pk in reaching(city.project, Permission.START_ARGUMENTS)
    assert told == may(city.monitor, Permission.START_ARGUMENTS, city.project)


def test_a_review_handed_in_is_told_to_reviewers(city):
    from gis_projects.people.permissions import Role

    reviewer = city.person("审核", Role.REVIEWER, None, "150200")
    record(
        by=city.water, verb="sites.submit_check", subject=f"library.project:{city.project.pk}",
        data={"check": 1, "mark": 1, "rule": "", "decision": "submitted"},
    )  # fmt: skip
    follow_trail()
    row = Notice.objects.get(user=reviewer)
    assert (row.kind, row.address, row.project) == (Kind.SUBMITTED, "/reviews/1/", city.project)
    page = Client()
    page.force_login(reviewer)
    assert "九原水厂" in page.get("/notices/").content.decode()


def test_every_told_step_has_words():
    for verb in telling.TELLERS:
        assert words.template_of(verb) is not None, verb


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("library:project", [1]),
        ("argument:case", [1]),
        ("argument:task", [1]),
        ("argument:meeting-task", [1]),
        ("sites:review", [1]),
        ("desk:instruction", [1]),
    ],
)
def test_the_pages_that_notices_lead_to_are_there(name, arguments):
    assert reverse(name, args=arguments)


# --- letters --------------------------------------------------------------------------------------


class Box:
    """A mail server that keeps what it takes; ``busy`` times it refuses first."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], bytes]] = []
        self.busy = 0

    async def handle_DATA(self, server, session, envelope) -> str:
        await asyncio.sleep(0)
        if self.busy:
            self.busy -= 1
            return "451 try again later"
        self.letters.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"

    def texts(self) -> list[str]:
        found = [message_from_bytes(content, policy=default) for _to, content in self.letters]
        return [f"{make_header(decode_header(one['Subject']))}\n{one.get_content()}" for one in found]


@pytest.fixture
def box(settings):
    kept = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.PUBLIC_ADDRESS = "https://platform.example"
    yield kept
    server.stop()


def wants_mail(user, *kinds, digest=False):
    user.email = f"{user.pk}@bureau.example"
    user.save()
    prefer(by=user, muted=[], by_email=list(kinds), weekly_digest=digest)


def test_a_letter_goes_out_once(city, box):
    wants_mail(city.water, Kind.INSTRUCTION)
    instruct(by=city.leader, text="请核实取水许可", organisations=[city.departments["water"]])
    follow_trail()
    assert mail.send_waiting() == 1
    assert mail.send_waiting() == 0
    ((to, _content),) = box.letters
    assert to == [city.water.email]
    (text,) = box.texts()
    assert "领导批示" in text
    assert "请核实取水许可" in text
    assert "https://platform.example/notices/" in text
    assert Mail.objects.get().sent_at is not None


def test_a_server_that_refuses_is_asked_again_later(city, box):
    wants_mail(city.water, Kind.INSTRUCTION)
    instruct(by=city.leader, text="请办理", organisations=[city.departments["water"]])
    follow_trail()
    box.busy = 1
    assert mail.send_waiting() == 0
    letter = Mail.objects.get()
    assert letter.attempts == 1
    assert "451" in letter.error
    assert letter.next_try_at > timezone.now()
    assert mail.send_waiting() == 0
    Mail.objects.update(next_try_at=timezone.now())
    assert mail.send_waiting() == 1
    assert len(box.letters) == 1


def test_a_letter_names_no_confidential_project_and_tells_nobody_who_may_not_know(city, box):
    wants_mail(city.water, Kind.INSTRUCTION)
    wants_mail(city.finance, Kind.INSTRUCTION)
    instruct(
        by=city.leader, text="核实九原水厂", project=city.project,
        organisations=[city.departments["water"], city.departments["finance"]],
    )  # fmt: skip
    follow_trail()
    assert Mail.objects.count() == 2
    city.project.secrecy = "confidential"
    city.project.save()
    city.finance.roles = ["reviewer"]  # may read what is confidential; the water bureau may not
    city.finance.save()
    assert mail.send_waiting() == 1
    (text,) = box.texts()
    assert "九原水厂" not in text
    assert box.letters[0][0] == [city.finance.email]
    assert Mail.objects.get(user=city.water).error == "withheld"


def test_a_meetings_task_about_a_confidential_project_goes_out_without_its_words(city, box):
    """Who may read the project is told by its words, in the house only; the department that has to act, without."""
    office = committee.sitting()
    office.clerk.roles = [*office.clerk.roles, "reviewer"]  # may read what is confidential
    office.clerk.save()
    sitting = committee.meeting(office)
    administrator = UserFactory(username="admin", roles=["administrator"], region_id="150200", region=None)
    item = meetings.add_item(
        by=administrator, meeting=sitting, kind="fiscal", title="涉密议题", project=city.secret
    )
    for person in (city.water, office.clerk):
        wants_mail(person, Kind.RESOLUTION)
    task = meeting_tasks.assign(
        by=office.clerk, meeting=sitting, item=item, title="落实涉密工程用水", due_on=timezone.localdate(),
        organisation=city.departments["water"],
    )  # fmt: skip
    follow_trail()
    told = Notice.objects.get(user=city.water)
    assert (told.project, told.address) == (None, f"/committee/tasks/{task.pk}/")
    assert mail.send_waiting() == 1
    (text,) = box.texts()
    assert "请登录平台查看" in text
    meeting_tasks.report(by=city.water, task=task, text="涉密工程用水已落实", file=("说明.pdf", PDF))
    follow_trail()
    told = Notice.objects.get(user=office.clerk)
    assert told.project == city.secret
    page = Client()
    page.force_login(office.clerk)
    assert "涉密工程用水已落实" in page.get("/notices/").content.decode()
    assert mail.send_waiting() == 1
    assert len(box.texts()) == 2
    assert not any("涉密" in one for one in box.texts())


def test_the_digest_of_a_week_is_one_letter(city, box):
    wants_mail(city.water, digest=True)
    make_due()
    instruct(by=city.leader, text="请办理", organisations=[city.departments["water"]])
    assert mail.queue_digests("2026-W47") == 1
    assert mail.queue_digests("2026-W47") == 0
    assert mail.send_waiting() == 1
    (text,) = box.texts()
    assert "每周待办摘要（2026-W47）" in text
    assert "办理批示：请办理" in text


def test_without_a_server_no_letter_is_written(city, settings):
    settings.SENDS_MAIL = False
    wants_mail(city.water, Kind.INSTRUCTION, digest=True)
    instruct(by=city.leader, text="请办理", organisations=[city.departments["water"]])
    follow_trail()
    assert mail.queue_digests("2026-W47") == 0
    assert not Mail.objects.exists()


def test_settings_are_ones_own(city):
    page = Client()
    page.force_login(city.water)
    page.post("/notices/settings/", {"told": ["instruction", "task"], "mailed": ["task"], "digest": "1"})
    own = notices.preference(city.water)
    assert "instruction" not in own.muted
    assert "duty" in own.muted
    assert (own.by_email, own.weekly_digest) == (["task"], True)
    assert notices.preference(city.finance).muted == []
