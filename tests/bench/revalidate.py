"""Re-validation of many sites: from nothing, after a change in one area, after changes all over.

It writes, so it works on a copy of the city's database, which it drops afterwards.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.db import connection, transaction

from layers.models import LayerVersion, Status
from layers.publishing import publish
from siting import checks, revalidation, versions
from siting.documents import document
from siting.models import CurrentAnswer, Site
from siting.revalidation import Report as Run
from tests.bench.check import FACTS, outline_of_the_city
from tests.bench.land import Land
from tests.bench.report import Report, Row
from tests.bench.sites import random_sites

SITES = int(os.environ.get("BENCH_SITES", 10_000))
PROCESSES = 2
CHANGED = 0.01
HELD_AGAINST = 100  # proved answers that are really checked again

_CHANGED = """
INSERT INTO layers_feature
    (layer_id, key, first_version, hash, seal, class_code, name, attributes, area_m2, vertices, geom)
SELECT layer_id, key, %(number)s, sha256(hash || 'changed'::bytea), seal,
       CASE WHEN class_code = '0101' THEN '0102' ELSE '0101' END, name, attributes, area_m2, vertices, geom
FROM layers_feature WHERE id = ANY(%(ids)s)
"""
_LIVING = "layer_id = %(layer)s AND last_version IS NULL AND vertices <= 128"


@contextmanager
def _copy(land: Land) -> Iterator[None]:
    """Point this process at a copy of the database, and drop it in the end."""
    name = f"{land.database}_revalidate"
    connection.close()
    _in_the_cluster(
        land, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {land.database}"
    )
    own = connection.settings_dict
    before, own["NAME"] = own["NAME"], name
    try:
        yield
    finally:
        connection.close()
        own["NAME"] = before
        _in_the_cluster(land, f"DROP DATABASE {name} WITH (FORCE)")


def _in_the_cluster(land: Land, *statements: str) -> None:
    session = land.connect("postgres")
    session.autocommit = True
    with session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    session.close()


def _sites(count: int) -> None:
    """So many live sites, and no others."""
    Site.objects.update(is_live=False)
    city = outline_of_the_city()
    for start in range(0, count, 500):
        with transaction.atomic():
            for boundary in random_sites(min(500, count - start), city, seed=7 + start):
                versions.save(Site.objects.create(facts=FACTS), boundary)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _republished(chosen: str, share: float) -> int:
    """The parcels' next version: that share of them, in the order chosen, has another class; how many they are."""
    old = LayerVersion.objects.get(layer__code=checks.PRESENT_LAND_LAYER, status=Status.PUBLISHED)
    number = old.number
    new = LayerVersion.objects.get(pk=old.pk)
    new.pk, new._state.adding = None, True
    new.number, new.status, new.published_at, new.root_hash = number + 1, Status.STAGING, None, ""
    new.save(force_insert=True)
    with transaction.atomic(), connection.cursor() as cursor:
        asked = {"layer": old.layer_id, "limit": int(old.feature_count * share)}
        cursor.execute(
            f"SELECT id FROM layers_feature WHERE {_LIVING} ORDER BY {chosen} LIMIT %(limit)s", asked
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("UPDATE layers_feature SET last_version = %s WHERE id = ANY(%s)", [number, ids])
        cursor.execute(_CHANGED, {"number": number + 1, "ids": ids})
        new.status, new.root_hash = Status.STAGED, sha256(old.root_hash.encode()).hexdigest()
        new.save(update_fields=["status", "root_hash"])
    publish(new)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE layers_feature")
    return len(ids)


def _run() -> tuple[Run, float]:
    began = time.perf_counter()
    run = revalidation.run(revalidation.begin().pk, revalidation.InOneGo(), processes=PROCESSES)
    return run, time.perf_counter() - began


def _held_against(run: Run) -> str:
    """Really check some of the proved answers again: how many, and how many say something else."""
    proved = CurrentAnswer.objects.filter(proof__revalidation=run.run).select_related("site__current")
    some = random.Random(1).sample(list(proved), min(HELD_AGAINST, proved.count()))
    others = 0
    for answer in some:
        assert answer.site.current is not None
        result = checks.run(versions.stored(answer.site.current), facts=answer.site.facts)
        others += revalidation.content(document(result)).sha256 != answer.content
    return f"{len(some)} proved answers checked again, {others} say something else"


def run(land: Land) -> bool:
    with _copy(land):
        return _measured(land)


def _measured(land: Land) -> bool:
    began = time.perf_counter()
    _sites(SITES)
    report = Report(
        "revalidate",
        f"Re-validation of {SITES:,} sites of 0.01-10 km², {land.parcels:,} parcels, {PROCESSES} processes",
        "all",
    )
    report.notes.append(f"making the sites took {time.perf_counter() - began:.0f} s and isn't measured")
    _, everything = _run()
    report.add(
        Row("all from nothing", everything, "s", target=240.0 * SITES / 10_000 if SITES < 10_000 else 240.0)
    )
    middle = outline_of_the_city().representative_point()
    near = f"geom <-> ST_SetSRID(ST_MakePoint({middle.x}, {middle.y}), 4490)"
    for name, chosen in (("in one area", near), ("scattered", "md5(id::text)")):
        changed = _republished(chosen, CHANGED)
        found, took = _run()
        share = found.affected / found.sites
        target = 0.05 if chosen == near else 1.2 * share
        report.add(
            Row(f"{changed:,} parcels changed {name}", took, "s", everything, target,
                note=f"{found.affected:,} affected, {found.proved_unchanged:,} proved"),
        )  # fmt: skip
        report.notes.append(f"{name}: {share:.1%} of the sites affected; {_held_against(found)}")
    report.notes.append("nothing to do: " + f"{_run()[1]:.2f} s")
    return report.finish()
