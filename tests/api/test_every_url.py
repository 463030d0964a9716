"""No address of the platform is forgotten, and none lets the wrong person in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from tests.api.addresses import ADDRESSES, VISITORS


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


def test_every_entry_names_every_visitor():
    for name, entries in ADDRESSES.items():
        for entry in entries:
            assert len(entry.codes()) == len(VISITORS), name


@pytest.mark.django_db(transaction=True, databases=["default", "public"])
def test_everybody_gets_at_every_address_what_they_should(world, visitors):
    wrong = []
    for name, entries in ADDRESSES.items():
        for entry in entries:
            address = reverse(name, kwargs=entry.arguments(world))
            for visitor, expected in zip(VISITORS, entry.codes(), strict=True):
                client = Client(raise_request_exception=False)
                if visitor != "anonymous":
                    client.force_login(visitors[visitor])
                send = getattr(client, entry.method)
                if entry.json is not None:
                    answer = send(address, entry.json(world), content_type="application/json")
                else:
                    answer = send(address, entry.query(world))
                if answer.status_code != expected:
                    wrong.append(f"{visitor}: {entry.method} {address} {answer.status_code}, not {expected}")
                elif answer.status_code == 302 and visitor == "anonymous" and entry.method == "get":
                    assert answer["Location"].startswith(reverse("people:login")), address
                elif answer.status_code >= 400 and address.startswith("/api/"):
                    assert answer["Content-Type"] == "application/problem+json", address
    assert not wrong, "\n".join(wrong)
