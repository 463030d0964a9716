"""Keys of a file are claimed once, and hashes found again, as a set and a dictionary would."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layers.loading.claims import Claims, marks
from layers.loading.predecessor import Predecessor, as_hashes

batches = st.lists(st.lists(st.integers(0, 60).map(lambda n: f"键{n}"), max_size=30), max_size=6)


@given(batches)
def test_only_the_first_of_a_key_claims_it(batches):
    claims, known = Claims(), set()
    for batch in batches:
        first = claims.claim(marks(batch))
        for key, is_first in zip(batch, first.tolist(), strict=True):
            assert is_first == (key not in known)
            known.add(key)


def test_the_table_grows_and_forgets_nothing():
    claims = Claims()
    keys = [str(i) for i in range(20_000)]
    for begin in range(0, len(keys), 3000):
        assert claims.claim(marks(keys[begin : begin + 3000])).all()
    assert not claims.claim(marks(keys)).any()
    assert claims.claim(marks(["another"])).tolist() == [True]


def test_marks_that_want_one_slot_stand_beside_each_other():
    # the slot is the mark's last bits: these all want the same one
    crowded = np.arange(1, 400, dtype=np.uint64) << np.uint64(32)
    claims = Claims()
    assert claims.claim(crowded).all()
    assert not claims.claim(crowded[::-1]).any()


# hashes that share their first eight bytes are told apart by the others
hashes = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5)).map(lambda p: bytes([p[0]] * 8 + [p[1]] * 24)),
    max_size=40,
)


@given(st.lists(hashes, max_size=1).map(lambda one: list(dict.fromkeys(one[0] if one else []))), hashes)
def test_hashes_are_found_where_they_are(there, asked):
    ids = np.arange(100, 100 + len(there), dtype=np.int64)
    predecessor = Predecessor.unpacked(*Predecessor(as_hashes(there), ids).packed())
    found = predecessor.find(as_hashes(asked))
    by_hash = dict(zip(there, ids.tolist(), strict=True))
    answers = [predecessor.ids[at] if at >= 0 else None for at in found.tolist()]
    assert answers == [by_hash.get(hash_) for hash_ in asked]
