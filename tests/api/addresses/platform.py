from tests.api.addresses.visits import API_SIGNED_IN, EVERYBODY, SIGNED_IN, WITH_ROLE, Address

ADDRESSES: dict[str, list[Address]] = {
    "health": [Address(EVERYBODY)],
    "set_language": [
        Address("302 302 302 302 302 302 302", method="post", query=lambda world: {"language": "zh-hans"})
    ],
    "api": [Address(SIGNED_IN)],
    "schema": [Address(API_SIGNED_IN)],
    "people:login": [Address("200 302 302 302 302 302 302")],
    "people:password": [Address(SIGNED_IN)],
    "people:logout": [
        Address("405 405 405 405 405 405 405"),
        Address("302 302 302 302 302 302 302", method="post"),
    ],
    "people:tokens": [Address(WITH_ROLE), Address("302 403 400 400 400 400 400", method="post")],
    "people:revoke-token": [
        Address("302 404 404 404 404 404 404", lambda world: {"pk": 10**9}, method="post")
    ],
}
