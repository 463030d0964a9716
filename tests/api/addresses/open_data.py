from tests.api.addresses.visits import EVERYBODY, Address

NOBODY = "404 404 404 404 404 404 404"

ADDRESSES: dict[str, list[Address]] = {
    "disclosure:open_data": [Address(EVERYBODY)],
    "disclosure:open_data_file": [
        Address(EVERYBODY, lambda world: {"day": "latest", "form": "geojson"}),
        Address(NOBODY, lambda world: {"day": "latest", "form": "shp"}),
    ],
    "disclosure:feeds": [Address(EVERYBODY)],
    "disclosure:feed": [
        Address(EVERYBODY, lambda world: {"name": "projects", "form": "atom"}),
        Address(NOBODY, lambda world: {"name": "people", "form": "atom"}),
    ],
}
