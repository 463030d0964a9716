"""Five older systems come over: their headings, their words; every line of a file is accounted for."""

from __future__ import annotations

import io
import random
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from gis_projects import files
from gis_projects.library.models import Membership, Project
from gis_projects.library.tables import get, legacy, projects
from gis_projects.library.tables.lookups import Lookups
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, baotou, user_of
from tests.integration.library.tables.test_projects import brought, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin():
    baotou()
    OrganisationFactory(name="市水务投资公司")
    OrganisationFactory(kind="department", name="市水务局")
    return user_of(Role.ADMINISTRATOR)


_SAYS = {
    "name": "供水工程 {n}", "region": "九原区", "industry": "建筑业", "year": 2018, "organisation": "市水务投资公司",
    "authority": "市水务局", "content": "新建水厂", "address": "哈林格尔", "planned_yuan": 1200.5,
    "cumulative_yuan": 300, "recorded_on": "2019-03-29", "planned_start": "2018年4月1日",
    "planned_finish": "2020-10-31", "longitude": 109.9, "latitude": 40.6, "funding_note": "已落实",
    "legal_person": "张某",
}  # fmt: skip


def says(system, n: int) -> dict[str, object]:
    """One line as that system would have exported it: its words by turns, amounts in 万元."""
    row: dict[str, object] = {"code": f"{system.code}-{n:03d}"}
    for name in system.columns:
        if words := list(system.words.get(name, {})):
            row[name] = words[n % len(words)]
        elif name in _SAYS:
            row[name] = str(_SAYS[name]).format(n=n) if isinstance(_SAYS[name], str) else _SAYS[name]
    if "level" in system.columns and "level" not in system.words:
        row["level"] = "市级"
    return row


def sheet(system, rows) -> bytes:
    headings = {
        name: f"{heading}(万元)" if name in ("planned_yuan", "cumulative_yuan") else heading
        for name, heading in system.columns.items()
    }
    book = Workbook()
    book.active.append(list(headings.values()))
    for row in rows:
        book.active.append([row.get(name) for name in headings])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_there_are_five_and_every_word_of_theirs_is_one_of_ours():
    assert len(legacy.systems()) == 5
    known = {column.key: column for column in projects.columns()}
    for system in legacy.systems().values():
        assert {"code", "name", "region", "industry", "stage", "year"} <= set(system.columns) <= set(known)
        assert len(set(system.columns.values())) == len(system.columns)
        for name, words in {**system.words, **{n: {v: v} for n, v in system.defaults.items()}}.items():
            assert set(words.values()) <= {option.value for option in known[name].options()}, (
                system.code,
                name,
            )
        required = {name for name, column in known.items() if column.required}
        assert required <= {*system.columns, *system.defaults}, system.code
        for column in legacy.columns(system):
            if column.key in system.words:  # what is exported again is said in our words
                value = next(iter(system.words[column.key].values()))
                assert Lookups().shown(column, value) == Lookups().shown(known[column.key], value)


@pytest.mark.parametrize("code", list(legacy.systems()))
def test_a_list_comes_over_and_its_numbers_agree(admin, code):
    system = legacy.systems()[code]
    lines = [says(system, n) for n in range(40)]
    row = brought(admin, sheet(system, lines), table=code)
    assert (row.problems["rows"], row.problems["unknown"]) == ([], [])
    assert (row.total, row.new, row.changed, row.unchanged, row.refused) == (40, 40, 0, 0, 0)
    written(row)
    made = Project.objects.filter(code__startswith=code)
    assert made.count() == 40 == Membership.objects.filter(kind=system.database, project__in=made).count()
    words = system.words["stage"]
    expected = Counter(words[str(line["stage"])] for line in lines)
    assert Counter(made.values_list("stage", flat=True)) == expected
    for name, value in system.defaults.items():
        assert set(made.values_list(name, flat=True)) == {value}
    money = made.first().investments.get()
    assert (money.planned_yuan, money.recorded_on) == (Decimal("12005000.00"), date(2019, 3, 29))
    again = brought(admin, sheet(system, lines), table=code)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 40)


def test_refused_lines_are_marked_and_nothing_is_written_before_none_is_left(admin):
    system = legacy.systems()["legacy-key"]
    chance = random.Random(3)
    lines = [says(system, n) for n in range(30)]
    wrong = sorted(chance.sample(range(30), 6))
    for at, n in enumerate(wrong):
        name, value = (("stage", "烂尾"), ("region", "不存在区"), ("planned_yuan", "约五千"), ("year", 1890),
                       ("organisation", "没有的公司"), ("name", ""))[at]  # fmt: skip
        lines[n][name] = value
    row = brought(admin, sheet(system, lines), table=system.code)
    assert (row.total, row.new, row.changed, row.unchanged, row.refused) == (30, 24, 0, 0, 6)
    assert not Project.objects.exists()
    marked = load_workbook(io.BytesIO(files.stored(row.report_sha256))).active
    lines_of = list(marked.iter_rows(values_only=True))
    at = [str(cell) for cell in lines_of[0]].index("导入错误")
    assert [n for n, cells in enumerate(lines_of) if n and cells[at]] == [n + 1 for n in wrong]
    mended = [says(system, n) for n in range(30)]
    row = written(brought(admin, sheet(system, mended), table=system.code))
    assert Project.objects.count() == 30
    assert Step.objects.filter(verb="library.register_project").count() == 30
    assert Step.objects.filter(verb="library.enter_database").count() == 30


def test_what_is_known_already_keeps_its_other_kinds(admin):
    system = legacy.systems()["legacy-government"]
    there = ProjectFactory(code=f"{system.code}-000", region_id="150207", region=None, name="旧名")
    Membership.objects.create(project=there, kind="key")
    row = written(brought(admin, sheet(system, [says(system, 0), says(system, 1)]), table=system.code))
    assert (row.new, row.changed) == (1, 1)
    there.refresh_from_db()
    assert there.name == "供水工程 0"
    assert set(there.memberships.values_list("kind", flat=True)) == {"key", "government"}


def test_who_does_not_keep_the_libraries_brings_nothing(admin, client):
    for role, code in ((Role.ADMINISTRATOR, 200), (Role.PLANNER, 403), (Role.OWNER, 403)):
        client.force_login(user_of(role, username=f"some {role}"))
        assert client.get("/tables/legacy-key/").status_code == code, role
    assert get("legacy-key").permission == "manage_libraries"
