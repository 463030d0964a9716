"""Articles: written by one, published by another, corrected, scheduled, withdrawn; and what the public then reads."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from openpyxl.comments import Comment
from pypdf import PdfReader
from weasyprint import HTML

from gis_projects.disclosure.article_fields import FIELDS, LISTS
from gis_projects.disclosure.models import ArticleFile, ArticleKind, PublicChange, PublishedArticle
from gis_projects.disclosure.queries import articles as public
from gis_projects.people.models import OrganisationKind, Region
from gis_projects.people.permissions import Role
from gis_projects.publishing import attachments, portal_jobs
from gis_projects.publishing.actions import articles as actions
from gis_projects.publishing.article_content import Content, digest
from gis_projects.publishing.models import ArticleVersion
from siting.engine.notices import UnusableInput
from tests.factories import attached
from tests.factories.people import OrganisationFactory, baotou, user_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])

PDF = HTML(string="<p>申请表").write_pdf()


@pytest.fixture
def desk():
    baotou()
    return {
        "planner": user_of(Role.PLANNER, "150200"),
        "reviewer": user_of(Role.REVIEWER),
        "region": Region.objects.get(code="150200"),
        "department": OrganisationFactory(
            kind=OrganisationKind.DEPARTMENT, name="包头市发展和改革委员会", region_id="150200",
            contact="投资科", phone="0472-5618000", address="市民服务中心",
        ),
    }  # fmt: skip


def filled(kind: str) -> dict[str, str]:
    return {
        one.code: "2026-03-01" if one.day else "12" if one.number else f"内容 {one.code}"
        for one in FIELDS[kind]
    }


def content(desk, kind: str = "notice", **more) -> Content:
    said = {
        "title": "关于做好项目论证的通知",
        "body": "## 一、范围\n\n请**各部门**按时报送，详见[网站](https://example.gov.cn)。",
        "facts": filled(kind),
        "organisation": desk["department"],
    }
    return Content(**(said | more))


def drafted(desk, kind: str = "notice", about=None, **more) -> ArticleVersion:
    return actions.draft_article(
        by=desk["planner"], kind=kind, region=desk["region"], about=about, content=content(desk, kind, **more)
    )


def published(desk, version: ArticleVersion, **how) -> ArticleVersion:
    version = actions.submit_article(by=desk["planner"], version=version)
    return actions.publish_article(by=desk["reviewer"], version=version, seen=digest(version), **how)


@pytest.mark.parametrize("name", LISTS)
def test_every_kind_is_published_and_read_in_its_list(desk, client, name):
    for kind in LISTS[name]:
        about = None
        if kind == ArticleKind.INTERPRETATION:
            policy = drafted(desk, "policy", title="自治区政府投资管理办法")
            about = published(desk, policy).article
        version = drafted(desk, kind, about=about, title=f"标题 {kind}")
        address = f"/public/articles/{version.article.slug}/"
        assert client.get(address).status_code == 404
        published(desk, version)
        page = client.get(address).content.decode()
        assert f"标题 {kind}" in page
        for field, value in filled(kind).items():
            assert value in page, field
        listed = client.get(f"/public/{'handling/' if name == 'delegated' else ''}{name}/")
        assert f"标题 {kind}" in listed.content.decode()
        if about is not None:
            assert "标题 interpretation" in client.get(f"/public/articles/{about.slug}/").content.decode()


def test_lists_are_narrowed_searched_and_exported(desk, client):
    published(desk, drafted(desk, "item", title="政府投资项目可行性研究报告审批"))
    other = OrganisationFactory(kind=OrganisationKind.DEPARTMENT, name="包头市水务局", region_id="150200")
    published(desk, drafted(desk, "item", title="取水许可审批", organisation=other))
    both = client.get("/public/items/").content.decode()
    assert "取水许可" in both
    assert "可行性研究" in both
    for query in ("q=取水", "department=包头市水务局", "q=水务局"):
        page = client.get(f"/public/items/?{query}").content.decode()
        assert "取水许可审批" in page
        assert "可行性研究报告审批" not in page
    assert "没有符合条件" in client.get("/public/items/?region=150207").content.decode()
    table = client.get("/public/items/?format=csv&q=取水")
    assert table["Content-Type"].startswith("text/csv")
    assert "取水许可审批" in table.content.decode("utf-8-sig")
    assert "可行性研究报告审批" not in table.content.decode("utf-8-sig")


def test_the_words_are_safe_html_and_searchable_without_marks(desk, client):
    version = drafted(
        desk, body="<img src=x onerror=alert(1)>\n\n[点我](javascript:alert(1)) **重点<b>**\n\n# 标题"
    )
    published(desk, version)
    row = PublishedArticle.objects.get()
    assert "<img" not in row.html
    assert "javascript:" not in row.html.replace("[点我](javascript:alert(1))", "")
    assert "<h1" not in row.html
    assert "重点<b>" in row.text
    assert [one.title for one in public.articles(["notice"], words="重点<b>")] == [row.title]


def test_who_wrote_it_does_not_publish_it_not_even_past_the_action(desk):
    version = actions.submit_article(by=desk["planner"], version=drafted(desk))
    with pytest.raises(ValidationError, match="撰写人以外"):
        actions.publish_article(by=desk["planner"], version=version, seen=digest(version))
    with pytest.raises(IntegrityError), transaction.atomic():
        ArticleVersion.objects.update(state="shown", approved_by=desk["planner"], approved_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        ArticleVersion.objects.update(state="shown")
    assert not PublishedArticle.objects.exists()


def test_an_approval_is_of_what_was_read(desk):
    version = actions.submit_article(by=desk["planner"], version=drafted(desk))
    seen = digest(version)
    actions.return_article(by=desk["reviewer"], version=version, reason="改标题")
    actions.revise_article(by=desk["planner"], version=version, content=content(desk, title="另一个标题"))
    version = actions.submit_article(by=desk["planner"], version=version)
    with pytest.raises(ValidationError, match="有改动"):
        actions.publish_article(by=desk["reviewer"], version=version, seen=seen)


def test_what_was_handed_in_is_not_rewritten_by_anybody(desk):
    version = actions.submit_article(by=desk["planner"], version=drafted(desk))
    for change in ({"body": "别的"}, {"title": "别的"}, {"facts": {"a": "b"}}, {"number": 7}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ArticleVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        ArticleVersion.objects.filter(pk=version.pk)._raw_delete("default")
    with pytest.raises(ValidationError, match="不能这样操作"):
        actions.revise_article(by=desk["planner"], version=version, content=content(desk))


def test_a_correction_keeps_the_address_and_a_withdrawal_leaves_the_id_alone(desk, client):
    version = published(desk, drafted(desk, title="第一版标题"))
    article = version.article
    address = f"/public/articles/{article.slug}/"
    actions.correct_article(by=desk["planner"], article=article)
    again = article.versions.get(state="draft")
    actions.revise_article(by=desk["planner"], version=again, content=content(desk, title="第二版标题"))
    assert "第一版标题" in client.get(address).content.decode()
    again.refresh_from_db()
    published(desk, again)
    page = client.get(address).content.decode()
    assert "第二版标题" in page
    assert "第一版标题" not in page
    assert [one.state for one in article.versions.order_by("number")] == ["replaced", "shown"]
    actions.withdraw_article(by=desk["reviewer"], article=article, reason="失效")
    assert client.get(address).status_code == 404
    assert "第二版标题" not in client.get("/public/notices/").content.decode()
    assert set(PublicChange.objects.values_list("subject", "title")) == {(f"notice:{article.slug}", "")}
    assert list(PublicChange.objects.order_by("pk").values_list("kind", flat=True)) == [
        "published", "corrected", "withdrawn",
    ]  # fmt: skip


def test_it_comes_at_its_time_and_goes_after_its_last_day(desk, client, monkeypatch):
    now = timezone.now()
    version = drafted(
        desk, shown_from=now + timedelta(hours=2), until=timezone.localdate() + timedelta(days=1)
    )
    assert published(desk, version).state == "scheduled"
    address = f"/public/articles/{version.article.slug}/"
    assert portal_jobs.tick() == 0
    assert client.get(address).status_code == 404
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=3))
    assert portal_jobs.tick() == 1
    assert client.get(address).status_code == 200
    assert portal_jobs.tick() == 0
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=3))
    assert public.article(version.article.slug) is None  # even before the platform takes it away
    assert portal_jobs.tick() == 1
    assert client.get(address).status_code == 404
    assert not PublishedArticle.objects.exists()


def test_files_go_with_their_article(desk, client):
    version = drafted(desk)
    actions.attach_to_article(by=desk["planner"], version=version, name="申请表.pdf", content=PDF)
    with pytest.raises(UnusableInput):
        actions.attach_to_article(by=desk["planner"], version=version, name="a.pdf", content=b"<html>")
    with pytest.raises(ValidationError, match="已经在附件"):
        actions.attach_to_article(by=desk["planner"], version=version, name="b.pdf", content=PDF)
    version.refresh_from_db()
    published(desk, version)
    name = ArticleFile.objects.get().name
    answer = client.get(f"/public/articles/files/{name}")
    assert "申请表" in PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert (
        client.get(f"/public/articles/files/{name}", headers={"if-none-match": answer["ETag"]}).status_code
        == 304
    )
    actions.withdraw_article(by=desk["reviewer"], article=version.article, reason="失效")
    gone = client.get(f"/public/articles/files/{name}", headers={"if-none-match": answer["ETag"]})
    assert gone.status_code == 404


def test_files_kept_with_their_makers_are_published_without_or_not_at_all(desk, client, monkeypatch):
    with monkeypatch.context() as before:  # when files were kept as they were brought
        before.setattr(attachments, "bare", lambda kind, content: content)
        first = drafted(desk)
        actions.attach_to_article(
            by=desk["planner"], version=first, name="表.docx", content=attached.saved(attached.letter())
        )
        first.refresh_from_db()
        article = published(desk, first).article
    assert attached.MAKER.encode() in attached.everything_in(bytes(ArticleFile.objects.get().content))
    again = actions.correct_article(by=desk["planner"], article=article)
    again = published(desk, again)
    row = ArticleFile.objects.get()
    assert attached.MAKER.encode() not in attached.everything_in(bytes(row.content))
    assert row.size == len(row.content)

    made = attached.workbook()
    made.active["A1"].comment = Comment("请改", attached.MAKER)
    third = actions.correct_article(by=desk["planner"], article=article)
    with monkeypatch.context() as before:
        before.setattr(attachments, "bare", lambda kind, content: content)
        actions.attach_to_article(
            by=desk["planner"], version=third, name="清单.xlsx", content=attached.saved(made)
        )
    third = actions.submit_article(by=desk["planner"], version=third)
    with pytest.raises(ValidationError, match=r"清单\.xlsx.*批注"):
        actions.publish_article(by=desk["reviewer"], version=third, seen=digest(third))
    assert ArticleFile.objects.get().pk == row.pk


def test_a_scheduled_article_with_such_a_file_is_a_draft_again_with_the_reason(desk, monkeypatch):
    now = timezone.now()
    version = drafted(desk, shown_from=now + timedelta(hours=2))
    made = attached.workbook()
    made.active["A1"].comment = Comment("请改", attached.MAKER)
    with monkeypatch.context() as before:
        before.setattr(attachments, "bare", lambda kind, content: content)
        actions.attach_to_article(
            by=desk["planner"], version=version, name="清单.xlsx", content=attached.saved(made)
        )
        version.refresh_from_db()
        assert published(desk, version).state == "scheduled"
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=3))
    assert portal_jobs.tick() == 0
    version.refresh_from_db()
    assert (version.state, version.approved_by) == ("draft", None)
    assert "清单.xlsx" in version.reason
    assert not PublishedArticle.objects.exists()


def test_personal_data_are_looked_at_before_they_are_shown(desk):
    version = actions.submit_article(by=desk["planner"], version=drafted(desk, body="联系人 13812345678"))
    with pytest.raises(ValidationError, match="个人信息"):
        actions.publish_article(by=desk["reviewer"], version=version, seen=digest(version))
    actions.publish_article(by=desk["reviewer"], version=version, seen=digest(version), knowingly=True)


def test_a_contact_is_chosen_from_a_department_and_corrected_by_hand(desk):
    browser = Client()
    browser.force_login(desk["planner"], backend="gis_projects.people.backends.Accounts")
    form = browser.get(f"/publishing/articles/new/contact/?from={desk['department'].pk}&office=投资科")
    page = form.content.decode()
    assert "0472-5618000" in page
    assert "市民服务中心" in page
    said = {
        "region": "150200", "title": "投资科", "organisation": desk["department"].pk,
        "fact_person": "投资科值班人员", "fact_telephone": "0472-5618001", "fact_address": "市民服务中心 B 座",
        "fact_hours": "工作日 9:00—17:00", "fact_tasks": "总量结构论证",
    }  # fmt: skip
    assert browser.post("/publishing/articles/new/contact/", said).status_code == 302
    version = ArticleVersion.objects.get()
    published(desk, version)
    listed = Client().get("/public/contacts/").content.decode()
    assert "0472-5618001" in listed
    assert "0472-5618000" not in listed


def test_the_page_walks_the_same_way_as_the_actions(desk, client):
    writer, publisher = Client(), Client()
    writer.force_login(desk["planner"], backend="gis_projects.people.backends.Accounts")
    publisher.force_login(desk["reviewer"], backend="gis_projects.people.backends.Accounts")
    refused = writer.post("/publishing/articles/new/item/", {"region": "150200", "title": "取水许可"})
    assert refused.status_code == 400
    said = {"region": "150200", "title": "取水许可", "organisation": desk["department"].pk, "body": "说明"}
    said |= {f"fact_{code}": value for code, value in filled("item").items()}
    assert writer.post("/publishing/articles/new/item/", said).status_code == 302
    pk = ArticleVersion.objects.get().article_id
    address = f"/publishing/articles/{pk}/"
    assert "预览" in writer.get(f"{address}preview/").content.decode()
    assert writer.post(f"{address}edit/", said | {"title": "取水许可审批"}).status_code == 302
    page = writer.get(address).content.decode()
    assert "自动清除" in page  # what becomes of a file before one is chosen
    assert "含批注或修订痕迹的文件不接受" in page
    buffer = io.BytesIO(PDF)
    buffer.name = "表.pdf"
    assert writer.post(address, {"step": "attach", "file": buffer}).status_code == 302
    assert writer.post(address, {"step": "submit"}).status_code == 302
    page = publisher.get(address)
    assert writer.post(address, {"step": "publish", "seen": page.context["seen"]}).status_code == 400
    assert publisher.post(address, {"step": "publish", "seen": page.context["seen"]}).status_code == 302
    assert "取水许可审批" in client.get("/public/items/").content.decode()
    assert publisher.post(address, {"step": "withdraw", "reason": ""}).status_code == 400
    assert publisher.post(address, {"step": "withdraw", "reason": "废止"}).status_code == 302
    assert "取水许可审批" not in client.get("/public/items/").content.decode()


def test_nobody_writes_for_a_region_beyond_their_reach(desk):
    county = user_of(Role.PLANNER, "150207", username="county")
    with pytest.raises(PermissionDenied):
        actions.draft_article(by=county, kind="notice", region=desk["region"], content=content(desk))
    version = drafted(desk)
    for step in (actions.submit_article, actions.drop_article):
        with pytest.raises(PermissionDenied):
            step(by=county, version=version)


def test_a_file_with_macros_is_no_attachment(desk):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", "<x/>")
        archive.writestr("word/vbaProject.bin", b"x")
    with pytest.raises(UnusableInput):
        actions.attach_to_article(
            by=desk["planner"], version=drafted(desk), name="a.docx", content=made.getvalue()
        )
