from tests.api.addresses.visits import EVERYBODY, Address, of_project

ADDRESSES: dict[str, list[Address]] = {
    "disclosure:map": [Address(EVERYBODY)],
    "disclosure:projects": [Address(EVERYBODY)],
    "disclosure:table": [Address(EVERYBODY)],
    "disclosure:outlines": [Address(EVERYBODY)],
    "disclosure:project": [
        Address(EVERYBODY, lambda world: {"slug": world.slug}),
        Address("404 404 404 404 404 404 404", lambda world: {"slug": "nothing-here"}),
    ],
    "disclosure:language": [
        Address("302 302 302 302 302 302 302", lambda world: {"code": "en"}),
        Address("404 404 404 404 404 404 404", lambda world: {"code": "xx"}),
    ],
    "publishing:project": [Address("302 403 200 404 200 403 200", of_project)],
}
