from tests.api.addresses.visits import (
    API_WITH_ROLE,
    WITH_ROLE,
    Address,
    box,
    export_form,
    of_layer,
    of_layer_version,
    of_upload,
)

ADDRESSES: dict[str, list[Address]] = {
    "atlas:uploads": [Address("302 403 403 403 200 200 200")],
    "atlas:upload": [Address("302 403 403 403 403 200 404", of_upload)],
    "atlas:jobs": [Address(WITH_ROLE)],
    "atlas:version": [
        Address(WITH_ROLE, of_layer_version("DLTB")),
        Address("302 403 404 404 200 200 200", of_layer_version("JM")),  # confidential
        Address("302 403 404 404 200 200 200", of_layer_version("NEU")),  # staged
        Address(
            "302 403 404 404 400 400 400",
            of_layer_version("NEU"),
            lambda world: {"step": "send_back"},
            "post",
        ),
    ],
    "atlas:version-quality": [
        Address(WITH_ROLE, of_layer_version("DLTB", kind="csv")),
        Address("302 403 404 404 200 200 200", of_layer_version("JM", kind="gpkg")),
        Address("302 403 404 404 200 200 200", of_layer_version("NEU", kind="csv")),
        Address("302 403 404 404 404 404 404", of_layer_version("DLTB", kind="exe")),
    ],
    "atlas-api:uploads": [
        Address("403 403 403 403 403 200 200"),
        Address("403 403 403 403 403 400 400", method="post", json=lambda world: {"filename": "a.zip"}),
    ],
    "atlas-api:upload": [
        Address("403 403 403 403 403 200 404", of_upload),
        Address("403 403 403 403 403 200 404", of_upload, method="head"),
        Address("403 403 403 403 403 400 404", of_upload, method="patch", json=lambda world: {}),
    ],
    "atlas-api:upload-answers": [
        Address(
            "403 403 403 403 403 409 404", of_upload, method="post", json=lambda world: {"legal_source": ""}
        )
    ],
    "atlas-api:upload-retry": [
        Address("403 403 403 403 403 409 404", of_upload, method="post", json=lambda world: {})
    ],
    "atlas-api:jobs": [Address(API_WITH_ROLE)],
    "atlas-api:versions": [
        Address(API_WITH_ROLE, lambda world: {"code": "DLTB"}),
        Address(API_WITH_ROLE, lambda world: {"code": "NEU"}),  # none is there for most
        Address("403 403 404 404 200 200 200", lambda world: {"code": "JM"}),
    ],
    "atlas-api:version": [
        Address(API_WITH_ROLE, of_layer_version("DLTB")),
        Address("403 403 404 404 200 200 200", of_layer_version("JM")),
        Address("403 403 404 404 200 200 200", of_layer_version("NEU")),
    ],
    "atlas-api:version-findings": [
        Address(API_WITH_ROLE, of_layer_version("DLTB")),
        Address(API_WITH_ROLE, of_layer_version("DLTB"), box),
        Address("403 403 404 404 200 200 200", of_layer_version("JM")),
        Address("403 403 404 404 200 200 200", of_layer_version("NEU")),
    ],
    "atlas-api:version-send-back": [
        # without a reason
        Address("403 403 404 404 400 400 400", of_layer_version("NEU"), method="post", json=lambda world: {})
    ],
    "atlas-api:version-withdraw": [
        Address(
            "403 403 403 403 400 400 400", of_layer_version("DLTB"), method="post", json=lambda world: {}
        ),
        Address("403 403 404 404 400 400 400", of_layer_version("JM"), method="post", json=lambda world: {}),
    ],
    "atlas-api:version-publish": [
        # the reviewer does; whoever comes after is too late
        Address("403 403 404 404 200 409 409", of_layer_version("NEU"), method="post", json=lambda world: {})
    ],
    "atlas:features": [
        Address(WITH_ROLE, of_layer("DLTB")),
        Address(WITH_ROLE, of_layer("DLTB"), lambda world: {"q": "图斑", "sort": "-area_m2", "version": "1"}),
        Address("302 403 404 404 200 200 200", of_layer("JM")),
    ],
    "atlas:export": [
        Address("302 403 403 403 200 200 200", of_layer("DLTB"), export_form, method="post"),
        Address("302 403 403 403 200 200 200", of_layer("JM"), export_form, method="post"),
    ],
    "atlas:exports": [Address("302 403 403 403 200 200 200")],
    "atlas:export-file": [Address("302 403 403 403 404 404 404", lambda world: {"pk": 10**9})],
    "atlas-api:features": [
        Address(API_WITH_ROLE, of_layer("DLTB")),
        Address("403 403 404 404 200 200 200", of_layer("JM")),
        Address("403 403 400 400 400 400 400", of_layer("DLTB"), lambda world: {"least": "x"}),
    ],
    "atlas-api:exports": [
        Address(
            "403 403 403 403 202 202 202", of_layer("DLTB"), method="post", json=lambda w: {"format": "gpkg"}
        ),
        Address(
            "403 403 403 403 202 202 202", of_layer("JM"), method="post", json=lambda w: {"format": "gpkg"}
        ),
        Address(
            "403 403 403 403 400 400 400", of_layer("DLTB"), method="post", json=lambda w: {"format": "x"}
        ),
    ],
    "atlas-api:export": [Address("403 403 403 403 404 404 404", lambda world: {"pk": 10**9})],
}
