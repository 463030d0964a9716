"""The second table: which permission each address asks for, and about what.

From it the answer for every role in every relation to the project is computed, and held against the real one
(`test_every_role.py`). The seven columns of ``ADDRESSES`` stay as they are; the codes of refusals are taken from them.

A room's module has ``POLICY`` beside ``ADDRESSES``: for each address one `Policy` for all its entries, or a list with
one for each entry. An address without one fails the test.

>>> POLICY = {
...     # asked about nothing: 200, or 403 without the permission
...     "library:projects": Policy(P.READ_PROJECTS),
...     # one for each entry: the project, a confidential one (404 for who may not read such)
...     "library:project": [Policy(P.READ_PROJECTS, "project"), Policy(P.READ_PROJECTS, "project", unless=SECRET)],
...     # 404 for who can't reach it by READ_SITES, 403 for who can but may not edit
...     "sites:edit": Policy(P.EDIT_SITES, "project", reading=P.READ_SITES),
...     # read by whoever reads the project (else 404), done by the department that the task is routed to (else 403)
...     "argument:opinion": Policy(P.GIVE_OPINIONS, "task", reading=P.READ_ARGUMENTS, read_of="project"),
...     "health": OPEN,
... }

The code of who may is what the administrator gets at the world as it was made: every visit is rolled back. So an
address that only a person of the own unit or department may use (not the administrator) says what they get:
``granted=200``.

Who reaches what (``of``) stands in `REACHES`; a room adds what it hands out (``task``, ``unit``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gis_projects.people.roles import ROLES, Permission, Role
from tests.api.addresses.visits import VISITORS, Address

#: Column of the seven that says what somebody without the permission gets, and somebody out of reach.
WITHOUT, OUT_OF_REACH = VISITORS.index("somebody"), VISITORS.index("elsewhere")

#: How a visitor stands to the project in 九原区 (150207), and what of it they reach so.
REACHES: dict[str, frozenset[str]] = {
    # ``entry``: bringing the project into the libraries is for its unit and for departments that enter its kind
    # of a unit: the project is theirs, or another unit's
    "own unit": frozenset({"project", "unit", "review", "entry"}),
    "other unit": frozenset(),
    # of a department: the one of 九原区 that a task was routed to; another one there; one of 东河区; the region's above
    "own department": frozenset({"project", "task", "region", "review", "entry"}),
    "other department": frozenset({"project", "region", "review"}),
    "other region": frozenset(),
    "superior": frozenset({"project", "region", "review", "city", "entry"}),
    # from outside
    "engaged": frozenset({"project", "engagement"}),
    "engagement ended": frozenset(),
}
DEPARTMENTAL = ("own department", "other department", "other region", "superior")
RELATIONS: dict[Role, tuple[str, ...]] = {
    Role.OWNER: ("own unit", "other unit"),
    Role.UNIT_ADMIN: ("own unit", "other unit"),
    Role.INTERMEDIARY: ("engaged", "engagement ended"),
    Role.EXPERT: ("engaged", "engagement ended"),
    Role.JOINT: ("engaged", "engagement ended"),
}


@dataclass(frozen=True)
class Visitor:
    """Somebody of one role in one relation to the project."""

    role: Role
    relation: str

    def __str__(self) -> str:
        return f"{self.role} ({self.relation})"

    def has(self, permission: Permission) -> bool:
        return permission in ROLES[self.role]


VISITORS_BY_RELATION = tuple(
    Visitor(role, relation) for role in Role for relation in RELATIONS.get(role, DEPARTMENTAL)
)


@dataclass(frozen=True)
class Policy:
    """What an address asks.

    Parameters
    ----------
    asks
        The permission, or several of which one is enough. None: nothing, not even a sign-in.
    of
        What the permission is asked about, a word of `REACHES`; empty: about nothing.
    reading
        What lets one know that it is there, if that is another permission: without that 404, with it 403.
    read_of
        What ``reading`` is asked about, where it is not what ``asks`` is (the project of a task).
    unless
        Hidden (404) unless one has one of these: `SECRET` for what is confidential.
    personal
        It belongs to one person who is none of these visitors, or there is no such thing: nobody finds it.
    granted
        The code of who may, where the administrator is not one of them.
    anywhere
        Roles to whom it is enough to reach what it is read of: they needn't reach ``of``.
    """

    asks: Permission | Collection[Permission] | None
    of: str = ""
    reading: Permission | None = None
    read_of: str = ""
    unless: Collection[Permission] = ()
    personal: bool = False
    granted: int | None = None
    anywhere: Collection[Role] = ()

    def expected(self, visitor: Visitor, entry: Address, administrator: int) -> int:
        """The code that the visitor should get, given what the administrator gets."""
        codes = entry.codes()
        granted = self.granted or administrator
        if self.asks is None:
            return granted
        asked = self._asked()
        if self.lacks(visitor):
            return codes[WITHOUT]
        reaches = REACHES[visitor.relation]
        known_of = self.read_of or self.of
        unread = codes[OUT_OF_REACH] if codes[OUT_OF_REACH] >= 400 else 404
        if self.personal:
            return 404
        if self.unless and not any(map(visitor.has, self.unless)):
            return unread
        if known_of and known_of not in reaches:
            return unread
        within = not self.of or self.of in reaches or visitor.role in self.anywhere
        if not within or not any(map(visitor.has, asked)):
            return 403
        return granted

    def lacks(self, visitor: Visitor) -> bool:
        """Whether no role of theirs lists what it takes to know of it: then it is no matter how they stand to it."""
        if self.asks is None:
            return False
        known_by = {self.reading} if self.reading else self._asked()
        return not any(map(visitor.has, known_by))

    def _asked(self) -> set[Permission]:
        assert self.asks is not None
        return {self.asks} if isinstance(self.asks, Permission) else set(self.asks)


SECRET = frozenset({Permission.READ_CONFIDENTIAL})
#: Asks nothing, not even a sign-in.
OPEN = Policy(None)


def by_entry(policy: Policy | list[Policy], entries: list[Address]) -> list[Policy]:
    """One policy for each entry of an address."""
    if isinstance(policy, Policy):
        return [policy] * len(entries)
    assert len(policy) == len(entries), "one policy for all entries of an address, or one for each"
    return policy
