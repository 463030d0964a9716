"""A check as evidence: the same answer again, any change found, verifiable without a database."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import hashlib
import json
from dataclasses import replace
from decimal import Decimal

import pytest
import shapely
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction
from shapely.affinity import translate

from layers import queries, withdrawal
from layers.loading import stage
from layers.models import Layer
from layers.publishing import discard, publish
from layers.table import Table
from siting import boundaries, certificates, checks, keys, versions
from siting.documents import canonical, document
from siting.engine.boundary import build
from siting.models import Check, Finding, Site
from siting.rulebook import in_force
from tests.factories import land

pytestmark = pytest.mark.django_db
ODD_TEXT = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=37
精度=0.00001
[地块坐标]
4,17.5,1,𠀀e\u0301é地块,面,,,,@
J1,1,4498000.00001,37402500
J2,1,4498400.1,37402500.0
J3,1,4498400,37402900.00002
J4,1,4498000,37402900
J1,1,4498000.00001,37402500
"""
RED_LINE = shapely.box(109.848, 40.60, 109.87, 40.617)


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def certificate(tmp_path):
    land.publish_land(tmp_path, {"STBHHX": [("R1", "", RED_LINE)]})
    sealed = certificates.seal(document(checks.run(land.boundary(), facts=land.FACTS)))
    return json.loads(json.dumps(sealed))  # as it comes back from a file


def test_the_same_inputs_give_the_same_digest(certificate):
    again = certificates.seal(document(checks.run(land.boundary(), facts=land.FACTS)))
    assert again["digest"] == certificate["digest"]


def test_a_good_certificate_verifies_and_recomputes(certificate):
    assert certificates.verify(certificate) == []
    assert certificates.recompute(certificate) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.update(verdict="clear"),
        lambda it: it["findings"][0].update(area_m2=0.01),
        lambda it: it["facts"].update(national_key_project="yes"),
        lambda it: it["manifest"]["STBHHX"].update(root_hash="0" * 64),
        lambda it: it["boundary"]["declared"]["plots"].reverse() or it["boundary"].update(sha256="0"),
        lambda it: it.pop("not_checked"),
    ],
)
def test_whatever_is_changed_after_signing_shows(certificate, change):
    forged = copy.deepcopy(certificate)
    change(forged)
    assert "digest" in {difference.where for difference in certificates.verify(forged)}


def test_a_new_digest_without_the_key_is_no_signature(certificate):
    forged = {**certificate, "verdict": "clear"}
    unsealed = {name: forged[name] for name in forged if name not in ("digest", "signature", "key")}
    digest = hashlib.sha256(canonical(unsealed).encode()).digest()
    stranger = Ed25519PrivateKey.generate()
    forged |= {"digest": digest.hex(), "signature": base64.b64encode(stranger.sign(digest)).decode()}
    assert [difference.where for difference in certificates.verify(forged)] == ["signature"]
    assert certificates.verify(forged, stranger.public_key())[0].where == "key"


@pytest.mark.parametrize("missing", ["digest", "signature", "key", "boundary", "manifest"])
def test_an_incomplete_file_is_no_certificate(certificate, missing):
    del certificate[missing]
    assert [difference.where for difference in certificates.verify(certificate)] == [missing]


def _tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # as somebody who owns the database could
        cursor.execute(sql)
        assert cursor.rowcount == 1
        cursor.execute("SET session_replication_role = DEFAULT")


def test_one_changed_byte_in_a_stored_feature_is_found(certificate):
    _tamper("UPDATE layers_feature SET geom = ST_Translate(geom, 1e-13, 0) WHERE key = 'R1'")
    assert any("R1" in difference.where for difference in certificates.recompute(certificate))


def test_a_changed_feature_far_from_the_site_is_found_too(certificate):
    _tamper("UPDATE layers_feature SET class_code = '0102' WHERE key = 'P1'")
    assert any(
        difference.where.startswith("layers.DLTB") for difference in certificates.recompute(certificate)
    )


def test_recomputing_reads_the_versions_of_then(certificate):
    land.publish_layer("STBHHX", [])
    assert checks.run(land.boundary(), facts=land.FACTS).verdict == "clear"
    assert certificates.recompute(certificate) == []


def test_a_version_that_waits_or_was_sent_back_changes_no_answer(certificate):
    """Its features stand in the same tables, and what it lets go is closed already."""

    def nothing_changed():
        assert certificates.recompute(certificate) == []
        again = certificates.seal(document(checks.run(land.boundary(), facts=land.FACTS)))
        return again["digest"] == certificate["digest"]

    layer = Layer.objects.get(code="STBHHX")
    elsewhere = Table(geometries=[shapely.box(109.89, 40.64, 109.895, 40.645)], keys=["R1"])
    waiting = stage(layer, elsewhere, coverage=land.EXTENT)
    assert nothing_changed()
    discard(waiting)
    assert nothing_changed()
    publish(stage(layer, elsewhere, coverage=land.EXTENT))
    assert checks.run(land.boundary(), facts=land.FACTS).verdict == "clear"
    assert certificates.recompute(certificate) == []
    back = withdrawal.stage(layer)
    assert checks.run(land.boundary(), facts=land.FACTS).verdict == "clear"
    publish(back)
    assert checks.run(land.boundary(), facts=land.FACTS).verdict == certificate["verdict"] != "clear"
    assert certificates.recompute(certificate) == []


def test_other_library_versions_may_differ_in_digest_but_not_in_outcome(certificate):
    older = copy.deepcopy(certificate)
    older["versions"]["geos"] = "3.9.0"
    older["findings"][0]["area_m2"] *= 1 + 5e-7
    assert certificates.recompute(older) == []
    older["findings"][0]["area_m2"] *= 1.001
    assert [difference.where for difference in certificates.recompute(older)] == ["findings[0].area_m2"]
    older["verdict"] = "clear"
    assert "verdict" in {difference.where for difference in certificates.recompute(older)}


def test_a_share_or_a_shape_that_differs_shows_under_other_library_versions_too(certificate):
    older = copy.deepcopy(certificate)
    older["versions"]["geos"] = "3.9.0"
    older["findings"][0]["share"] += 0.005
    assert [difference.where for difference in certificates.recompute(older)] == ["findings[0].share"]
    older = copy.deepcopy(certificate)
    older["versions"]["geos"] = "3.9.0"
    ring = older["findings"][0]["geometry"]["coordinates"][0][0]
    ring[1] = [ring[1][0] + 1e-5, ring[1][1]]
    assert [difference.where for difference in certificates.recompute(older)] == ["findings[0].geometry"]
    older["surprise"] = 1
    assert "surprise" in {difference.where for difference in certificates.recompute(older)}


def test_a_layer_renamed_since_gives_the_same_document(certificate):
    assert certificate["present_land"][0]["name"] == ""
    Layer.objects.update(name="改名", class_system="planning", class_names={"0701": "改名"})
    assert certificates.recompute(certificate) == []


def test_a_check_of_the_past_is_recomputed_with_the_law_of_then(tmp_path):
    water = [("W", "1", land.SITE)]
    land.publish_land(tmp_path, {"YYSBHQ": water})
    versions = queries.current()
    for day, rule in ((dt.date(2026, 8, 14), "water-source-1-law"), (dt.date(2026, 8, 15), "water-source-1")):
        result = checks.run(
            land.boundary(), facts=land.FACTS, rulebook=in_force("default", day), versions=versions
        )
        sealed = json.loads(json.dumps(certificates.seal(document(result))))
        assert rule in {finding["rule"] for finding in sealed["findings"]}
        assert sealed["on"] == day.isoformat()
        assert certificates.recompute(sealed) == []


def test_a_use_that_somebody_left_open_stays_open_when_recomputed(tmp_path):
    """The file declares a use, the person who asked took it back: the certificate says what was known."""
    land.publish_land(tmp_path)
    declared = land.boundary().declared
    with_use = build(replace(declared, plots=(replace(declared.plots[0], use="0701"),)))
    known = certificates.seal(document(checks.run(with_use)))
    assert known["facts"] == {"intended_use": "07"}
    assert certificates.recompute(known) == []
    left_open = certificates.seal(document(checks.run(with_use, facts={"intended_use": ""})))
    assert left_open["facts"] == {}
    assert certificates.recompute(left_open) == []


def test_a_manifest_or_a_rulebook_that_is_not_here_is_named(certificate):
    elsewhere = copy.deepcopy(certificate)
    elsewhere["manifest"]["STBHHX"]["version"] = 9
    assert {"manifest.STBHHX", "verdict"} <= {found.where for found in certificates.recompute(elsewhere)}
    elsewhere = copy.deepcopy(certificate)
    elsewhere["manifest"]["STBHHX"]["root_hash"] = "0" * 64
    assert "manifest.STBHHX" in {found.where for found in certificates.recompute(elsewhere)}
    elsewhere = copy.deepcopy(certificate)
    elsewhere["rulebook"]["sha256"] = "0" * 64
    assert "rulebook" in {found.where for found in certificates.recompute(elsewhere)}
    elsewhere = copy.deepcopy(certificate)
    elsewhere["boundary"]["sha256"] = "0" * 64
    assert "boundary" in {found.where for found in certificates.recompute(elsewhere)}
    elsewhere = copy.deepcopy(certificate)
    elsewhere["rulebook"]["version"] = 99
    assert [found.where for found in certificates.recompute(elsewhere)] == ["rulebook"]
    elsewhere = copy.deepcopy(certificate)
    elsewhere["boundary"]["declared"]["plots"][0]["rings"][0]["xy"][0][0] = 300.0
    assert {found.where for found in certificates.recompute(elsewhere)} == {"boundary"}


def test_after_a_new_key_old_certificates_hold_by_the_old_public_key(certificate, settings, tmp_path):
    old = keys.public_key()
    settings.SIGNING_KEY_PATH = tmp_path / "elsewhere" / "key.pem"  # an installation that never knew it
    assert [found.where for found in certificates.verify(certificate)] == ["key"]
    assert certificates.verify(certificate, old) == []
    again = certificates.seal(
        {name: certificate[name] for name in certificate if name not in certificates._SEAL}
    )
    assert again["digest"] == certificate["digest"]
    assert again["key"] != certificate["key"]
    assert certificates.verify(again) == []


def test_text_beyond_gbk_and_odd_numbers_keep_their_digest_through_file_and_database(tmp_path):
    """𠀀 is four bytes in GB18030; é comes composed and decomposed, and each stays as it came."""
    land.publish_land(tmp_path)
    boundary = boundaries.read(ODD_TEXT.encode("gb18030"), "odd.txt")
    sealed = certificates.seal(document(checks.run(boundary, facts=land.FACTS)))
    assert "𠀀e\u0301é" in canonical(sealed)
    path = tmp_path / "check.json"
    path.write_text(json.dumps(sealed, indent=3), encoding="utf-8")
    from_file = json.loads(path.read_text(encoding="utf-8"))
    assert certificates.verify(from_file) == []
    assert certificates.recompute(from_file) == []
    stored = versions.save(Site.objects.create(), boundary)
    stored.refresh_from_db()
    again = certificates.seal(document(checks.run(versions.stored(stored), facts=land.FACTS)))
    assert again["digest"] == sealed["digest"]


def test_classes_of_a_finding_add_up_to_the_cent(tmp_path):
    strips = [
        (
            f"F{i}",
            f"010{1 + i % 3}",
            shapely.box(land.WEST + 0.1 / 7 * i, land.SOUTH, land.WEST + 0.1 / 7 * (i + 1), land.NORTH),
        )
        for i in range(7)
    ]
    land.publish_land(tmp_path, {"DLTB": strips})
    wide = shapely.box(109.8113, 40.6101, 109.8907, 40.6207)
    for finding in document(checks.run(land.boundary(wide), facts=land.FACTS))["findings"]:
        if finding["classes"]:
            total = sum(Decimal(repr(part["area_m2"])) for part in finding["classes"])
            assert total == Decimal(repr(finding["area_m2"]))


def test_an_issued_check_is_kept_whole_and_cannot_be_changed(tmp_path):
    land.publish_land(tmp_path, {"STBHHX": [("R1", "", RED_LINE)]})
    site = Site.objects.create(region_code="150207")
    version = versions.save(site, land.boundary(), content=b"abc", filename="a.txt")
    check = certificates.issue(checks.run(versions.stored(version), facts=land.FACTS), version)
    assert certificates.verify(certificates.certificate(check)) == []
    assert {finding.rule for finding in check.findings.all()} >= {"ecological-red-line"}
    for change in (
        lambda: Check.objects.filter(pk=check.pk).update(verdict="clear"),
        lambda: Finding.objects.filter(answer=check).delete(),
        lambda: type(version).objects.filter(pk=version.pk).update(area_m2=1.0),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_saving_again_makes_the_next_version_and_keeps_the_first(tmp_path):
    site = Site.objects.create(region_code="150207")
    first = versions.save(site, land.boundary(), content=b"abc", filename="a.txt")
    second = versions.save(site, land.boundary(translate(land.SITE, 0.001, 0)))
    site.refresh_from_db()
    assert (first.number, second.number, site.current_id) == (1, 2, second.pk)
    kept = type(first).objects.get(pk=first.pk)
    assert bytes(kept.source_file) == b"abc"
    assert versions.stored(kept).geometry.equals(land.boundary().geometry)
