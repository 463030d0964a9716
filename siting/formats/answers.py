"""What a person answers where a file leaves something open; what the file says goes before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from siting.engine.corridor import Caps
from siting.engine.crs import GEOGRAPHIC, DeclaredCrs, gauss_kruger
from siting.engine.notices import Notice, UnusableInput
from siting.formats.axes import Kind

_ZONE_WIDTHS = {3: range(25, 46), 6: range(13, 24)}


@dataclass(frozen=True)
class Answers:
    """A person's answers.

    Attributes
    ----------
    central_meridian
        Degrees; for coordinates in metres without a coordinate system.
    epsg
        The coordinate system itself.
    width_m, caps
        Of lines, which take no ground without a width.
    layer
        Which layer, of a file with several.
    """

    central_meridian: int | None = None
    epsg: int | None = None
    width_m: float | None = None
    caps: Caps = Caps.FLAT
    layer: str | None = None

    @property
    def meridian(self) -> int | None:
        """The central meridian of 3° zones that was answered, by itself or by the code of a plane."""
        if self.central_meridian is not None or self.epsg in (None, GEOGRAPHIC, 4326):
            return self.central_meridian
        crs = DeclaredCrs(self.epsg or 0)
        return round(crs.central_meridian) if crs.zone_width == 3 else None

    def epsg_for(self, kind: Kind | None, eastings: npt.NDArray[np.float64]) -> int | None:
        """Name the coordinate system that the answers give coordinates of a kind; None where nothing was answered.

        Raises
        ------
        UnusableInput
            Where the answered meridian isn't that of the eastings' zone.
        """
        if self.epsg is not None or self.central_meridian is None or kind is Kind.DEGREES:
            return self.epsg
        if kind is not Kind.PREFIXED:
            return gauss_kruger(central_meridian=self.central_meridian, prefixed=False).epsg
        crs = zone_of(eastings)
        if crs is None or crs.central_meridian != self.central_meridian:
            raise UnusableInput(
                Notice(
                    "zone-contradicts-answer",
                    "横坐标以带号 %(zone)s 开头，与所选的中央经线 %(meridian)s° 不符",
                    {"zone": int(eastings[0] // 1e6), "meridian": self.central_meridian},
                    field="central_meridian",
                )
            )
        return crs.epsg


def zone_of(eastings: npt.NDArray[np.float64]) -> DeclaredCrs | None:
    """Name the plane whose zone number the first of some eastings begins with, None where there is none."""
    zone = int(eastings[0] // 1e6)
    width = next((width for width, zones in _ZONE_WIDTHS.items() if zone in zones), None)
    return None if width is None else gauss_kruger(zone, width=width)
