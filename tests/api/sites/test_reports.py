"""Reports as files: each says what the check says, and the sealed one can't be changed unseen."""

from __future__ import annotations

import io
import json
import random
import re
import subprocess

import openpyxl
import pyogrio
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from docx import Document
from pypdf import PdfReader

from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from layers.models import Layer
from siting import certificates, keys, sealed_pdf
from siting.models import Check, Finding
from tests.api.conftest import geojson
from tests.factories import land
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db
SECRET_NAME = "某某设施保护范围"


@pytest.fixture
def check(published_land, planner, project) -> int:
    land.publish_layer("STBHHX", [("R", "", shapely.box(109.848, 40.60, 109.87, 40.617))])
    answer = planner.post(
        f"/api/v1/projects/{project.pk}/site-versions/",
        json.dumps({"geometry": geojson()}),
        content_type="application/json",
    )
    return planner.post(f"/api/v1/site-versions/{answer.json()['id']}/checks/").json()["id"]


@pytest.fixture
def report(planner, check) -> bytes:
    return planner.get(f"/checks/{check}/report.pdf").content


def verify(path, *options) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("verify_check", str(path), *options, stdout=out, stderr=err)
    except SystemExit as ended:
        return int(ended.code), err.getvalue()
    return 0, out.getvalue()


# --- the sealed PDF ---


def test_a_report_carries_its_evidence_and_verifies(report, check, tmp_path):
    assert sealed_pdf.verify(report) == []
    assert sealed_pdf.attached(report) == certificates.certificate(Check.objects.get(pk=check))
    path = tmp_path / "report.pdf"
    path.write_bytes(report)
    code, said = verify(path, "--recompute")
    assert (code, said.split(":")[0]) == (0, "签名有效，重算一致")


def test_one_changed_byte_anywhere_in_a_report_shows(report):
    chosen = random.Random(7)
    unseen = []
    for _ in range(1000):
        at = chosen.randrange(len(report))
        other = chosen.choice([byte for byte in range(256) if byte != report[at]])
        changed = report[:at] + bytes([other]) + report[at + 1 :]
        try:
            if not sealed_pdf.verify(changed):
                unseen.append(at)
        except sealed_pdf.NotSealed:
            continue
    assert unseen == []


def test_the_seal_itself_can_be_written_one_way_only(report):
    """The last digit of a signature in base64 has bits that a lenient reader ignores."""
    at = report.index(b"gis-projects-seal/1 ") + len(b"gis-projects-seal/1 ")
    end = at + 16 + 1 + 88
    for place in range(at, end):
        for bit in range(8):
            changed = report[:place] + bytes([report[place] ^ (1 << bit)]) + report[place + 1 :]
            try:
                assert sealed_pdf.verify(changed) != [], (place - at, bit)
            except sealed_pdf.NotSealed:
                continue


def test_a_cut_or_lengthened_report_shows(report, tmp_path):
    for changed in (report[:-1], report + b"\n", report + report, report[: len(report) // 2]):
        path = tmp_path / "changed.pdf"
        path.write_bytes(changed)
        assert verify(path)[0] == 1


def test_another_installations_report_is_not_ours(report, settings, tmp_path):
    settings.SIGNING_KEY_PATH = tmp_path / "another" / "key.pem"
    assert [found.where for found in sealed_pdf.verify(report)] == ["key"]


def test_a_report_sealed_before_the_key_changed_still_verifies(report):
    keys.rotate()
    assert sealed_pdf.verify(report) == []
    keys.rotate(revoke=True)
    assert sealed_pdf.verify(report) == []  # the one between was revoked, not this one


def test_a_plain_pdf_is_refused_in_one_line(tmp_path):
    path = tmp_path / "plain.pdf"
    path.write_bytes(b"%PDF-1.7\n%%EOF\n")
    code, said = verify(path)
    assert code == 1
    assert len(said.strip().splitlines()) == 1


def test_the_report_is_what_an_archive_keeps(report):
    reader = PdfReader(io.BytesIO(report))
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert metadata.pdfaid_part == "3"
    assert reader.trailer["/Root"]["/AF"]  # the attachment is part of the document


def test_a_reader_who_may_not_read_a_layer_gets_a_sealed_copy_without_it(
    published_land, planner, project, tmp_path
):
    Layer.objects.filter(code="WWBH").update(name=SECRET_NAME, secrecy="confidential")
    land.publish_layer("WWBH", [("K", "protection", shapely.box(109.848, 40.617, 109.852, 40.620))])
    saved = planner.post(
        f"/api/v1/projects/{project.pk}/site-versions/",
        json.dumps({"geometry": geojson()}),
        content_type="application/json",
    ).json()
    check = planner.post(f"/api/v1/site-versions/{saved['id']}/checks/").json()["id"]
    content = planner.get(f"/checks/{check}/report.pdf").content
    assert sealed_pdf.verify(content) == []
    held = sealed_pdf.attached(content)
    assert held["withheld"] == ["WWBH"]
    assert "signature" not in held
    assert SECRET_NAME not in json.dumps(held, ensure_ascii=False)
    path = tmp_path / "copy.pdf"
    path.write_bytes(content)
    assert verify(path)[0] == 0
    assert verify(path, "--recompute")[0] == 1
    for kind in ("report.docx", "findings.xlsx", "findings.gpkg"):
        files = planner.get(f"/checks/{check}/{kind}").content
        assert SECRET_NAME.encode() not in files  # GeoPackage is plain; the others are read below
    word = Document(io.BytesIO(planner.get(f"/checks/{check}/report.docx").content))
    assert SECRET_NAME not in text_of(word)
    book = openpyxl.load_workbook(io.BytesIO(planner.get(f"/checks/{check}/findings.xlsx").content))
    assert all(SECRET_NAME not in str(cell.value) for sheet in book for row in sheet for cell in row)


# --- the others ---


def text_of(word) -> str:
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_word_report_says_the_same(planner, check, language):
    planner.cookies["django_language"] = language
    word = Document(io.BytesIO(planner.get(f"/checks/{check}/report.docx").content))
    document = certificates.certificate(Check.objects.get(pk=check))
    text = text_of(word)
    for finding in document["findings"]:
        assert f"{finding['area_m2']:,.2f}" in text
    assert document["digest"] in text
    assert not re.search(r"\{[{%]", text)
    assert len(word.inline_shapes) == 2  # the map and the code
    assert ("检查发现" in text) == (language == "zh-hans")


def test_findings_as_a_workbook(planner, check):
    book = openpyxl.load_workbook(io.BytesIO(planner.get(f"/checks/{check}/findings.xlsx").content))
    document = certificates.certificate(Check.objects.get(pk=check))
    assert book.sheetnames == ["结论", "冲突与提示", "未检查的规则", "现状地类", "图层版本"]
    rows = list(book["冲突与提示"].values)[1:]
    assert [row[4] for row in rows] == [finding["area_m2"] for finding in document["findings"]]
    land_rows = list(book["现状地类"].values)[1:]
    assert sum(row[3] for row in land_rows) == pytest.approx(document["site"]["area_m2"], abs=0.005)
    assert len(list(book["未检查的规则"].values)) == len(document["not_checked"]) + 1


def test_findings_as_a_geopackage_open_in_gdal(planner, check, tmp_path):
    path = tmp_path / "findings.gpkg"
    path.write_bytes(planner.get(f"/checks/{check}/findings.gpkg").content)
    listed = subprocess.run(
        ["ogrinfo", "-so", "-al", str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert "CGCS2000" in listed
    document = certificates.certificate(Check.objects.get(pk=check))
    meta, _, shapes, columns = pyogrio.raw.read(path, layer="findings")
    assert list(columns[list(meta["fields"]).index("rule")]) == [f["rule"] for f in document["findings"]]
    for shape, finding in zip(shapely.from_wkb(shapes), document["findings"], strict=True):
        assert shape.equals_exact(shapely.geometry.shape(finding["geometry"]), 1e-9, normalize=True)
    assert len(pyogrio.raw.read(path, layer="boundary")[2]) == 1


@pytest.mark.parametrize(("paper", "size"), [("A4", (842, 595)), ("A3", (1191, 842))])
def test_the_red_line_map_is_to_scale_and_lists_every_point(planner, check, paper, size):
    version = Check.objects.get(pk=check).site_version
    pdf = planner.get(f"/site-versions/{version.pk}/red-line.pdf?paper={paper}").content
    pages = PdfReader(io.BytesIO(pdf)).pages
    box = pages[0].mediabox
    assert (round(box.width), round(box.height)) == size
    text = "".join(page.extract_text() for page in pages)
    assert re.search(r"1:[125]0+", text)
    assert f"{version.area_m2:,.2f}" in text
    for number in ("J1", "J2", "J3", "J4"):
        assert number in text


# --- rows against what was signed ---


def test_a_changed_row_of_a_check_shows(check, published_land, tmp_path):
    row = Check.objects.get(pk=check)
    assert certificates.verify_stored(row) == []
    path = tmp_path / "check.json"
    path.write_text(json.dumps(certificates.certificate(row)))
    finding = row.findings.first()
    for change in (
        {"area_m2": finding.area_m2 + 0.01},
        {"severity": "I"},
        {"geometry": None},
        {"outcome": "suspect"},
    ):
        before = {name: getattr(finding, name) for name in change}
        with land.without_triggers():
            Finding.objects.filter(pk=finding.pk).update(**change)
        assert [found.where for found in certificates.verify_stored(row)] == [f"findings.{finding.rule}"] * 1
        assert verify(path, "--recompute")[0] == 1
        with land.without_triggers():
            Finding.objects.filter(pk=finding.pk).update(**before)
    with land.without_triggers():
        finding.delete()
    assert verify(path, "--recompute")[0] == 1


# --- whoever has a report may ask ---


def test_anybody_with_the_digest_learns_what_the_report_says_and_no_more(client, check, project):
    row = Check.objects.get(pk=check)
    page = client.get(f"/verify/{row.digest}/").content.decode()
    assert "本平台作出过这一检查" in page
    assert project.name not in page
    assert project.code not in page
    assert client.get("/verify/", {"digest": row.digest.upper()}).url == f"/verify/{row.digest}/"
    assert client.get(f"/verify/{'0' * 64}/").status_code == 404
    assert client.get("/verify/", {"digest": "12"}).status_code == 400


def test_a_newer_check_is_told(client, planner, check):
    row = Check.objects.get(pk=check)
    assert "此后没有作过新的检查" in client.get(f"/verify/{row.digest}/").content.decode()
    planner.post(f"/api/v1/site-versions/{row.site_version_id}/checks/")
    newer = Check.objects.order_by("pk").last()
    assert newer.pk != row.pk
    assert "又作过检查" in client.get(f"/verify/{row.digest}/").content.decode()


def test_a_certificate_is_verified_on_the_page(client, check):
    certificate = certificates.certificate(Check.objects.get(pk=check))

    def ask(content: bytes) -> tuple[int, str]:
        answer = client.post("/verify/", {"file": SimpleUploadedFile("check.json", content)})
        return answer.status_code, answer.content.decode()

    assert "签名有效" in ask(json.dumps(certificate).encode())[1]
    forged = json.dumps(certificate | {"verdict": "clear"}).encode()
    assert "该文件不可信" in ask(forged)[1]
    for content in (b"", b"%PDF-1.7", b"[" * 100_000, b'{"digest": NaN}', b"\xff\xfe", b"[]"):
        assert ask(content)[0] == 400
    assert "该文件不可信" in ask(b"{}")[1]


def test_the_codes_address_is_the_outside_name_where_there_is_one(planner, check, settings):
    settings.PUBLIC_ADDRESS = "https://xuanzhi.example/"
    text = "".join(
        page.extract_text()
        for page in PdfReader(io.BytesIO(planner.get(f"/checks/{check}/report.pdf").content)).pages
    )
    assert f"https://xuanzhi.example/verify/{Check.objects.get(pk=check).digest}/" in text.replace("\n", "")


# --- keys ---


def test_only_an_administrator_changes_the_key(client, check, tmp_path):
    planner, administrator = user_of(Role.PLANNER, username="p"), user_of(Role.ADMINISTRATOR, username="a")
    before = keys.key_id(keys.public_key())
    from django.core.management import CommandError

    with pytest.raises(CommandError, match="无权"):
        call_command("rotate_key", by=planner.username, reason="x")
    assert keys.key_id(keys.public_key()) == before
    out = io.StringIO()
    call_command("rotate_key", by=administrator.username, reason="每年更换", json=True, stdout=out)
    said = json.loads(out.getvalue())
    assert said["old"]["id"] == before
    assert [key["id"] for key in client.get("/checks/keys.json").json()["keys"]] == [
        said["new"]["id"],
        before,
    ]
    step = Step.objects.order_by("number").last()
    assert (step.verb, step.data["reason"]) == ("sites.rotate_key", "每年更换")
    assert "签名" in client.get(f"/verify/{Check.objects.get(pk=check).digest}/").content.decode()
