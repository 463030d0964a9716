"""Asking the service, following its links."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.factories.layers import ORIGIN, STEP

ITEMS = "/ogc/collections/DLTB/items"


def get(client, path, status=200, **query):
    answer = client.get(path, query)
    assert answer.status_code == status, answer.content[:500]
    if status >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
    return answer


def keys(client, **query):
    return [feature["id"] for feature in get(client, ITEMS, **query).json()["features"]]


def linked(body, rel):
    return [link for link in body["links"] if link["rel"] == rel]


def local(href):
    parts = urlsplit(href)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def documents(client):
    """Every document that can be reached from the landing page by links, by address."""
    found, open_ = {}, ["/ogc/"]
    while open_:
        address = open_.pop()
        if address in found:
            continue
        answer = get(client, address)
        found[address] = answer
        if "json" not in answer["Content-Type"]:
            continue

        def walk(value):
            if isinstance(value, dict):
                link = value.get("href")
                if link and not value.get("templated") and "json" in value.get("type", "json"):
                    open_.append(local(link))
                for item in value.values():
                    walk(item)
            elif isinstance(value, list):
                for item in value:
                    walk(item)

        walk(answer.json())
    return found


def cell(column, row, size=1.0):
    west, south = ORIGIN[0] + column * STEP, ORIGIN[1] + row * STEP
    return west, south, west + size * STEP, south + size * STEP


def numbers(box):
    return ",".join(str(value) for value in box)
