from tests.api.addresses.visits import API_WITH_ROLE, WITH_ROLE, Address, World


def of_rulebook(world: World) -> dict[str, int]:
    return {"pk": world.rulebook}


def of_draft(world: World) -> dict[str, int]:
    return {"pk": world.rulebook_draft}


def of_spare_draft(world: World) -> dict[str, int]:
    return {"pk": world.spare_draft}


def of_publication(world: World) -> dict[str, int]:
    return {"pk": world.rulebook_publication}


def of_trial(world: World) -> dict[str, int]:
    return {"pk": world.rulebook_trial}


ADDRESSES: dict[str, list[Address]] = {
    "sites:rulebooks": [Address(WITH_ROLE)],
    "sites:rulebook": [Address(WITH_ROLE, of_rulebook)],
    "sites:rulebook-file": [Address(WITH_ROLE, of_rulebook)],
    "sites:rulebook-begin-draft": [Address("302 403 302 302 403 403 302", of_rulebook, method="post")],
    "sites:rulebook-draft": [Address(WITH_ROLE, of_draft)],
    "sites:rulebook-draft-file": [Address(WITH_ROLE, of_draft)],
    "sites:rulebook-draft-import": [Address("302 403 400 400 403 403 400", of_draft, method="post")],
    "sites:rulebook-draft-try": [Address("302 403 302 302 403 403 302", of_draft, method="post")],
    "sites:rulebook-draft-propose": [Address("302 403 400 400 403 403 400", of_draft, method="post")],
    "sites:rulebook-draft-discard": [Address("302 403 302 400 403 403 400", of_spare_draft, method="post")],
    "sites:rulebook-decide": [
        Address(
            "302 403 403 403 400 403 400", of_publication, lambda world: {"step": "refuse"}, method="post"
        )
    ],
    # Only the proposer takes it back; afterwards it is settled for everybody.
    "sites:rulebook-withdraw": [Address("302 403 302 400 403 403 400", of_publication, method="post")],
    "sites:rulebook-trial": [
        Address(WITH_ROLE, of_trial),
        Address(WITH_ROLE, of_trial, lambda world: {"format": "csv", "change": "all"}),
    ],
    "sites-api:rulebook-draft": [
        Address(API_WITH_ROLE, of_draft),
        Address("403 403 400 400 403 403 400", of_draft, method="put", json=lambda world: {}),
    ],
    "sites-api:rulebook-trial": [Address(API_WITH_ROLE, of_trial)],
}
