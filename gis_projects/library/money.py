"""Money: Decimal 元 to the fen inside, shown in 元, 万元 or 亿元.

Rounding is half-up unless truncation is asked for, which reproduces tables that cut off (截取): 3.53 of 5.87 is
60.14 % half-up and 60.13 % cut off. Display only: what is stored and summed stays in 元.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Rounding(StrEnum):
    """How a figure is cut to the digits that are shown."""

    HALF_UP = "half_up"
    TRUNCATE = "truncate"

    @staticmethod
    def choices() -> list[tuple[str, str | Promise]]:
        return [("half_up", _("四舍五入")), ("truncate", _("截取"))]


class Unit(StrEnum):
    YUAN = "yuan"
    WAN = "wan"
    YI = "yi"

    @property
    def label(self) -> str | Promise:
        return _LABELS[self]

    @property
    def yuan(self) -> Decimal:
        """How many 元 one of this unit is."""
        return _YUAN[self]

    @property
    def places(self) -> int:
        """Decimal places that tables show: none for 万元, as in the published table."""
        return _PLACES[self]


_LABELS: dict[Unit, str | Promise] = {Unit.YUAN: _("元"), Unit.WAN: _("万元"), Unit.YI: _("亿元")}
_YUAN = {Unit.YUAN: Decimal(1), Unit.WAN: Decimal(10_000), Unit.YI: Decimal(100_000_000)}
_PLACES = {Unit.YUAN: 2, Unit.WAN: 0, Unit.YI: 2}


def in_unit(yuan: Decimal, unit: Unit, *, places: int | None = None, truncate: bool = False) -> Decimal:
    """An amount of 元 in another unit, rounded half-up (or truncated) to ``places`` decimals."""
    step = Decimal(1).scaleb(-(unit.places if places is None else places))
    return (yuan / unit.yuan).quantize(step, rounding=ROUND_DOWN if truncate else ROUND_HALF_UP)


def show(yuan: Decimal, unit: Unit, *, places: int | None = None, truncate: bool = False) -> str:
    """`in_unit` as text with thousands separated: ``11,068,702``."""
    return f"{in_unit(yuan, unit, places=places, truncate=truncate):,}"


def percent(part: Decimal, whole: Decimal, *, truncate: bool = False) -> int | None:
    """``part`` of ``whole`` in whole per cent, half-up; None where there is no whole."""
    if whole == 0:
        return None
    share = part * 100 / whole
    return int(share.quantize(Decimal(1), rounding=ROUND_DOWN if truncate else ROUND_HALF_UP))


def share(
    part: Decimal, whole: Decimal, *, places: int = 2, rounding: Rounding = Rounding.HALF_UP
) -> Decimal | None:
    """``part`` of ``whole`` in per cent with ``places`` decimals; None where there is no whole.

    The quotient is rounded once, from its exact value: cutting an already rounded one again would move it.
    """
    if whole == 0:
        return None
    step = 10**places
    sign = -1 if (part < 0) != (whole < 0) else 1
    above, below = (abs(part) * 100 * step).as_integer_ratio(), abs(whole).as_integer_ratio()
    numerator, denominator = above[0] * below[1], above[1] * below[0]
    whole_steps, rest = divmod(numerator, denominator)
    if rounding is Rounding.HALF_UP and rest * 2 >= denominator:
        whole_steps += 1
    return sign * Decimal(whole_steps).scaleb(-places)
