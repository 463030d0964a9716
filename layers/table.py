"""A table of features in memory: what a reader or a generator hands to the loader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from layers.notices import Notice

KEY_FIELDS = ("key", "BSM", "bsm", "Bsm")
CLASS_FIELDS = ("class_code", "class", "DLBM", "dlbm", "GHFQDM", "GHDLBM", "LBDM")
NAME_FIELDS = ("name", "NAME", "DLMC", "dlmc", "GHFQMC", "XZQMC", "HHMC", "MC", "名称")


def _texts(values: Any, length: int) -> npt.NDArray[np.object_]:
    if values is None:
        return np.full(length, "", dtype=object)
    result = np.empty(length, dtype=object)
    result[:] = [
        value.strip() if type(value) is str and "\x00" not in value else _text(value) for value in values
    ]
    return result


def _text(value: Any) -> str:
    if value is None or value != value:  # NaN is what a missing number reads as
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value).replace("\x00", "").strip()


@dataclass(frozen=True)
class Table:
    """Features as columns of equal length; geometries in EPSG:4490 longitude/latitude degrees.

    Parameters
    ----------
    geometries
        shapely geometries; None and empty ones are rejected by the loader, one by one.
    keys
        Stable keys; where absent or empty the loader derives one from the content.
    class_codes, names
        Empty where the layer has none.
    attributes
        Columns by name, or one mapping per feature.
    source_name, source_sha256, source_crs, source_date
        Where it is from.
    notices
        What the reader has to say about it.
    """

    geometries: npt.NDArray[np.object_]
    keys: npt.NDArray[np.object_] | Sequence[str] | None = None
    class_codes: npt.NDArray[np.object_] | Sequence[str] | None = None
    names: npt.NDArray[np.object_] | Sequence[str] | None = None
    attributes: Mapping[str, npt.NDArray[Any]] | Sequence[Mapping[str, Any]] = field(default_factory=dict)
    source_name: str = ""
    source_sha256: str = ""
    source_crs: str = "EPSG:4490"
    source_date: date | None = None
    notices: tuple[Notice, ...] = ()

    def __post_init__(self) -> None:
        geometries = np.empty(len(self.geometries), dtype=object)
        geometries[:] = self.geometries
        object.__setattr__(self, "geometries", geometries)
        for name in ("keys", "class_codes", "names"):
            values = getattr(self, name)
            if values is not None and len(values) != len(geometries):
                raise ValueError(f"{name} has {len(values)} entries for {len(geometries)} geometries")
            object.__setattr__(self, name, _texts(values, len(geometries)))
        if isinstance(self.attributes, Mapping):
            columns = {str(name): np.asarray(values) for name, values in self.attributes.items()}
            for column_name, column in columns.items():
                if len(column) != len(geometries):
                    raise ValueError(
                        f"column {column_name} has {len(column)} entries for {len(geometries)} geometries"
                    )
            object.__setattr__(self, "attributes", columns)
        elif len(self.attributes) != len(geometries):
            raise ValueError(f"{len(self.attributes)} attribute rows for {len(geometries)} geometries")

    def __len__(self) -> int:
        return len(self.geometries)


def from_columns(
    columns: Mapping[str, npt.NDArray[Any]], geometries: npt.NDArray[np.object_], **source: Any
) -> Table:
    """A table whose key, class and name are found among the columns by the survey's field names."""

    def first(names: tuple[str, ...]) -> Any:
        return next((columns[name] for name in names if name in columns), None)

    own = {"key", "class_code", "class", "name"}
    return Table(
        geometries=geometries,
        keys=first(KEY_FIELDS),
        class_codes=first(CLASS_FIELDS),
        names=first(NAME_FIELDS),
        attributes={name: values for name, values in columns.items() if name not in own},
        **source,
    )
