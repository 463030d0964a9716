"""Every address that tells of features × every role × every secrecy × every state of a version, by session and by
token: the statuses, and that no answer's body, count or search tells of what may not be known.
"""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import get_resolver

from gis_projects.people.actions import tokens as actions
from gis_projects.people.models import TokenScope
from gis_projects.people.permissions import Permission, Role, has
from layers.loading import stage
from layers.models import LayerVersion
from tests.api.test_every_url import names
from tests.factories.layers import REGION, grid_table, published
from tests.factories.people import UserFactory, baotou, user_of
from tests.thorough import many

pytestmark = pytest.mark.django_db

LAYERS = {"GK": "public", "NB": "internal", "MI": "confidential"}
SUPERSEDED, IN_FORCE, STAGED = 1, 2, 3
ROLES = ("anonymous", "nobody", *Role)
#: Roles that list no layers at all: they get what somebody without a role gets.
WITHOUT_LAYERS = ("unit_admin", "intermediary", "expert", "joint")
WITH_SECRETS = ("reviewer", "surveyor", "administrator")
#: Every role by its session; by token one of each kind of them, and in a thorough run every role again.
BY_TOKEN = many(
    ("anonymous", "nobody", "unit_admin", "planner", "reviewer", "surveyor", "administrator"), ROLES
)
CALLERS = [
    *((role, "session") for role in ROLES),
    *((role, how) for role in BY_TOKEN for how in ("whole token", "open token")),
]
TILE = "14/13193/6166"


@pytest.fixture(autouse=True)
def _places():
    """The files of what lasts."""


@pytest.fixture(scope="module")
def users(lasting):
    """Of each layer a superseded version with 9 features, one in force with 4 and a staged one with 16."""
    baotou()
    for code, secrecy in LAYERS.items():
        look = {"name": "涉密设施" if code == "MI" else f"图层{code}", "secrecy": secrecy}
        labels = {"class_names": {"01": "密密密" if code == "MI" else "耕地"}}
        published(code, grid_table(3, 3), **look, **labels)
        published(code, grid_table(2, 2))
        layer = LayerVersion.objects.get(layer__code=code, number=2).layer
        stage(layer, grid_table(4, 4), coverage=REGION)
    people = {str(role): user_of(role) for role in Role}
    return {**people, "nobody": UserFactory(username="nobody", roles=[], region_id="150200")}


def client_of(users, role, how):
    if role == "anonymous":
        return Client()
    client, user = Client(), users[role]
    if how == "session":
        client.force_login(user)
        return client
    if not has(user, Permission.READ_LAYERS):
        return client  # makes no token
    scopes = [TokenScope.READ_LAYERS]
    if how == "whole token" and has(user, Permission.READ_CONFIDENTIAL):
        scopes.append(TokenScope.READ_CONFIDENTIAL)
    _token, word = actions.create_token(by=user, name=how, scopes=scopes)
    return Client(headers={"authorization": f"Bearer {word}"})


def like(role):
    """Whom a role is treated like where layers are concerned, written out by hand."""
    if role in ("anonymous", "nobody", *WITH_SECRETS):
        return role
    return "nobody" if role in WITHOUT_LAYERS else "planner"


def may_know(users, role, how, code, version):
    """The rule, said once more in other words."""
    if role in ("anonymous", "nobody"):
        return False
    if LAYERS[code] == "confidential" and (role == "planner" or how == "open token"):
        return False
    # who brings or publishes layers sees what waits; a token reads only what is in force or was
    return version != STAGED or (how == "session" and role in ("reviewer", "surveyor", "administrator"))


def ogc(code, version):
    base = f"/ogc/collections/{code}"
    return [
        f"{base}?version={version}", f"{base}/queryables?version={version}", f"{base}/items?version={version}",
        f"{base}/items/K0000?version={version}", f"{base}/tiles?version={version}",
        f"{base}/tiles/WebMercatorQuad?version={version}", f"{base}/tilejson?version={version}",
        f"{base}/tiles/WebMercatorQuad/14/6166/13193?version={version}",
    ]  # fmt: skip


COUNTS = {SUPERSEDED: 9, IN_FORCE: 4, STAGED: 16}


@pytest.mark.parametrize(("role", "how"), CALLERS)
def test_ogc_tiles_and_their_counts(users, role, how):
    client, role = client_of(users, role, how), like(role)
    signed_in = role != "anonymous" and (role != "nobody" or how == "session")
    for code in LAYERS:
        for version in COUNTS:
            known = may_know(users, role, how, code, version)
            for address in ogc(code, version):
                answer = client.get(address)
                expected = 200 if known else 401 if not signed_in else 403 if role == "nobody" else 404
                assert answer.status_code == expected, (address, answer.status_code)
                if not known:
                    assert not tells(answer, code)
            if known:
                body = client.get(f"/ogc/collections/{code}/items?version={version}").json()
                assert body["numberMatched"] == body["numberReturned"] == COUNTS[version]
                body = client.get(f"/ogc/collections/{code}/items?version={version}&class_code=01").json()
                assert body["numberMatched"] == COUNTS[version] // 2
            answer = client.get(f"/api/v1/layers/{code}/features/?version={version}")
            expected = 200 if known else 404 if signed_in and role != "nobody" else 403
            assert answer.status_code == expected, (code, version)
            assert answer.json()["count"] == COUNTS[version] if known else not tells(answer, code)
            tile = client.get(f"/tiles/{code}/{version}/{TILE}.mvt")
            assert tile.status_code == (200 if known else 401 if not signed_in else 404), (code, version)
        current = client.get(f"/ogc/collections/{code}/items")
        if may_know(users, role, how, code, IN_FORCE):
            assert current.json()["numberMatched"] == COUNTS[IN_FORCE]
        else:
            assert current.status_code in (401, 403, 404)


@pytest.mark.parametrize(("role", "how"), CALLERS)
def test_lists_name_and_count_only_what_may_be_known(users, role, how):
    client, role = client_of(users, role, how), like(role)
    known = [code for code in LAYERS if may_know(users, role, how, code, IN_FORCE)]
    for address in ("/ogc/", "/ogc/collections", "/ogc/api", "/ogc/conformance", "/ogc/collections?f=html"):
        answer = client.get(address)
        if not known:
            assert answer.status_code in (302, 401, 403)
        elif "MI" not in known:
            assert not tells(answer, "MI"), address
        if address == "/ogc/collections" and known:
            assert [entry["id"] for entry in answer.json()["collections"]] == sorted(known)
            counts = {entry["id"]: entry["featureCount"] for entry in answer.json()["collections"]}
            assert counts == dict.fromkeys(known, COUNTS[IN_FORCE])


@pytest.mark.parametrize("role", ROLES)
def test_feature_tables_and_exports(users, role):
    client, role = client_of(users, role, "session"), like(role)
    may_export = role in ("reviewer", "surveyor", "administrator")
    for code in LAYERS:
        for version in COUNTS:
            known = may_know(users, role, "session", code, version)
            for query in ("", "&q=图斑", "&class=01", "&sort=-area_m2"):
                answer = client.get(f"/layers/{code}/features/?version={version}{query}")
                expected = 200 if known else 302 if role == "anonymous" else 403 if role == "nobody" else 404
                assert answer.status_code == expected, (code, version)
                if known:
                    wanted = COUNTS[version] // 2 if "class" in query else COUNTS[version]
                    assert answer.context["counted"].number == wanted
                else:
                    assert not tells(answer, code)
            form = {"format": "geojson", "crs": "4490", "encoding": "utf-8", "query": f"version={version}"}
            answer = client.post(f"/layers/{code}/export/", form)
            if known and may_export:
                assert len(json.loads(answer.getvalue())["features"]) == COUNTS[version]
            else:
                assert answer.status_code == (302 if role == "anonymous" else 404 if may_export else 403)
                assert not tells(answer, code)


@pytest.mark.parametrize("role", ["planner", "nobody"])
def test_no_page_of_somebody_without_the_right_tells_of_the_layer(users, role):
    client = client_of(users, role, "session")
    for address in (
        "/layers/",
        "/layers/exports/",
        "/account/tokens/",
        "/layers/GK/features/",
        "/api/v1/layers/",
    ):
        assert not tells(client.get(address), "MI"), address


def test_what_a_token_cannot_reach(users):
    """Everything else stays shut for a program with the strongest token there is."""
    client = client_of(users, "administrator", "whole token")
    for address in (
        "/map/",
        "/projects/",
        "/layers/",
        "/account/tokens/",
        "/layers/GK/features/",
        "/layers/exports/",
    ):
        assert client.get(address).status_code == 302, address
    assert client.post("/layers/GK/export/", {"format": "gpkg"}).status_code == 302
    assert client.get("/api/v1/projects/").status_code == 403


def test_every_ogc_address_is_among_those_asked_here():
    """A new one has to be put to the question."""
    found = {name for name in names(get_resolver()) if name.startswith("ogc:")}
    assert found == {
        "ogc:landing", "ogc:api", "ogc:conformance", "ogc:collections", "ogc:collection", "ogc:queryables", "ogc:items",
        "ogc:item", "ogc:tilejson", "ogc:tilesets", "ogc:tileset", "ogc:tile", "ogc:matrix-sets", "ogc:matrix-set",
    }  # fmt: skip


def tells(answer, code):
    """Whether the body says anything of the layer beside the address that was asked."""
    if answer.status_code in (302, 401, 403, 404):
        text = answer.content.decode()
        return any(word in text for word in ("涉密设施", "密密密", "K0000"))
    if code != "MI":
        return False
    text = answer.getvalue().decode() if answer.streaming else answer.content.decode()
    return any(word in text for word in ("涉密设施", "密密密", "/MI", '"MI"'))
