"""From features with attributes to plots in a coordinate system that fits them, and back to attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from siting.engine.boundary import Plot
from siting.engine.crs import GEOGRAPHIC, DeclaredCrs
from siting.engine.notices import Notice, UnusableInput
from siting.formats.answers import Answers, zone_of
from siting.formats.axes import Axes, Kind, tell_axes
from siting.formats.coordinate_text.header import parse_area
from siting.formats.limits import MAX_POINTS
from siting.formats.numbering import numbered_rings
from siting.formats.remarks import Remarks

_WGS84 = 4326
_NOTHING = Answers()
_AREA = "地块面积"
_NUMBER = ("地块编号", "DKBH", "编号", "number")
_NAME = ("地块名称", "DKMC", "XMMC", "项目名称", "名称", "name")
_USE = ("地块用途", "DKYT", "用途", "use")
# Only names that tell their unit: a bare 面积 is square metres in one bureau and hectares in the next.
AREA_UNITS = {
    "地块面积(公顷)": "公顷",
    "面积(公顷)": "公顷",
    "面积_公顷": "公顷",
    "area_ha": "公顷",
    "地块面积(平方米)": "平方米",
    "面积(平方米)": "平方米",
    "面积_平方米": "平方米",
    "area_m2": "平方米",
    "面积(亩)": "亩",
    "面积_亩": "亩",
    "area_mu": "亩",
}


def plot_from(rings: list[npt.NDArray[np.float64]], attributes: Mapping[str, str]) -> Plot:
    """Make a plot of open rings and a feature's attributes; names are compared without regard to case."""
    by_name = {_plain(name): value for name, value in attributes.items()}
    return Plot(
        rings=numbered_rings(rings),
        attributes=attributes,
        number=_first(by_name, _NUMBER),
        name=_first(by_name, _NAME),
        use=_first(by_name, _USE),
        declared_area_m2=_declared_area(by_name),
    )


def _plain(name: str) -> str:
    return name.strip().replace("\uff08", "(").replace("\uff09", ")").casefold()


def _first(by_name: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((by_name[name.casefold()] for name in names if by_name.get(name.casefold())), "")


def _declared_area(by_name: Mapping[str, str]) -> float | None:
    for name, unit in AREA_UNITS.items():
        area = parse_area(by_name.get(name, "") + unit)
        if area is not None:
            return area[1]
    return None


def exported(plot: Plot) -> dict[str, str]:
    """Give a plot's attributes with its number, name, use and declared area among them, for a format with columns.

    What the file called them stays; what no attribute says gets the ministry's name.
    """
    attributes = dict(plot.attributes)
    by_name = {_plain(name): value for name, value in attributes.items()}
    for names, value in ((_NUMBER, plot.number), (_NAME, plot.name), (_USE, plot.use)):
        if value and value != _first(by_name, names):
            attributes[next((name for name in names if name in attributes), names[0])] = value
    if plot.declared_area_m2 is not None and not {_AREA, *AREA_UNITS} & attributes.keys():
        attributes["面积_公顷"] = f"{plot.declared_area_m2 / 10_000:.4f}"
    return attributes


def place(
    plots: Sequence[Plot],
    epsg: int | None,
    remarks: Remarks,
    *,
    answers: Answers = _NOTHING,
    ask: str | None = None,
) -> tuple[DeclaredCrs, tuple[Plot, ...]]:
    """Check the coordinates against their system, and turn them easting first.

    Parameters
    ----------
    plots
        With coordinates in the order of the file.
    epsg
        What the file says; None for nothing. WGS84 degrees are taken as CGCS2000.
    answers
        What a person says, where the file says nothing.
    ask
        The sentence that asks for the system, with an ``%(example)s``, of a format whose files should have said it;
        None where degrees need no saying.

    Raises
    ------
    UnusableInput
        For coordinates outside China, of another kind or zone than the system says, or both ways round; code
        ``crs-not-given`` where nobody says the system.
    """
    xy = np.vstack([ring.xy for plot in plots for ring in plot.rings])
    if len(xy) > MAX_POINTS * 4 // 3:
        raise UnusableInput(Notice("too-many-points", "界址点超过 %(limit)s 个", {"limit": MAX_POINTS}))
    axes = tell_axes(xy[:, 0], xy[:, 1])
    misfit = axes.first_misfit()
    if misfit is not None:
        template = "坐标（%(x)s,%(y)s）不在我国范围内，或与前面的坐标不是同一种"
        raise UnusableInput(Notice("coordinate-out-of-range", template, _named(xy[misfit])))
    eastings = np.where(axes.north_first & ~axes.east_first, xy[:, 1], xy[:, 0])
    if epsg is None:
        epsg = answers.epsg_for(axes.kind, eastings)
    if epsg is None and (ask is not None or axes.kind is not Kind.DEGREES):
        raise UnusableInput(
            Notice(
                "crs-not-given",
                ask or "坐标单位是米，文件却没有写明坐标系：请给出坐标系（EPSG 代码，例如 %(example)s）",
                {"example": _example(axes.kind, eastings)},
                field="epsg",
            )
        )
    if epsg is None or epsg == _WGS84:
        remarks.add("wgs84-as-cgcs2000", "经纬度按 2000国家大地坐标系读取", field="crs")
        epsg = GEOGRAPHIC
    crs = DeclaredCrs(epsg)
    _check_kind(crs, axes, xy)
    if not axes.north_first.any():
        return crs, tuple(plots)
    if not axes.north_first.all():
        raise UnusableInput(
            Notice("axes-mixed", "有的坐标先写经度（东），有的先写纬度（北），无法判断", field="coordinates")
        )
    remarks.add(
        "axes-swapped",
        "经纬度（或东、北坐标）写反了，已对调 %(count)s 个点",
        count=int(axes.north_first.sum()),
    )
    return crs, tuple(_turned(plot) for plot in plots)


def _example(kind: Kind | None, eastings: npt.NDArray[np.float64]) -> str:
    """Say what the coordinate system may be, as the numbers look; for a question, never for an answer."""
    if kind is Kind.DEGREES:
        return "4490"
    crs = zone_of(eastings) if kind is Kind.PREFIXED else None
    return "4525" if crs is None else str(crs.epsg)


def _named(position: npt.NDArray[np.float64]) -> dict[str, str]:
    return {"x": f"{position[0]:.12g}", "y": f"{position[1]:.12g}"}


def _check_kind(crs: DeclaredCrs, axes: Axes, xy: npt.NDArray[np.float64]) -> None:
    if crs.is_geographic:
        fits = np.full(len(xy), axes.kind is Kind.DEGREES)
    elif crs.has_prefix:
        eastings = np.where(axes.north_first, xy[:, 1], xy[:, 0])
        fits = (eastings // 1e6 == crs.zone) & (axes.kind is Kind.PREFIXED)
    else:
        fits = np.full(len(xy), axes.kind is Kind.PLAIN)
    if not fits.all():
        at = int(np.argmin(fits))
        template = "坐标(%(x)s,%(y)s)与坐标系“%(crs)s”不符"
        raise UnusableInput(
            Notice("crs-contradicts", template, {**_named(xy[at]), "crs": crs.label}, field="crs")
        )


def _turned(plot: Plot) -> Plot:
    return replace(plot, rings=tuple(replace(ring, xy=ring.xy[:, ::-1].copy()) for ring in plot.rings))
