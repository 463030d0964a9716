"""Crosswalks of classes: kept once, never changed, refused with every place where they are at fault."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from layers.notices import Refused
from siting.conflicts import crosswalk, publishing

pytestmark = pytest.mark.django_db


def test_a_crosswalk_version_is_kept_once_and_never_changed():
    publishing.ship()
    row = publishing.between("survey", "planning")[0][0]  # "planning" is another name for it
    found = publishing.of(row)
    assert found.sha256 == row.sha256
    assert publishing.publish(found) == row
    assert publishing.between("planning", "survey") == [(row, True)]
    with pytest.raises(Refused):
        publishing.publish(replace(found, source="另一来源"))
    newer = publishing.publish(replace(found, version=2, source="另一来源"))
    assert publishing.between("survey", "planning")[0][0] == newer
    publishing.ship()  # does not step back
    with pytest.raises(DatabaseError), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(source="")


def test_every_shipped_crosswalk_speaks_of_every_class_of_the_demo():
    from fixtures.city.classes import PLANNED_FOR, PLANNING, SURVEY

    found = next(one for one in crosswalk.shipped() if one.code == "survey-planning2023")
    assert [code for code in SURVEY if not found.knows_a(code)] == []
    assert [code for code in PLANNING if not found.knows_b(code)] == []
    assert found.compatible("0103", "01")
    assert not found.compatible("0103", "07")
    assert found.turned().compatible("01", "0103")
    assert PLANNED_FOR


def test_a_faulty_crosswalk_is_refused_with_every_place():
    text = """
code = "Bad Code"
version = 0
name = "x"
system_a = "survey"
system_b = "planning2023"
valid_from = "gestern"
source = "x"
[[compatible]]
a = ["01"]
b = []
"""
    with pytest.raises(Refused) as refusal:
        crosswalk.read(text.encode())
    assert {notice.field for notice in refusal.value.notices} == {
        "code", "version", "valid_from", "compatible[1].b",
    }  # fmt: skip
    good = next(one for one in crosswalk.shipped() if one.code == "survey-planning2023")
    with pytest.raises(Refused) as refusal:
        crosswalk.read_csv(
            "a,b,note\n0101 0102,01,耕地\n9999,01,\n".encode("gb18030"), good,
            valid_from=timezone.localdate(), source="x",
        )  # fmt: skip
    assert [notice.line for notice in refusal.value.notices] == [3]
    newer = crosswalk.read_csv(
        "a,b,note\n0101 0102,01,耕地\n".encode(), good, valid_from=timezone.localdate(), source="x"
    )
    assert (newer.version, newer.entries[0].a) == (2, ("0101", "0102"))


_HEAD = 'code = "x"\nname = "x"\nversion = 1\nvalid_from = 2023-11-22\nsystem_a = "test"\nsystem_b = "test"\n'
_ROWS = '[[compatible]]\na = ["01"]\nb = ["01"]\n'


@pytest.mark.parametrize(
    "text",
    [
        _HEAD + 'source = "a\\u0000b"\n' + _ROWS,
        _HEAD.replace("version = 1", f"version = {10**30}") + 'source = "x"\n' + _ROWS,
        "code = " + "[" * 20_000,
        "version = 1" + "0" * 5_000,
    ],
    ids=["nul", "huge-version", "deep", "long-number"],
)
def test_a_crosswalk_that_can_not_be_stored_is_refused(text):
    with pytest.raises(Refused):
        crosswalk.read(text.encode())


def test_a_cell_without_an_end_is_refused_with_its_line():
    good = crosswalk.shipped()[0]
    with pytest.raises(Refused) as refusal:
        crosswalk.read_csv(
            b'a,b,note\n01,01,"' + b"x" * 200_000, good, valid_from=timezone.localdate(), source="x"
        )
    assert refusal.value.notices[0].line
