"""One changed byte, a thousand times, in each place where a check or its ground is kept: none goes unseen."""

from __future__ import annotations

import json
import random

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry

from layers import queries
from layers.models import Feature
from siting import certificates, checks, versions
from siting.models import Check, Finding, Site
from tests.factories import land

pytestmark = pytest.mark.django_db
TRIALS = 1000
RED_LINE = shapely.box(109.848, 40.60, 109.87, 40.617)


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def check(tmp_path) -> Check:
    land.publish_land(tmp_path, {"STBHHX": [("R1", "", RED_LINE)]})
    boundary = land.boundary()
    version = versions.save(Site.objects.create(), boundary)
    return certificates.issue(checks.run(boundary, facts=land.FACTS), version)


def other_byte(content: bytes, chosen: random.Random) -> bytes:
    at = chosen.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << chosen.randrange(8))]) + content[at + 1 :]


def test_a_certificates_file(check):
    content = json.dumps(certificates.certificate(check), ensure_ascii=False).encode()
    chosen = random.Random(11)
    judged = 0
    for _ in range(TRIALS):
        try:
            changed = json.loads(other_byte(content, chosen).decode())
        except ValueError:
            judged += 1  # no longer a certificate: it says so
            continue
        if changed == certificates.certificate(check):
            continue  # a blank between two entries: nothing was said otherwise
        judged += 1
        assert certificates.verify(changed) != []
    assert judged > TRIALS * 0.9


def test_a_findings_row(check):
    row = check.findings.exclude(geometry=None).first()
    chosen = random.Random(12)
    for _ in range(TRIALS // 4):
        cents, share = round(row.area_m2 * 100), round(row.share * 1e6)
        vertices = shapely.get_coordinates(shapely.from_wkb(bytes(row.geometry.wkb)))
        vertices[chosen.randrange(1, len(vertices) - 1), chosen.randrange(2)] += chosen.choice((-2e-9, 2e-9))
        moved = shapely.set_coordinates(shapely.from_wkb(bytes(row.geometry.wkb)), vertices)
        for change in (
            {"area_m2": (cents ^ (1 << chosen.randrange(16))) / 100},
            {"share": (share ^ (1 << chosen.randrange(16))) / 1e6},
            {"rule": other_byte(row.rule.encode(), chosen).decode("latin-1").replace("\0", "?")},
            {"geometry": GEOSGeometry(memoryview(moved.wkb), srid=4490)},
        ):
            with land.without_triggers():
                Finding.objects.filter(pk=row.pk).update(**change)
                assert certificates.verify_stored(check) != [], change
                Finding.objects.filter(pk=row.pk).update(
                    area_m2=row.area_m2, share=row.share, rule=row.rule, geometry=row.geometry
                )
    assert certificates.verify_stored(check) == []


def test_a_layers_row(check):
    version = queries.current(["STBHHX"])["STBHHX"]
    row = Feature.objects.get(layer_id=version.layer_id)
    wkb = bytes(row.geom.wkb)
    chosen = random.Random(13)
    for _ in range(TRIALS):
        # The bytes of a coordinate: whatever else is changed in a geometry is none any more.
        at = 13 + chosen.randrange(len(wkb) - 13)
        bent = wkb[:at] + bytes([wkb[at] ^ (1 << chosen.randrange(8))]) + wkb[at + 1 :]
        try:
            shape = shapely.from_wkb(bent)
        except shapely.errors.GEOSException:
            continue
        if not shapely.is_valid_input(shape) or not shapely.get_coordinates(shape).size:
            continue
        with land.without_triggers():
            Feature.objects.filter(pk=row.pk).update(geom=GEOSGeometry(memoryview(bent), srid=4490))
            assert not queries.verify(version).intact
            Feature.objects.filter(pk=row.pk).update(geom=row.geom)
    assert queries.verify(version).intact
