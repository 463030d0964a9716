"""No address of the platform is forgotten, and none lets the wrong person in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.urls import URLResolver, get_resolver, reverse

from tests.api.addresses import ADDRESSES, VISITORS
from tests.api.walk import ROOMS, Standing, visit


@pytest.fixture(autouse=True)
def _places():
    """The world that is visited has places of its own."""


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry, prefix + (f"{entry.namespace}:" if entry.namespace else ""))
        else:
            assert entry.name, f"{prefix}{entry.pattern} has no name"
            yield prefix + entry.name


def test_every_address_is_listed():
    found = set(names(get_resolver()))
    assert found - set(ADDRESSES) == set(), "add what each visitor gets there to tests/api/addresses.py"
    assert set(ADDRESSES) - found == set(), "these addresses are gone"
    assert sorted(name for names in ROOMS.values() for name in names) == sorted(ADDRESSES)


def test_every_entry_names_every_visitor():
    for name, entries in ADDRESSES.items():
        for entry in entries:
            assert len(entry.codes()) == len(VISITORS), name


@pytest.mark.django_db(databases=["default", "public"])
@pytest.mark.parametrize("room", ROOMS)
def test_everybody_gets_at_every_address_what_they_should(walked, room):
    wrong = []
    for name in ROOMS[room]:
        with transaction.atomic():  # a visit may end a session, or decide what the next address is about
            wrong += differences(walked, name)
            transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)


def differences(walked: Standing, name: str) -> Iterator[str]:
    for entry in ADDRESSES[name]:
        address = reverse(name, kwargs=entry.arguments(walked.world))
        for visitor, expected in zip(VISITORS, entry.codes(), strict=True):
            answer = visit(walked.visitors.get(visitor), address, entry, walked.world)
            if answer.status_code != expected:
                yield f"{visitor}: {entry.method} {address} {answer.status_code}, not {expected}"
            elif answer.status_code == 302 and visitor == "anonymous" and entry.method == "get":
                # A public address sends nobody to sign in: it goes on within the public side.
                asks_who = not name.startswith("disclosure:")
                assert answer["Location"].startswith(reverse("people:login")) == asks_who, address
            elif answer.status_code >= 400 and address.startswith("/api/"):
                assert answer["Content-Type"] == "application/problem+json", address
