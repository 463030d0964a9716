"""The library that staff work in: the small demo city with its 2,680 accounts, grown to 10,000 projects and cases.

Everything comes in through the platform's own actions, in bulk where it has bulk actions.
"""

from __future__ import annotations

import os
import random
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.bench import land
from tests.bench.land import Land

PROJECTS = int(os.environ.get("BENCH_PROJECTS", 10_000))
CASES = PROJECTS // 10
BATCH = 2_000
LEDGER = "基准测试台账"
_STAGES = ("planning", "preparation", "construction", "completed", "suspended")
_LIBRARY = ("catalogue", "reserve", "implementation", "implementation", "reserve")
_WORKS = ("供水工程", "道路改造", "学校迁建", "医院综合楼", "污水处理厂", "河道治理", "标准厂房", "光伏电站")
_INDUSTRIES = ("D", "G", "P", "Q", "N", "N", "C", "D")


def ready() -> Land:
    """Load the library unless it is there, and point this process at it."""
    found = replace(land.wanted(), parcels=0, database=f"bench_staff_{PROJECTS}")
    found = replace(found, url=found.url.rpartition("/")[0] + f"/{found.database}")
    land.WORK.mkdir(parents=True, exist_ok=True)
    os.environ.update(land.environment(found))
    mark = f"gis-projects benchmark: {PROJECTS} projects, {CASES} cases"
    if land.mark_of(found) != mark:
        began = time.monotonic()
        print(f"loading {PROJECTS:,} projects into {found.database}, once", flush=True)
        land.create(found)
        land.migrate()
        land.python("-m", "fixtures", "load", "--quick")
        land.start_django()
        _grow(found)
        connection = found.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute(f"COMMENT ON DATABASE {found.database} IS %s", [mark])
        connection.close()
        print(f"loaded in {time.monotonic() - began:.0f} s", flush=True)
    else:
        land.migrate()
        land.start_django()
    return found


def _grow(found: Land) -> None:
    from django.db import connection

    from gis_projects.library.models import Project

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    made = _projects(PROJECTS - Project.objects.count())
    print(f"{len(made):,} projects registered", file=sys.stderr, flush=True)
    _kinds(made)
    _libraries()
    print(f"{_cases():,} cases opened", file=sys.stderr, flush=True)


def _projects(wanted: int) -> list[int]:
    """Register as many more, with money and a place each; their keys."""
    from gis_projects.library.actions.bulk import write_projects
    from gis_projects.library.tables.specification import Change
    from gis_projects.people.models import Organisation, Region, User

    admin = User.objects.get(username="admin")
    regions = list(Region.objects.filter(kind__in=["city", "county", "zone"]).order_by("code"))
    owners = list(Organisation.objects.filter(kind="owner").order_by("pk"))
    chance = random.Random(11)
    keys: list[int] = []
    for start in range(0, wanted, BATCH):
        changes = []
        for number in range(start, min(start + BATCH, wanted)):
            stage, work = chance.randrange(len(_STAGES)), chance.randrange(len(_WORKS))
            planned = Decimal(chance.randrange(1_000_000, 900_000_000))
            values = {
                "code": f"JZ-{number:06d}",
                "name": f"{chance.choice(regions).short_name}{_WORKS[work]}（{number} 号）",
                "content": f"建设{_WORKS[work]}及配套设施。",
                "region": chance.choice(regions).code,
                "organisation": chance.choice(owners).pk,
                "industry": _INDUSTRIES[work],
                "level": chance.choice(("city", "county", "county", "province")),
                "stage": _STAGES[stage],
                "investment_kind": "government",
                "year": chance.randrange(2016, 2027),
                "longitude": 109.4 + chance.random(),
                "latitude": 40.4 + chance.random(),
                "precision": "approximate",
                "planned_yuan": planned,
                "cumulative_yuan": planned * (0, 0, 40, 100, 20)[stage] / 100,
                "recorded_on": date(2026, 1, 31),
            }
            changes.append(Change(str(values["code"]), values, None, number + 2))
        keys += [row.pk for row in write_projects(by=admin, changes=changes)]
    return keys


def _kinds(keys: list[int]) -> None:
    from gis_projects.library.actions.databases import Placing, place_many
    from gis_projects.library.actions.projects import set_kinds
    from gis_projects.library.databases import project_databases
    from gis_projects.library.models import Project, ProjectKind

    rows = list(Project.objects.filter(pk__in=keys).order_by("pk"))
    for row in rows[:: len(rows) // 1000]:
        set_kinds(by=None, project=row, kinds=["government"])
    for at, kind in enumerate(sorted({*ProjectKind.values} & project_databases().keys())):
        placings = [Placing(row) for row in rows if row.pk % (3 + at) == 0]
        for start in range(0, len(placings), BATCH):
            place_many(by=None, database=kind, placings=placings[start : start + BATCH])


def _libraries() -> None:
    """Four of five are in a library, with a move each; the others are still to be proposed."""
    from gis_projects.library.actions.libraries import take_over
    from gis_projects.library.models import Library, Project

    rows = list(Project.objects.filter(library=Library.NONE, code__startswith="JZ-").order_by("pk"))
    for library in sorted(set(_LIBRARY)):
        chosen = [r for r in rows if _LIBRARY[_STAGES.index(r.stage)] == library and r.pk % 5]
        for start in range(0, len(chosen), BATCH):
            take_over(by=None, projects=chosen[start : start + BATCH], library=library, source=LEDGER)


def _cases() -> int:
    """Arguments of the projects that are still planned, each with the tasks of its departments."""
    from django.utils import timezone

    from gis_projects.argument.actions.cases import open_case
    from gis_projects.argument.models import Case
    from gis_projects.argument.queries.routing import planned
    from gis_projects.library.models import Project
    from gis_projects.people.models import User

    by = User.objects.get(username="coordinator")
    today = timezone.localdate()
    rows = Project.objects.filter(stage__in=["planning", "preparation"], code__startswith="JZ-")
    opened = Case.objects.count()
    for number, project in enumerate(rows.select_related("region").order_by("pk").iterator()):
        if opened >= CASES:
            break
        plan = planned(project, "total_structure")
        if plan is None or plan.obstacles:
            continue
        open_case(
            by=by, project=project, kind="total_structure", note="请出具意见。",
            starts_on=today - timedelta(days=number % 25),
        )  # fmt: skip
        opened += 1
    return opened
