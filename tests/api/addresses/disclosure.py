from tests.api.addresses.visits import EVERYBODY, Address

ADDRESSES: dict[str, list[Address]] = {
    "disclosure:map": [Address(EVERYBODY)],
    "disclosure:projects": [Address(EVERYBODY)],
    "disclosure:table": [Address(EVERYBODY)],
    "disclosure:outlines": [Address(EVERYBODY)],
    "disclosure:project": [
        Address(EVERYBODY, lambda world: {"slug": world.slug}),
        Address("404 404 404 404 404 404 404", lambda world: {"slug": "nothing-here"}),
    ],
    "disclosure:project_list": [Address(EVERYBODY)],
    "disclosure:list_part": [Address(EVERYBODY)],
    "disclosure:search": [Address(EVERYBODY)],
    "disclosure:tile": [
        Address(EVERYBODY, lambda world: {"z": 8, "x": 206, "y": 96}),
        Address("404 404 404 404 404 404 404", lambda world: {"z": 2, "x": 4, "y": 0}),
    ],
    "disclosure:statistics": [Address(EVERYBODY)],
    "disclosure:statistics_table": [
        Address(EVERYBODY, lambda world: {"sort": "region"}),
        Address("404 404 404 404 404 404 404", lambda world: {"sort": "owner"}),
    ],
    "disclosure:media": [
        Address("404 404 404 404 404 404 404", lambda world: {"name": "nothing-here.jpg"}),
    ],
    "disclosure:manifest": [Address(EVERYBODY)],
    "disclosure:worker": [Address(EVERYBODY)],
    "disclosure:offline": [Address(EVERYBODY)],
    "disclosure:changes": [Address(EVERYBODY)],
    "disclosure:language": [
        Address("302 302 302 302 302 302 302", lambda world: {"code": "en"}),
        Address("404 404 404 404 404 404 404", lambda world: {"code": "xx"}),
    ],
}
