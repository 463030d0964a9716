"""DXF: closed lines → polygons, by CAD layer, and what isn't a closed line is counted; or the drawing as it is."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from .blocks import unfolded
from .bounds import refuse
from .gdal import Gdal
from .sources import MAX_LAYERS, Batch, Head, Opened, without_first

ALL = "*"  # no CAD layer can have this name
_LAYER = "Layer"
_MOST_SMALL = 100_000
_KEPT = (_LAYER, "EntityHandle", "Text")
_KEPT_WHOLE = (*_KEPT, "SubClasses")


class Cad(Gdal):
    """A DXF drawing: its CAD layers with closed lines are its layers, and all of them together is one more."""

    def __init__(self, task: dict[str, Any]) -> None:
        super().__init__(task)
        self._heads: dict[str, Head] = {}
        self._left = 0
        self._scanned = False
        self._whole = bool(task.get("whole_drawing"))
        # an entity of its own takes dozens of bytes; blocks and grids of blocks repeat what they hold
        self._most = max(_MOST_SMALL, os.path.getsize(self.path) // 8)
        if unfolded(self.path, self._most) > self._most:
            refuse("cad-expands", limit=self._most)
        if not self._whole:
            self._scan()
        self._scanned = True

    def _scan(self) -> None:
        for columns, wkb in self._polygons():
            boxes = shapely.bounds(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False)))
            layers = np.array(columns[0].to_pylist(), dtype=object)
            for name in dict.fromkeys(layers.tolist()):
                if name not in self._heads and len(self._heads) > MAX_LAYERS:
                    continue
                own = boxes[layers == name]
                head = self._heads.setdefault(name, Head(name, "Polygon", 0))
                box = (*own[:, :2].min(axis=0), *own[:, 2:].max(axis=0))
                if head.bounds is not None:
                    box = (*np.minimum(box[:2], head.bounds[:2]), *np.maximum(box[2:], head.bounds[2:]))
                head.bounds = tuple(map(float, box))  # type: ignore[assignment]
                head.count = (head.count or 0) + len(own)
        if self._left:
            self.notices.append({"code": "cad-left-out", "params": {"count": self._left}})

    def names(self) -> list[str]:
        if self._whole:
            return [ALL]
        found = list(self._heads)
        return [*found, ALL] if len(found) > 1 else found

    def open(self, name: str, *, skip: int, size: int) -> Opened:
        """One CAD layer, or all of them."""
        fields = [(field, pa.string()) for field in (_KEPT_WHOLE if self._whole else _KEPT)]
        if self._whole:
            return Opened(Head(ALL), fields, without_first(self._entities(size), skip))
        if name == ALL:
            boxes = np.array([head.bounds for head in self._heads.values()])
            head = Head(
                ALL, "Polygon", sum(head.count or 0 for head in self._heads.values()),
                bounds=(*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()),
            )  # fmt: skip
        else:
            head = self._heads[name]
        return Opened(
            head, fields,
            without_first(self._polygons(None if name == ALL else name, size), skip),
        )  # fmt: skip

    def _entities(self, size: int) -> Iterator[Batch]:
        """Everything in model space, whatever it is."""
        entities = 0
        opened = super().open("entities", skip=0, size=size)
        at = {name: i for i, (name, _) in enumerate(opened.fields)}
        for columns, wkb in opened.batches:
            entities += len(wkb)
            if entities > self._most:
                refuse("cad-expands", limit=self._most)
            paper = columns[at["PaperSpace"]].fill_null(False).to_numpy(zero_copy_only=False) != 0
            mask = pa.array(~paper)
            yield [columns[at[name]].filter(mask) for name in _KEPT_WHOLE], wkb.filter(mask)

    def _polygons(self, layer: str | None = None, size: int = 5_000) -> Iterator[Batch]:
        counting = not self._scanned
        entities = 0
        opened = super().open("entities", skip=0, size=size)
        at = {name: i for i, (name, _) in enumerate(opened.fields)}
        for columns, wkb in opened.batches:
            entities += len(wkb)
            if entities > self._most:
                refuse("cad-expands", limit=self._most)
            shapes = np.asarray(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore"))
            kinds = shapely.get_type_id(shapes)
            lines = kinds == 1
            lines[lines] = shapely.is_closed(shapes[lines]) & (shapely.get_num_coordinates(shapes[lines]) > 3)
            lines &= columns[at["PaperSpace"]].fill_null(False).to_numpy(zero_copy_only=False) == 0
            if counting:
                self._left += int((~lines).sum())
            if layer is not None:
                lines &= np.array(columns[at[_LAYER]].to_pylist(), dtype=object) == layer
            if not lines.any():
                continue
            made = shapely.to_wkb(shapely.polygons(shapely.linearrings(
                shapely.get_coordinates(shapes[lines]),
                indices=np.repeat(np.arange(lines.sum()), shapely.get_num_coordinates(shapes[lines])),
            )))  # fmt: skip
            mask = pa.array(lines)
            yield [columns[at[name]].filter(mask) for name in _KEPT], pa.array(made, pa.binary())
