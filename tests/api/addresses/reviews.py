from tests.api.addresses.visits import API_IN_REACH, API_WITH_ROLE, IN_REACH, WITH_ROLE, Address, of_check

NONE = "302 403 404 404 404 404 404"
API_NONE = "403 403 404 404 404 404 404"

ADDRESSES: dict[str, list[Address]] = {
    "sites:reviews": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"state": "all", "whose": "mine", "format": "xlsx"}),
        Address(WITH_ROLE, query=lambda world: {"state": "outdated", "rule": "no-such", "region": "x"}),
    ],
    "sites:review": [
        Address(IN_REACH, of_check),
        Address(NONE, of_check, lambda world: {"against": str(10**9)}),
    ],
    "sites:review-attachment": [Address(NONE, lambda world: {"pk": world.check, "attachment": 10**9})],
    "sites:sign-off": [Address(NONE, of_check)],
    "sites-api:reviews": [
        Address(API_WITH_ROLE),
        Address("403 403 400 400 400 400 400", query=lambda world: {"state": "x"}),
    ],
    "sites-api:review": [Address(API_IN_REACH, of_check)],
    "sites-api:review-marks": [
        Address("403 403 400 404 400 400 400", of_check, method="post", json=lambda world: {}),
        # planners submit and reply; only reviewers speak
        Address(
            "403 403 403 404 201 403 201",
            of_check,
            method="post",
            json=lambda world: {"decision": "opinion", "text": "同意。"},
        ),
        Address(
            "403 403 201 404 403 403 201",
            of_check,
            method="post",
            json=lambda world: {"decision": "submitted"},
        ),
    ],
    "sites-api:review-attachments": [Address("403 403 400 404 400 400 400", of_check, method="post")],
    "sites-api:review-assignment": [
        Address("403 403 403 404 200 403 200", of_check, method="post", json=lambda world: {"take": True})
    ],
    "sites-api:review-sign-off": [
        # of a revision that nobody has seen
        Address("403 403 403 404 409 403 409", of_check, method="post", json=lambda world: {"revision": 999})
    ],
    "sites-api:review-withdrawal": [
        Address(API_NONE, of_check, method="post", json=lambda world: {"reason": "改变意见"})
    ],
    "sites-api:review-verification": [Address(API_IN_REACH, of_check)],
}
