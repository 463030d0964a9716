"""Files that reviewers bring: what is taken, under which name, and how it goes out again."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gis_projects import files
from gis_projects.sites.models import Attachment
from siting.engine.notices import UnusableInput
from tests.factories import reviews as factory
from tests.factories.reviews import FARMLAND, PDF

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20


def office(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, "x")
    return out.getvalue()


DOCX, XLSX = office("word/document.xml"), office("xl/workbook.xml")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("意见.pdf", PDF, "pdf"),
        ("照片.PNG", PNG, "png"),
        ("照片.jpg", JPEG, "jpeg"),
        ("照片.jpeg", JPEG, "jpeg"),
        ("函.docx", DOCX, "docx"),
        ("表.xlsx", XLSX, "xlsx"),
        ("说明.txt", "同意，按意见办理。".encode(), "text"),
        ("坐标.csv", "点号,X,Y\r\nJ1,1,2\r\n".encode("gb18030"), "text"),
    ],
)
def test_what_an_office_brings_is_taken(name, content, kind):
    assert files.refuse_unknown(name, content).code == kind


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("空.pdf", b"", "attachment-empty"),
        ("大.pdf", b"%PDF-" + b" " * files.MAX_BYTES, "attachment-too-large"),
        ("页面.html", b"<!doctype html><script>alert(1)</script>", "attachment-kind"),
        ("页面.txt", b"  \n<HTML><script>alert(1)</script>", "attachment-kind"),
        ("图.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "attachment-kind"),
        ("图.txt", b'<?xml version="1.0"?><svg/>', "attachment-kind"),
        ("页面.pdf", b"<html></html>%PDF-1.4", "attachment-kind"),
        ("程序.exe", b"MZ\x90\0\x03", "attachment-kind"),
        ("程序.pdf", b"MZ\x90\0\x03", "attachment-kind"),
        ("脚本.txt", b"#!/bin/sh\nrm -rf /", "attachment-kind"),
        ("图.png", PDF, "attachment-mismatch"),
        ("意见.pdf", PNG, "attachment-mismatch"),
        ("意见.pdf.exe", PDF, "attachment-kind"),
        ("意见", PDF, "attachment-kind"),
        ("宏.docx", office("word/document.xml", "word/vbaProject.bin"), "attachment-kind"),
        ("控件.xlsx", office("xl/workbook.xml", "xl/activeX/activeX1.bin"), "attachment-kind"),
        ("藏.docx", office("word/document.xml", "a.exe"), "attachment-kind"),
        ("包.zip", office("a.txt"), "attachment-kind"),
        ("坏.docx", b"PK\x03\x04" + b"\0" * 50, "attachment-kind"),
        ("表.docx", XLSX, "attachment-mismatch"),
        ("二进制.txt", b"a\0b", "attachment-kind"),
        ("二进制.csv", bytes(range(128, 256)), "attachment-kind"),
    ],
)
def test_what_is_not_what_it_says_is_refused(name, content, code):
    with pytest.raises(UnusableInput) as refusal:
        files.refuse_unknown(name, content)
    assert [notice.code for notice in refusal.value.notices] == [code]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("意见.pdf", "意见.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\..\\windows\\win.pdf", "win.pdf"),
        ("/etc/cron.d/a.pdf", "a.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf"),
        ("意见\u202efdp.exe.pdf", "意见fdp.exe.pdf"),  # what turns text around is dropped
        ("a\0b.pdf", "ab.pdf"),
        ("\u200b零\ufeff宽.pdf", "零宽.pdf"),
        ('a"<b>|?*.pdf', "a__b____.pdf"),
        ("$(rm -rf ~);`x`.pdf", "_(rm -rf ~)__x_.pdf"),
        (" .隐藏.pdf ", "隐藏.pdf"),
        ("e\u0301te.pdf", "\u00e9te.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_a_name_means_nothing_but_itself(name, safe):
    assert files.safe_name(name) == safe
    assert files.safe_name(safe) == safe


@pytest.mark.parametrize("name", ["", ".pdf", "...", "意见", "/", "\u202e.pdf", "  .pdf", "_.pdf"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(UnusableInput):
        files.safe_name(name)


# --- over HTTP ------------------------------------------------------------------------------------


@pytest.fixture
def case(tmp_path, db):
    return factory.case(tmp_path)


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def bring(client, case, name, content, rule=FARMLAND, content_type="text/html"):
    file = SimpleUploadedFile(name, content, content_type=content_type)
    return client.post(f"/api/v1/reviews/{case.check.pk}/attachments/", {"file": file, "rule": rule})


def test_a_file_goes_out_as_a_download_of_our_type_whatever_the_browser_said(case):
    answer = bring(client_of(case.reviewer), case, "核查 表“一”.pdf", PDF)
    assert answer.status_code == 201
    entry = next(item for item in answer.json()["items"] if item["rule"] == FARMLAND)["attachments"][0]
    got = client_of(case.planner).get(entry["url"])
    assert got.content == PDF
    assert got["Content-Type"] == "application/pdf"
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Content-Security-Policy"].startswith("sandbox")
    assert got["Cache-Control"] == "private, no-store"
    assert got["Content-Disposition"].startswith("attachment;")
    assert unquote(got["Content-Disposition"]).endswith("核查 表“一”.pdf")


def test_both_sides_bring_files_and_nobody_else(case):
    assert bring(client_of(case.planner), case, "说明.pdf", PDF, rule="").status_code == 201
    stranger = factory._user("surveyor", "150200", "surveyor")
    assert bring(client_of(stranger), case, "a.pdf", PDF).status_code == 403
    outside = factory._user("planner", "150202", "elsewhere")
    assert bring(client_of(outside), case, "a.pdf", PDF).status_code == 404
    row = Attachment.objects.get()
    assert client_of(outside).get(f"/reviews/{case.check.pk}/attachments/{row.pk}/").status_code == 404
    assert Client().get(f"/reviews/{case.check.pk}/attachments/{row.pk}/").status_code == 302


def test_a_refused_file_leaves_nothing(case, settings):
    for name, content in (("页面.html", b"<html>"), ("图.png", PDF), (".pdf", PDF), ("a.pdf", b"")):
        answer = bring(client_of(case.reviewer), case, name, content)
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
    assert bring(client_of(case.reviewer), case, "a.pdf", PDF, rule="slope").status_code == 400
    assert not Attachment.objects.exists()
    assert not list(files.path_of("00").parent.parent.glob("*/*"))


def test_a_file_of_another_check_is_not_found_under_this_one(case):
    answer = bring(client_of(case.reviewer), case, "a.pdf", PDF)
    row = Attachment.objects.get()
    other = case.check_again()
    assert answer.status_code == 201
    assert client_of(case.reviewer).get(f"/reviews/{other.pk}/attachments/{row.pk}/").status_code == 404


def test_a_check_takes_only_so_many_files(case, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 1)
    assert bring(client_of(case.reviewer), case, "a.pdf", PDF).status_code == 201
    answer = bring(client_of(case.reviewer), case, "b.pdf", PDF)
    assert answer.json()["errors"][0]["code"] == "too-many-attachments"


def test_a_file_that_was_changed_on_the_disk_is_not_given_out(case):
    answer = bring(client_of(case.reviewer), case, "a.pdf", PDF)
    row = Attachment.objects.get()
    files.path_of(row.sha256).write_bytes(b"%PDF-1.4 another")
    assert answer.status_code == 201
    assert client_of(case.reviewer).get(f"/reviews/{case.check.pk}/attachments/{row.pk}/").status_code == 404
