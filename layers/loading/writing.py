"""Batches of a file into a version that is being staged, each in a transaction of its own.

What the processes have to agree on is which of them saw a key first (`layers.loading.claims`); whoever comes later
with the same key writes the feature under a name of ours, and `layers.loading.repeated` decides at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction

from layers import standards
from layers.loading import rows
from layers.loading.claims import Marks, marks
from layers.loading.predecessor import Predecessor, as_hashes
from layers.models import LayerVersion
from layers.notices import Notice
from layers.quality import attributes, findings
from layers.staging import prepare
from layers.table import Table

REPORTED = 1000  # repairs and rejections kept with the version; the counts are always whole


@dataclass(frozen=True)
class Rules:
    """What the attributes of each feature are held against: the layer's standard, and where the file has its fields."""

    standard: str = ""
    class_system: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Written:
    """What one process wrote; `hashes` are of all features that the version has now, one after the other.

    `shared` marks the predecessor's features that the version has too; `closed` counts those that ended because
    another feature has their key now, `waiting` the features whose key isn't decided yet.
    """

    read: int = 0
    inserted: int = 0
    closed: int = 0
    waiting: int = 0
    repaired: int = 0
    rejected: int = 0
    names_cut: int = 0
    details: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"repaired": [], "rejected": []})
    notices: list[Notice] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)  # of a batch each
    shared: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def add(self, other: Written) -> None:
        """Take in what another process wrote."""
        for name in ("read", "inserted", "closed", "waiting", "repaired", "rejected", "names_cut"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, told in other.details.items():
            self.details[kind] = (self.details[kind] + told)[:REPORTED]
        self.notices += other.notices
        self.hashes += other.hashes
        self.shared |= other.shared


class Writer:
    """Writes batches of one version; `name` tells it from the others that do."""

    def __init__(
        self,
        version: LayerVersion,
        predecessor: Predecessor,
        claim: Callable[[Marks], npt.NDArray[np.bool_]],
        rules: Rules,
        *,
        name: str = "",
    ) -> None:
        self._version, self._predecessor, self._claim, self._name = version, predecessor, claim, name
        self._rules, self._standard = rules, standards.get(rules.standard)
        self._shares = len(predecessor) > 0
        self._find = self._found if self._shares else None
        self.written = Written(shared=np.zeros(len(predecessor), dtype=bool))

    def _found(self, hashes: list[bytes]) -> npt.NDArray[np.intp]:
        return self._predecessor.find(as_hashes(hashes))

    def write(self, table: Table, *, offset: int) -> None:
        """Prepare and write the features of one batch, which begins after `offset` others."""
        done, layer, number = self.written, self._version.layer_id, self._version.number
        standard, rules = self._standard, self._rules
        if standard is not None and rules.mapping:
            table = standards.apply(table, rules.mapping, standard)
        prepared = prepare(table, offset=offset, find=self._find)
        content, at = prepared.content, prepared.at
        first = self._claim(marks(content.keys))
        late = np.flatnonzero(~first)
        if (again := at[late] >= 0).any():
            late = np.union1d(late[~again], prepared.test(late[again]))
        faults = [*(r.finding for r in prepared.repaired), *(r.finding for r in prepared.rejected)]
        # what the version before has isn't measured again, unless the standard wants its area
        known = not self._shares and len(content) == len(table)
        faults += attributes.check(
            table, standard, rules.class_system, areas=content.areas if known else None
        )
        hashes = as_hashes(content.hashes)
        new = np.flatnonzero(first & (at < 0))
        with transaction.atomic():
            if len(new):
                fresh = content.take(new) if len(new) < len(content) else content
                if self._shares:
                    done.closed += rows.close(layer, number, fresh.keys)
                rows.write(layer, number, fresh)
            if len(late):
                names = [f"{self._name}.{offset}.{i}" for i in late.tolist()]
                rows.write_open(layer, number, content.take(late), names)
            # last, as it holds the version's row until the end of the transaction
            findings.write(self._version, faults)
        done.shared[at[first & (at >= 0)]] = True
        done.hashes.append(hashes[first].tobytes())
        done.read += len(table)
        done.inserted += len(new)
        done.waiting += len(late)
        done.repaired += len(prepared.repaired)
        done.rejected += len(prepared.rejected)
        done.names_cut += prepared.names_cut
        told = done.details
        told["repaired"] += [asdict(r) for r in prepared.repaired[: REPORTED - len(told["repaired"])]]
        told["rejected"] += [asdict(r) for r in prepared.rejected[: REPORTED - len(told["rejected"])]]
