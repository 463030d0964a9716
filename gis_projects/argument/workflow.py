"""How cases, departmental tasks and opinions move: three tables, which the database keeps too.

The triggers of `migrations/0004_arguments_guarded` refuse every other move; a test holds them against these tables.
"""

from __future__ import annotations

from collections.abc import Mapping

#: From → where a case (论证) may go. A concluded case is taken up again only where what it stands on has changed.
CASE_MOVES: Mapping[str, frozenset[str]] = {
    "open": frozenset({"consulting", "escalated", "concluded", "withdrawn"}),
    "consulting": frozenset({"open", "withdrawn"}),
    "escalated": frozenset({"open", "withdrawn"}),
    "concluded": frozenset({"open"}),
    "withdrawn": frozenset(),
}

#: A department's task. What a superior has decided, what was deemed and what was asked anew stays as it is.
TASK_MOVES: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"approving", "given", "returned", "deemed", "decided", "superseded", "cancelled"}),
    "approving": frozenset({"waiting", "given", "returned", "deemed", "decided", "superseded", "cancelled"}),
    "returned": frozenset({"waiting", "deemed", "decided", "superseded", "cancelled"}),
    "given": frozenset({"approving", "returned", "decided", "superseded", "cancelled"}),
    "deemed": frozenset({"superseded", "cancelled"}),
    "decided": frozenset({"superseded", "cancelled"}),
    "superseded": frozenset(),
    "cancelled": frozenset(),
}

#: An opinion. Its words are fixed from the moment that it is handed in; the three ends are those of the three modes.
OPINION_MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"approving", "approved", "verified", "filed", "dropped"}),
    "approving": frozenset({"approved", "verified", "sent_back", "dropped"}),
    "approved": frozenset(),
    "verified": frozenset(),
    "filed": frozenset(),
    "sent_back": frozenset(),
    "dropped": frozenset(),
}

#: Which end an opinion comes to by the mode of the department's chain: 审批, 核准, 备案.
ENDS: Mapping[str, str] = {"approve": "approved", "verify": "verified", "file": "filed"}

LIVE_CASE = ("open", "consulting", "escalated")
#: A department that still owes its opinion.
OWED = ("waiting", "approving", "returned")
#: A department whose result counts.
SETTLED = ("given", "deemed", "decided")
EFFECTIVE = ("approved", "verified", "filed")
