"""What features say of themselves, field by field, for whoever asks for certain fields only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from django.db import connection

#: The texts of the fields ``%(fields)s`` of a row of ``f``, in their order, as one array.
ARRAY_OF_FIELDS = """ARRAY(SELECT f.attributes ->> asked.name
      FROM unnest(%(fields)s::text[]) WITH ORDINALITY AS asked (name, place) ORDER BY asked.place)"""

_SAID = f"SELECT f.id, {ARRAY_OF_FIELDS} FROM layers_feature f WHERE f.id = ANY(%(ids)s)"


def of_features(
    ids: Mapping[str, Sequence[int]], fields: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, npt.NDArray[np.object_]]]:
    """Read some fields of some features. One query for all layers.

    Parameters
    ----------
    ids
        Row ids of features, by any name; a feature may be named twice.
    fields
        By the same names: which fields.

    Returns
    -------
    By name and field: text in the order of the ids (object array), None where a feature says nothing.
    """
    everything = sorted({id_ for some in ids.values() for id_ in some})
    if not everything:
        return {code: {name: np.empty(0, dtype=object) for name in names} for code, names in fields.items()}
    names = sorted({name for some in fields.values() for name in some})
    with connection.cursor() as cursor:
        cursor.execute(_SAID, {"ids": everything, "fields": names})
        said = dict(cursor.fetchall())
    return {
        code: {
            name: np.array([said[id_][names.index(name)] for id_ in ids[code]], dtype=object) for name in some
        }
        for code, some in fields.items()
    }
