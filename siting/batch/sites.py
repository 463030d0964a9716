"""The sites of a batch: one feature of a file each, read in confinement; a row that can't be used is told, not lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from layers.notices import Refused
from layers.reading import DeclaredFeatures, read_features
from siting.checks import known_facts
from siting.engine.batch import SiteTask
from siting.engine.boundary import DeclaredBoundary
from siting.engine.notices import Notice, UnusableInput
from siting.formats.answers import Answers
from siting.formats.crs_text import epsg_of
from siting.formats.features import place
from siting.formats.opened import plots_of, text_of, unusable
from siting.formats.remarks import Remarks
from siting.rulebook import PinnedRulebook

#: Columns that name a site, the first that a file has; without one its features are numbered.
ID_COLUMNS = ("site_id", "site", "BSM", "XMBH", "XMDM", "DKBH", "项目编号", "地块编号", "编号", "id")
MAX_ID = 200
_SHAPEFILE_NAME = 10


@dataclass(frozen=True)
class BadRow:
    """A feature that is no usable site: its number in the file (from 1), its id where it has one, and why."""

    number: int
    id: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class SitesFile:
    """What a file of sites holds: every feature is either a task or a bad row.

    ``id_column`` is None where the features were numbered; ``notices`` are about the file as a whole.
    """

    tasks: tuple[SiteTask, ...]
    bad: tuple[BadRow, ...]
    id_column: str | None
    notices: tuple[Notice, ...]


def read_sites(
    path: Path,
    rulebook: PinnedRulebook,
    *,
    facts: Mapping[str, object],
    id_column: str | None = None,
    layer: str | None = None,
    epsg: int | None = None,
) -> SitesFile:
    """Read a file of sites: GeoPackage, zipped shapefile, GeoJSON, GeoParquet or whatever else the reader takes.

    Parameters
    ----------
    path
        The file; what it is is told by its content.
    rulebook
        Its questions: a column that is called like one of them answers it for each site.
    facts
        What holds for all sites; a column's value goes before it.
    id_column
        The column that names each site; by default the first of `ID_COLUMNS` that the file has.
    layer
        Which layer, where the file has several.
    epsg
        Coordinate system of a file that declares none.

    Raises
    ------
    UnusableInput
        The file as a whole: no format read here, no features, no such column, another coordinate system.
    """
    try:
        features = read_features(path, keep_crs=True, layer_name=layer)
    except Refused as refusal:
        raise unusable(refusal) from refusal
    code = epsg_of(features.crs) if features.crs else epsg
    column = _id_column(features, id_column)
    if len(features.geometries) == 0:
        raise UnusableInput(Notice("no-sites", "文件里没有要素"))
    ids = _ids(features, column)
    repeated = _repeated(ids)
    asked = _fact_columns(features, [fact["name"] for fact in rulebook.facts])
    tasks: list[SiteTask] = []
    bad: list[BadRow] = []
    for row, name in enumerate(ids):
        try:
            _usable(name, repeated)
            declared = _declared(features, row, code)
            own = {fact: text_of(features.columns[name][row]) for fact, name in asked.items()}
            said = {**facts, **{fact: value for fact, value in own.items() if value}}
            known = known_facts(rulebook, declared, said)
        except UnusableInput as refusal:
            bad.append(BadRow(row + 1, name, refusal.notices))
            continue
        tasks.append(SiteTask(name, row + 1, declared, known))
    return SitesFile(tuple(tasks), tuple(bad), column, _carried(features))


def _id_column(features: DeclaredFeatures, asked: str | None) -> str | None:
    if asked is None:
        return next((name for name in ID_COLUMNS if name in features.columns), None)
    if asked not in features.columns:
        raise UnusableInput(
            Notice(
                "id-column-missing",
                "文件没有名为“%(column)s”的字段；有：%(columns)s",
                {"column": asked, "columns": "、".join(features.columns) or "（无）"},
                field="id",
            )
        )
    return asked


def _fact_columns(features: DeclaredFeatures, facts: list[str]) -> dict[str, str]:
    """The columns that answer a question, by the fact's name. A shapefile has room for its first ten characters."""
    columns = {}
    for fact in facts:
        short = fact[:_SHAPEFILE_NAME]
        alone = sum(other.startswith(short) for other in facts) == 1
        if fact in features.columns:
            columns[fact] = fact
        elif alone and short in features.columns:
            columns[fact] = short
    return dict(sorted(columns.items()))


def _ids(features: DeclaredFeatures, column: str | None) -> list[str]:
    if column is None:
        return [str(number) for number in range(1, len(features.geometries) + 1)]
    values: npt.NDArray[Any] = features.columns[column]
    return [text_of(value) for value in values]


def _repeated(ids: list[str]) -> dict[str, list[int]]:
    """Ids of more than one feature, with the features' numbers."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(ids, start=1):
        numbers[name].append(number)
    return {name: found for name, found in numbers.items() if len(found) > 1}


def _usable(name: str, repeated: Mapping[str, list[int]]) -> None:
    if not name:
        raise UnusableInput(Notice("id-empty", "没有地块编号"))
    if len(name) > MAX_ID:
        raise UnusableInput(Notice("id-too-long", "地块编号超过 %(limit)s 个字符", {"limit": MAX_ID}))
    if name in repeated:
        numbers = repeated[name]
        shown = "、".join(map(str, numbers[:10])) + ("…" if len(numbers) > 10 else "")
        raise UnusableInput(
            Notice(
                "id-repeated",
                "编号“%(id)s”在文件中不止一次（第 %(numbers)s 个要素）：同一地块的各部分应合为一个要素",
                {"id": name, "numbers": shown},
            )
        )


def _declared(features: DeclaredFeatures, row: int, epsg: int | None) -> DeclaredBoundary:
    """One feature as the boundary that it declares, alone: what is wrong with another doesn't concern it."""
    remarks = Remarks()
    own = slice(row, row + 1)
    columns = {name: np.asarray(values[own]) for name, values in features.columns.items()}
    plots, _ = plots_of(features.geometries[own], columns, remarks, Answers())
    crs, placed = place(plots, epsg, remarks)
    return DeclaredBoundary(plots=placed, crs=crs, header={}, format="batch", notices=remarks.notices())


def _carried(features: DeclaredFeatures) -> tuple[Notice, ...]:
    return tuple(
        Notice(notice.code, notice.template, notice.params, notice.line, notice.field, notice.place)
        for notice in features.notices
    )
