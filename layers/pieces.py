"""Big features are cut once, at publication, so that a check near one end doesn't pay for the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

MAX_VERTICES = 128
_ROUNDS = 60


def is_big(vertices: npt.NDArray[np.int_]) -> npt.NDArray[np.bool_]:
    return vertices > MAX_VERTICES


def cut(geometries: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.intp]]:
    """Halve geometries at the median vertex, along the longer side, until none has more than 128 vertices.

    Parameters
    ----------
    geometries
        Valid shapely geometries, EPSG:4490.

    Returns
    -------
    The pieces (single-part, of their feature's dimension), and for each the position of its feature.
    Together the pieces of a feature are the feature, but for the rounding of the new vertices.
    """
    dimension = shapely.get_dimensions(geometries)
    todo, owner = shapely.get_parts(geometries, return_index=True)
    done: list[npt.NDArray[np.object_]] = []
    done_owner: list[npt.NDArray[np.intp]] = []
    for _ in range(_ROUNDS):
        small = shapely.get_num_coordinates(todo) <= MAX_VERTICES
        done.append(todo[small])
        done_owner.append(owner[small])
        todo, owner = todo[~small], owner[~small]
        if not len(todo):
            break
        west, south, east, north = shapely.bounds(todo).T
        wide = (east - west) >= (north - south)
        xy, index = shapely.get_coordinates(todo, return_index=True)
        along = np.where(wide[index], xy[:, 0], xy[:, 1])
        along = along[np.lexsort((along, index))]
        counts = np.bincount(index)
        at = along[np.cumsum(counts) - counts + counts // 2]
        lower = shapely.box(west, south, np.where(wide, at, east), np.where(wide, north, at))
        upper = shapely.box(np.where(wide, at, west), np.where(wide, south, at), east, north)
        halves = np.concatenate([shapely.intersection(todo, lower), shapely.intersection(todo, upper)])
        halves, of = shapely.get_parts(halves, return_index=True)
        halves, inner = shapely.get_parts(halves, return_index=True)
        owner = np.concatenate([owner, owner])[of[inner]]
        kept = (shapely.get_dimensions(halves) == dimension[owner]) & ~shapely.is_empty(halves)
        todo, owner = halves[kept], owner[kept]
    pieces = np.concatenate([*done, todo])
    owners = np.concatenate([*done_owner, owner])
    order = np.argsort(owners, kind="stable")
    return pieces[order], owners[order]
