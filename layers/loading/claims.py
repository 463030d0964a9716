"""Which keys a file has had so far: eight bytes of each, whatever its length."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Marks = npt.NDArray[np.uint64]
_FIRST_SLOTS = 1 << 12


def marks(keys: Sequence[str]) -> Marks:
    """One number per key. Two keys may share one: then the second is looked at again, and that is all."""
    digests = b"".join([blake2b(key.encode(), digest_size=8).digest() for key in keys])
    return np.maximum(np.frombuffer(digests, dtype="<u8"), np.uint64(1)).astype(np.uint64)


class Claims:
    """A hash table with open addressing; a batch of marks at a time."""

    def __init__(self) -> None:
        self._slots = np.zeros(_FIRST_SLOTS, dtype=np.uint64)
        self._count = 0

    def claim(self, batch: Marks) -> npt.NDArray[np.bool_]:
        """Which of these are the first of their kind. Those are known from now on."""
        unique, first = np.unique(batch, return_index=True)
        while (self._count + len(unique)) * 2 > len(self._slots):
            self._grow()
        fresh = self._insert(unique)
        self._count += int(fresh.sum())
        result = np.zeros(len(batch), dtype=bool)
        result[first[fresh]] = True
        return result

    def _grow(self) -> None:
        known = self._slots[self._slots > 0]
        self._slots = np.zeros(len(self._slots) * 4, dtype=np.uint64)
        self._insert(known)

    def _insert(self, unique: Marks) -> npt.NDArray[np.bool_]:
        mask = np.uint64(len(self._slots) - 1)
        slot = unique & mask  # a mark is a hash already
        fresh = np.zeros(len(unique), dtype=bool)
        pending = np.arange(len(unique))
        while len(pending):
            there = self._slots[slot[pending]]
            empty = pending[there == 0]
            self._slots[slot[empty]] = unique[empty]  # where two want one slot, the last has it
            won = self._slots[slot[empty]] == unique[empty]
            fresh[empty[won]] = True
            others = (there != 0) & (there != unique[pending])
            pending = np.concatenate((pending[others], empty[~won]))
            slot[pending] = (slot[pending] + np.uint64(1)) & mask
        return fresh
