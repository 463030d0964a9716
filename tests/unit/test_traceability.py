"""What the traceability document points at is there."""

from __future__ import annotations

import re
from pathlib import Path

from django.urls import resolve

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/traceability.md").read_text(encoding="utf-8")


def test_every_address_that_it_names_is_one():
    addresses = set(re.findall(r"`(/[^`]*)`", TEXT))
    assert len(addresses) >= 20
    for address in addresses:
        resolve(address.replace("<pk>", "1"))


def test_every_file_that_it_names_is_there():
    for name in re.findall(r"`(tests/[^`]+)`", TEXT):
        assert (ROOT / name).exists(), name


def test_it_has_four_principles_six_goals_and_six_capabilities():
    sections = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
    rows = [len(re.findall(r"^\| (?!---)", section, re.MULTILINE)) - 1 for section in sections[:3]]
    assert rows == [4, 6, 6]
