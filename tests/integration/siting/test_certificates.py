"""A check as evidence: the same answer again, any change found, verifiable without a database."""

from __future__ import annotations

import base64
import copy
import hashlib
import json

import pytest
import shapely
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction
from shapely.affinity import translate

from siting import certificates, checks, versions
from siting.documents import canonical, document
from siting.models import Check, Finding, Site
from tests.factories import land

pytestmark = pytest.mark.django_db
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


def test_other_library_versions_may_differ_in_digest_but_not_in_outcome(certificate):
    older = copy.deepcopy(certificate)
    older["versions"]["geos"] = "3.9.0"
    older["findings"][0]["area_m2"] *= 1 + 5e-7
    assert certificates.recompute(older) == []
    older["findings"][0]["area_m2"] *= 1.001
    assert [difference.where for difference in certificates.recompute(older)] == ["findings[0].area_m2"]
    older["verdict"] = "clear"
    assert "verdict" in {difference.where for difference in certificates.recompute(older)}


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
