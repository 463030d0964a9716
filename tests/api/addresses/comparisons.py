from collections.abc import Callable
from typing import Any

from tests.api.addresses.visits import API_WITH_ROLE, WITH_ROLE, Address, World

CONFIDENTIAL = "302 403 404 404 200 200 200"  # a comparison with a confidential layer
API_CONFIDENTIAL = "403 403 404 404 200 200 200"

EXPORTERS = "302 403 403 403 200 200 200"  # its shapes are the layers'


def of_comparison(**more: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"pk": world.comparison, **more}


def of_secret(**more: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"pk": world.secret_comparison, **more}


def form(layer: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"layer_a": "DLTB", "layer_b": layer}


def handling(world: World) -> dict[str, Any]:
    return {"patches": [{"number": 1, "version": 0}], "note": "待核"}


PLACE = {"z": 14, "x": 13193, "y": 6178}

ADDRESSES: dict[str, list[Address]] = {
    "sites:comparisons": [
        Address(WITH_ROLE),
        Address("302 403 400 400 400 403 400", method="post"),  # two layers have to be named
    ],
    "sites:comparison": [Address(WITH_ROLE, of_comparison()), Address(CONFIDENTIAL, of_secret())],
    "sites:comparison-export": [
        Address(WITH_ROLE, of_comparison(kind="csv")),
        Address(EXPORTERS, of_comparison(kind="gpkg")),
        Address(CONFIDENTIAL, of_secret(kind="xlsx")),
        Address("302 403 404 404 404 404 404", of_comparison(kind="dwg")),
    ],
    "sites:comparison-tile": [
        Address("401 404 200 200 200 200 200", of_comparison(**PLACE)),
        Address("401 404 404 404 200 200 200", of_secret(**PLACE)),
    ],
    "sites:crosswalks": [
        Address(WITH_ROLE),
        Address("302 403 400 400 400 403 400", method="post"),
    ],
    "sites-api:comparisons": [
        Address(API_WITH_ROLE),
        Address("403 403 202 202 202 403 202", method="post", json=form("GHT")),
        Address("403 403 404 404 202 403 202", method="post", json=form("JM")),
    ],
    "sites-api:comparison": [
        Address(API_WITH_ROLE, of_comparison()),
        Address(API_CONFIDENTIAL, of_secret()),
    ],
    "sites-api:comparison-patches": [
        Address(API_WITH_ROLE, of_comparison()),
        Address(API_CONFIDENTIAL, of_secret()),
    ],
    "sites-api:comparison-patch": [
        Address(API_WITH_ROLE, of_comparison(number=1)),
        Address(API_CONFIDENTIAL, of_secret(number=1)),
    ],
    "sites-api:comparison-handling": [
        # no layer of divisions here: patches are the whole city's; the second one comes too late
        Address("403 403 200 409 409 403 409", of_comparison(), method="post", json=handling),
        Address("403 403 404 404 200 403 409", of_secret(), method="post", json=handling),
    ],
    "sites-api:comparison-run": [
        Address(API_CONFIDENTIAL, lambda world: {"pk": world.comparison_run}),
    ],
    "sites-api:crosswalks": [Address(API_WITH_ROLE)],
}
