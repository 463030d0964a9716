"""Which answers a change can touch, and the proof for all others that nothing they stand on changed.

An answer is computed from the site's outline and facts, the rules, and of every layer version: its features where the
rules look, its coverage there, the meaning of its classes; of a raster the cells around the site. Each of these is
held against what it would be now. A site is *affected* as soon as any of it may differ where the site looks, and as
soon as a rule of a changed layer was unanswered. For the rest the statements say what was compared:

- ``layer``: ``from`` and ``to`` (number and root hash), ``reach_m`` (how far beyond the outline the rules look),
  ``fields`` (attributes that rules read), ``features`` (how many differ in what is read) and ``difference`` (SHA-256
  over their sorted marks, `layers.changes.places`), ``cells`` of a raster (how many blocks differ), ``coverage``
  (whether it differs anywhere). None of these places is within reach of a site that the proof is about.
  A layer of which nothing is in force any more has ``to`` null, and touches every site.
- ``rules``: codes ``added``, ``removed`` and ``changed``, and those ``evaluated`` alone: for a site that the proof is
  about, each was clear (or wasn't there) and is clear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from layers.changes import places
from layers.queries import PinnedVersion
from siting.checks import PRESENT_LAND_LAYER
from siting.engine.rules import RuleSpec
from siting.engine.verdict import Outcome
from siting.revalidation.neighbourhood import Mask, Objects, Outlines
from siting.revalidation.standing import Standing
from siting.rulebook import PinnedRulebook, still_asked
from siting.rulebook.comparison import changes

#: Evaluates rules alone: the sites (positions), the rulebook cut down to them, the versions that they ask → how each
#: site ended, in the order of the positions; None where it couldn't be evaluated.
Evaluate = Callable[
    [Sequence[int], PinnedRulebook, Mapping[str, PinnedVersion]], Iterator[Sequence[Outcome] | None]
]


_DECLARED = "intended_use"  # the fact that the plots of a boundary's file may answer (siting.checks)


@dataclass(frozen=True)
class Answers:
    """Answers that stand on one footing, as columns of equal length.

    ``outlines`` are shapely (multi)polygons, EPSG:4490; the others as in `siting.models.CurrentAnswer`.
    """

    sites: Sequence[int]
    outlines: Objects
    facts: Sequence[Mapping[str, str]]
    concerned: Sequence[Sequence[str]]
    open: Sequence[Sequence[str]]
    rules: Sequence[Sequence[str]]


def affected(
    answers: Answers, before: Standing, after: Standing, evaluate: Evaluate
) -> tuple[Mask, list[dict[str, Any]]]:
    """Say which answers on one footing may not hold on another, and what was compared to know it of the rest.

    Returns
    -------
    mask : bool array, one per answer
    statements : list of JSON-ready dict
    """
    mask = np.zeros(len(answers.sites), dtype=bool)
    outlines = Outlines(answers.outlines)
    statements = []
    still_asked_of = {PRESENT_LAND_LAYER, *(rule.layer for rule in after.rulebook.rules)}
    for code in sorted({*before.versions, *after.versions}):
        new, old = after.versions.get(code), before.versions.get(code)
        if new is None:
            # Who is asked about it has no answer there; where no rule asks any more, that is the rules' difference.
            if code in still_asked_of:
                mask[:] = True
                statements.append({"kind": "layer", "layer": code, "to": None})
            continue
        if old is not None and (old.version_id, old.root_hash) == (new.version_id, new.root_hash):
            continue
        asking = [rule for rule in (*before.rulebook.rules, *after.rulebook.rules) if rule.layer == code]
        found, statement = _layer(answers, outlines, old, new, asking)
        mask |= found
        statements.append(statement)
    if before.footing.rules != after.footing.rules or before.rulebook.sha256 != after.rulebook.sha256:
        found, statement = _rules(answers, mask, before, after, evaluate)
        mask |= found
        statements.append(statement)
    assert statements, f"nothing differs between {before.footing} and {after.footing}"
    return mask, statements


# --- layers ---------------------------------------------------------------------------------------


def _layer(
    answers: Answers,
    outlines: Outlines,
    old: PinnedVersion | None,
    new: PinnedVersion,
    rules: Sequence[RuleSpec],
) -> tuple[Mask, dict[str, Any]]:
    """Whom another version of a layer can touch."""
    reach = max((rule.reach_m for rule in rules), default=0.0)
    fields = sorted({field for rule in rules for field in rule.fields})
    statement: dict[str, Any] = {
        "kind": "layer",
        "layer": new.layer,
        "from": None if old is None else {"version": old.number, "root_hash": old.root_hash},
        "to": {"version": new.number, "root_hash": new.root_hash},
        "reach_m": reach,
        "fields": fields,
    }
    # What the version is called stands in the reasons of unanswered rules; and its next one may answer them.
    mask = _having(answers.open, new.layer)
    if old is None:
        return mask, statement
    if (old.kind, old.non_overlapping) != (new.kind, new.non_overlapping):
        return np.ones_like(mask), statement | {"non_overlapping": False}
    if (old.class_system, dict(old.class_names)) != (new.class_system, dict(new.class_names)):
        statement["classes"] = "renamed"
        mask |= _having(answers.concerned, new.layer)
        if new.layer == PRESENT_LAND_LAYER:
            mask[:] = True
    touched, said = (
        _cells(answers, old, new) if new.kind == "raster" else _features(outlines, old, new, reach, fields)
    )
    mask |= touched
    difference = places.coverage(old, new)
    if difference is not None:
        mask |= outlines.looking_at(difference, reach)
    return mask, statement | said | {"coverage": "same" if difference is None else "apart"}


def _having(columns: Sequence[Sequence[str]], name: str) -> Mask:
    return np.fromiter((name in column for column in columns), dtype=bool, count=len(columns))


def _features(
    outlines: Outlines, old: PinnedVersion, new: PinnedVersion, reach: float, fields: Sequence[str]
) -> tuple[Mask, dict[str, Any]]:
    mask = np.zeros(len(outlines.geometries), dtype=bool)
    marks: list[bytes] = []
    for part in places.features(old, new, fields):
        marks += part.marks
        mask |= outlines.near(part.geometries, reach) if reach > 0 else outlines.on(part.geometries)
    digest = hashlib.sha256(b"".join(sorted(marks))).hexdigest()
    return mask, {"features": len(marks), "difference": digest}


def _cells(answers: Answers, old: PinnedVersion, new: PinnedVersion) -> tuple[Mask, dict[str, Any]]:
    cells = places.cells(old, new)
    if cells is None:
        return np.ones(len(answers.sites), dtype=bool), {"cells": None}
    return cells.touched(answers.outlines), {"cells": int(cells.differing.sum())}


# --- rules ----------------------------------------------------------------------------------------


def _rules(
    answers: Answers, known: Mask, before: Standing, after: Standing, evaluate: Evaluate
) -> tuple[Mask, dict[str, Any]]:
    """Whom other rules can touch: those whom a gone one concerned, and those of whom a new one isn't simply clear."""
    difference = changes(before.rulebook, after.rulebook)
    gone = {*difference.removed, *difference.changed}
    mask = np.fromiter((not gone.isdisjoint(rules) for rules in answers.rules), dtype=bool, count=len(known))
    mask |= _asked_otherwise(answers, before.rulebook, after.rulebook)
    # Other words alone leave clear what was clear; of removed ones nothing is left to be evaluated.
    codes = set(difference.answering) - set(difference.removed)
    alone = tuple(rule for rule in after.rulebook.rules if rule.code in codes)
    remaining = np.flatnonzero(~mask & ~known).tolist()
    if alone and remaining:
        cut = replace(after.rulebook, rules=alone)
        asked = {code: version for code, version in after.versions.items() if code in cut.layers}
        for position, outcomes in zip(remaining, evaluate(remaining, cut, asked), strict=True):
            mask[position] = outcomes is None or any(outcome is not Outcome.CLEAR for outcome in outcomes)
    return mask, {
        "kind": "rules",
        "from": {
            "code": before.rulebook.code,
            "version": before.rulebook.version,
            "sha256": before.rulebook.sha256,
        },
        "to": {
            "code": after.rulebook.code,
            "version": after.rulebook.version,
            "sha256": after.rulebook.sha256,
        },
        "added": list(difference.added),
        "removed": list(difference.removed),
        "changed": list(difference.changed),
        "evaluated": [rule.code for rule in alone],
    }


def _asked_otherwise(answers: Answers, before: PinnedRulebook, after: PinnedRulebook) -> Mask:
    """Whose facts are other ones under the new rulebook's questions."""
    old, new = ({fact["name"]: fact for fact in rulebook.facts} for rulebook in (before, after))
    shared = [name for name in new if name in old]
    if shared != [name for name in old if name in new] or any(old[name] != new[name] for name in shared):
        return np.ones(
            len(answers.sites), dtype=bool
        )  # the order and the words of questions stand in answers
    if len(shared) == len(old) == len(new):
        return np.zeros(len(answers.sites), dtype=bool)
    return np.fromiter(
        (still_asked(before, facts) != still_asked(after, facts) for facts in answers.facts),
        dtype=bool,
        count=len(answers.sites),
    )
