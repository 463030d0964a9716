"""A question from the public form to a published answer and away again, over the two database roles."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from gis_projects.disclosure import inbox
from gis_projects.disclosure.models import InboxQuestion, InboxTrace, PublicChange, PublicQuestion
from gis_projects.people.models import OrganisationKind
from gis_projects.people.permissions import Role
from gis_projects.publishing import portal_jobs
from gis_projects.publishing.actions import comments
from gis_projects.publishing.actions import projects as disclosing
from gis_projects.publishing.models import Answer, Question
from gis_projects.publishing.queries import todo
from tests.factories.disclosed import project_with_site, shown
from tests.factories.people import OrganisationFactory, UserFactory, baotou, user_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])

TEXT = "请问三环路改造什么时候完工？我叫王小明，电话 13812345678，住在路边。"
POINT = {"type": "Point", "coordinates": [109.843217, 40.657613]}
ASK = "/public/questions/new/"


@pytest.fixture
def people():
    baotou()
    department = OrganisationFactory(
        kind=OrganisationKind.DEPARTMENT, name="包头市交通运输局", region_id="150200"
    )
    other = OrganisationFactory(kind=OrganisationKind.DEPARTMENT, name="包头市水务局", region_id="150200")
    return {
        "reviewer": user_of(Role.REVIEWER),
        "planner": user_of(Role.PLANNER, "150200"),
        "handler": UserFactory(username="jt", roles=["handler"], region_id="150200", organisation=department),
        "stranger": UserFactory(username="sw", roles=["handler"], region_id="150200", organisation=other),
        "department": department,
        "other": other,
    }


@pytest.fixture
def reader() -> Client:
    return Client(enforce_csrf_checks=True)


def token(seconds: int = 30) -> str:
    return inbox.new_token(timezone.now() - timedelta(seconds=seconds))


def form(**more: str) -> dict[str, str]:
    return {"token": token(), "website": "", "kind": "consult", "text": TEXT, **more}


def sent(reader: Client, **more: str) -> str:
    answer = reader.post(ASK, form(**more))
    assert answer.status_code == 200, answer.content.decode()
    return answer.context["receipt"]


def submitted(people, question: Question, text: str = "预计今冬完工。") -> Answer:
    comments.assign(by=people["planner"], question=question, organisation=people["department"])
    draft = comments.draft_answer(
        by=people["handler"], question=question, edited="三环路改造什么时候完工？", text=text, precision_m=50
    )
    return comments.submit_answer(by=people["handler"], answer=draft)


def test_a_question_is_asked_answered_shown_and_taken_back(people, reader):
    two = (people["planner"], people["reviewer"])
    project = project_with_site(name="三环路改造")
    public = shown(project, two)
    receipt = sent(
        reader,
        nickname="王小明",
        contact="13812345678",
        project=public.slug,
        geometry=json.dumps(POINT),
    )
    status = "/public/questions/receipt/"
    assert reader.post(status, {"receipt": receipt}).status_code == 404  # nobody took it in yet
    assert portal_jobs.tick() == 1
    question = Question.objects.get()
    assert not InboxQuestion.objects.exists()
    assert (question.text, question.project, question.region_id) == (TEXT, project, project.region_id)
    assert "已收到" in reader.post(status, {"receipt": receipt.lower().replace("-", " ")}).content.decode()

    answer = submitted(people, question)
    assert "办理中" in reader.post(status, {"receipt": receipt}).content.decode()
    with pytest.raises(PermissionDenied):
        comments.publish_answer(by=people["handler"], answer=answer)
    comments.publish_answer(by=people["reviewer"], answer=answer)
    question.refresh_from_db()
    assert question.state == "answered"
    assert question.clock.state == "stopped"
    page = reader.get(f"/public/questions/{question.slug}/")
    assert page.status_code == 200
    body = page.content.decode()
    assert "什么时候完工" in body
    assert "预计今冬完工" in body
    for secret in ("王小明", "13812345678", "住在路边", "109.843217", "40.657613"):
        assert secret not in body
    shown_at = PublicQuestion.objects.get().position
    assert 1e-6 < shown_at.distance(question.geometry) < 0.001
    assert "什么时候完工" in reader.get("/public/questions/").content.decode()
    assert f"/public/questions/{question.slug}/" in reader.post(status, {"receipt": receipt}).content.decode()

    comments.withdraw_answer(by=people["reviewer"], question=question, reason="答复有误")
    assert reader.get(f"/public/questions/{question.slug}/").status_code == 404
    assert "什么时候完工" not in reader.get("/public/questions/").content.decode()
    assert list(
        PublicChange.objects.filter(subject=f"question:{question.slug}").values_list("title", flat=True)
    ) == ["", ""]


def test_a_correction_takes_the_place_of_what_was_shown(people, reader):
    sent(reader)
    portal_jobs.tick()
    question = Question.objects.get()
    comments.publish_answer(by=people["reviewer"], answer=submitted(people, question))
    again = comments.draft_answer(
        by=people["handler"],
        question=question,
        edited="何时完工？",
        text="推迟到来年入夏。",
        precision_m=None,
    )
    comments.submit_answer(by=people["handler"], answer=again)
    assert "今冬" in reader.get(f"/public/questions/{question.slug}/").content.decode()
    comments.publish_answer(by=people["reviewer"], answer=again)
    body = reader.get(f"/public/questions/{question.slug}/").content.decode()
    assert "来年入夏" in body
    assert "今冬" not in body
    assert [one.state for one in question.answers.order_by("number")] == ["replaced", "shown"]


def test_what_is_about_a_withdrawn_project_goes_with_it(people, reader):
    two = (people["planner"], people["reviewer"])
    project = project_with_site(name="三环路改造")
    public = shown(project, two)
    sent(reader, project=public.slug)
    portal_jobs.tick()
    question = Question.objects.get()
    comments.publish_answer(by=people["reviewer"], answer=submitted(people, question))
    disclosing.withdraw_project(by=two[1], project=project, reason="更正")
    assert reader.get(f"/public/questions/{question.slug}/").status_code == 404
    portal_jobs.follow_trail()
    assert question.answers.get().state == "withdrawn"
    assert PublicChange.objects.filter(subject=f"question:{question.slug}", kind="withdrawn").exists()


def test_only_the_department_it_was_given_to_answers(people, reader):
    sent(reader)
    portal_jobs.tick()
    question = Question.objects.get()
    comments.assign(by=people["planner"], question=question, organisation=people["department"])
    for by in (people["stranger"], people["planner"], user_of(Role.ADMINISTRATOR)):
        with pytest.raises(PermissionDenied):
            comments.draft_answer(by=by, question=question, edited="a", text="b", precision_m=None)
    with pytest.raises(PermissionDenied):
        comments.assign(by=people["handler"], question=question, organisation=people["other"])


def test_nobody_publishes_their_own_answer_not_even_past_the_action(people, reader):
    sent(reader)
    portal_jobs.tick()
    both = people["handler"]
    both.roles = ["handler", "coordinator"]
    both.save()
    answer = submitted(people, Question.objects.get())
    with pytest.raises(ValidationError, match="拟稿人以外"):
        comments.publish_answer(by=both, answer=answer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.filter(pk=answer.pk).update(
            state="shown", approved_by=both, approved_at=timezone.now()
        )


def test_personal_data_are_looked_at_before_they_are_shown(people, reader):
    sent(reader)
    portal_jobs.tick()
    answer = submitted(people, Question.objects.get(), text="请联系王工 13812345678")
    with pytest.raises(ValidationError, match="个人信息"):
        comments.publish_answer(by=people["reviewer"], answer=answer)
    comments.publish_answer(by=people["reviewer"], answer=answer, knowingly=True)
    assert PublicQuestion.objects.count() == 1


def test_what_was_sent_and_what_was_handed_in_never_change(people, reader):
    sent(reader)
    portal_jobs.tick()
    question = Question.objects.get()
    answer = submitted(people, question)
    for rows, change in (
        (Question.objects.filter(pk=question.pk), {"text": "别的"}),
        (Question.objects.filter(pk=question.pk), {"contact": "别的"}),
        (Answer.objects.filter(pk=answer.pk), {"text": "别的"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Question.objects.filter(pk=question.pk)._raw_delete("default")


def test_it_is_on_the_desks_with_its_last_day(people, reader):
    sent(reader)
    portal_jobs.tick()
    question = Question.objects.get()
    (waiting,) = todo.waiting(people["planner"])
    assert waiting.due_on == question.clock.due_on
    assert list(todo.waiting(people["handler"])) == []
    comments.assign(by=people["planner"], question=question, organisation=people["department"])
    (waiting,) = todo.waiting(people["handler"])
    assert (waiting.kind, waiting.due_on) == ("public_question", question.clock.due_on)
    assert list(todo.waiting(people["stranger"])) == []
    draft = comments.draft_answer(
        by=people["handler"], question=question, edited="问", text="答", precision_m=None
    )
    comments.submit_answer(by=people["handler"], answer=draft)
    assert list(todo.waiting(people["handler"])) == []
    assert [one.kind for one in todo.waiting(people["reviewer"])] == ["public_answer"]


def test_spam_is_put_away_in_bulk_and_can_be_restored(people, reader):
    for number in range(3):
        sent(reader, text=f"便宜代办各类证件欢迎来电 {number}")
    portal_jobs.tick()
    client = Client()
    client.force_login(people["planner"], backend="gis_projects.people.backends.Accounts")
    keys = list(Question.objects.values_list("pk", flat=True))
    client.post("/publishing/questions/spam/", {"question": keys[:2]})
    assert sorted(Question.objects.values_list("state", flat=True)) == ["new", "spam", "spam"]
    question = Question.objects.filter(state="spam").first()
    comments.restore(by=people["planner"], question=question)
    question.refresh_from_db()
    assert (question.state, question.clock.state) == ("new", "running")


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"token": "nonsense"}, 400, "表单不完整"),
        ({"token": None}, 400, "表单不完整"),
        ({"token": 1}, 400, "太快"),
        ({"token": 7 * 3600}, 400, "时间过长"),
        ({"website": "http://spam.example"}, 400, "隐藏的一栏"),
        ({"text": "http://a.cn http://b.cn http://c.cn 都来看看"}, 400, "网址过多"),
        ({"text": "短"}, 400, "需要修改"),
        ({"text": "长" * 2001}, 400, "需要修改"),
        ({"kind": "spam"}, 400, "需要修改"),
        ({"geometry": '{"type":"Point","coordinates":[116.4,39.9]}'}, 400, "不在本市范围"),
        ({"geometry": "[1,2"}, 400, "无法识别"),
        ({"geometry": json.dumps(POINT), "coordinates": "109.84 40.66"}, 400, "二者取其一"),
        ({"coordinates": "109.84"}, 400, "第 1 行"),
    ],
)
def test_what_is_not_taken_says_why_and_loses_nothing(people, reader, more, status, said):
    given = form(contact="我的联系方式")
    for name, value in more.items():
        given[name] = token(value) if name == "token" and isinstance(value, int) else value or ""
    answer = reader.post(ASK, given)
    body = answer.content.decode()
    assert answer.status_code == status
    assert said in body
    assert "我的联系方式" in body
    assert given["text"] in body
    assert answer["Cache-Control"] == "no-store"
    assert answer.context["token"] != given["token"]
    assert not InboxQuestion.objects.exists()


def test_one_form_is_one_question_and_its_receipt_comes_again(people, reader):
    given = form()
    first = reader.post(ASK, given).context["receipt"]
    again = reader.post(ASK, given)
    assert again.status_code == 409
    assert again.context["earlier"] == first
    assert InboxQuestion.objects.count() == 1
    portal_jobs.tick()
    assert reader.post(ASK, given | {"text": "换一段文字再次提交同一份表单"}).status_code == 409
    assert Question.objects.count() == 1


def test_the_same_words_are_taken_once_a_day_and_an_address_five_an_hour(people, reader):
    sent(reader)
    assert reader.post(ASK, form(text=f" {TEXT} ".replace("，", "，\n"))).status_code == 409
    for number in range(4):
        sent(reader, text=f"第 {number} 个不同的问题，请答复")
    refused = reader.post(ASK, form(text="第六个问题，来得太多"))
    assert refused.status_code == 429
    assert refused["Retry-After"] == "3600"
    assert "第六个问题" in refused.content.decode()
    elsewhere = reader.post(ASK, form(text="别处来的问题，请答复"), REMOTE_ADDR="10.9.8.7")
    assert elsewhere.status_code == 200
    InboxTrace.objects.update(at=timezone.now() - timedelta(hours=25))
    sent(reader, text="第二天的问题，请答复一下")
    assert InboxTrace.objects.count() == 1  # what was older than a day is gone


def test_neither_the_address_nor_a_trace_of_it_stays_with_the_question(people, reader):
    sent(reader)
    row = InboxQuestion.objects.get()
    assert (row.address_hash, row.text_hash) == ("", "")
    trace = InboxTrace.objects.get()
    assert len(trace.address_hash) == 64
    assert "127.0.0.1" not in json.dumps([trace.address_hash, row.text])


def test_the_public_role_puts_in_and_reads_nothing_back(people, reader):
    sent(reader)
    refused = (
        "SELECT * FROM disclosure_inboxquestion",
        "SELECT count(*) FROM disclosure_inboxquestion",
        "SELECT key FROM disclosure_inboxquestion",
        "UPDATE disclosure_inboxquestion SET text = 'x'",
        "DELETE FROM disclosure_inboxquestion",
        "INSERT INTO disclosure_inboxquestion (key, receipt_hash, kind, text, nickname, contact, project_slug,"
        " language, address_hash, text_hash, at) VALUES (gen_random_uuid(), '', 'consult', 'x', '', '', '', '', '',"
        " '', now()) RETURNING key",
        "SELECT * FROM disclosure_inboxtrace",
        "INSERT INTO disclosure_inboxtrace VALUES (gen_random_uuid(), '', '', now())",
        "SELECT disclosure_hold_off()",
        "SELECT * FROM publishing_question",
        "SELECT * FROM publishing_articleversion",
    )
    with connections["public"].cursor() as cursor:
        for statement in refused:
            with transaction.atomic(using="public"):
                cursor.execute("SET TRANSACTION READ WRITE")
                with pytest.raises(DatabaseError), transaction.atomic(using="public"):
                    cursor.execute(statement)
        with pytest.raises(DatabaseError, match="read-only"):
            cursor.execute(
                "INSERT INTO disclosure_inboxquestion (key, kind, text) VALUES (gen_random_uuid(), 'consult', 'x')"
            )


def test_nobody_fills_the_inbox(people, reader):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE disclosure_inboxquestion DISABLE TRIGGER USER")
        cursor.execute(
            "INSERT INTO disclosure_inboxquestion (key, receipt_hash, kind, text, nickname, contact, project_slug,"
            " language, address_hash, text_hash, at) SELECT gen_random_uuid(), n::text, 'consult', 'x', '', '', '', '',"
            " '', '', now() FROM generate_series(1, 2000) n"
        )
        cursor.execute("ALTER TABLE disclosure_inboxquestion ENABLE TRIGGER USER")
    answer = reader.post(ASK, form())
    assert answer.status_code == 503
    assert TEXT in answer.content.decode()


def test_the_form_sets_no_cookie_and_is_kept_by_nobody(people, reader):
    page = reader.get(ASK)
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert not page.cookies
    assert "csrfmiddlewaretoken" not in page.content.decode()
    assert page.context["token"] != reader.get(ASK).context["token"]
