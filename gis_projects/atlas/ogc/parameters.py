"""Query parameters, read strictly: what can't be understood is refused and not guessed at."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from gis_projects.atlas.ogc.answers import BadQuestion
from gis_projects.atlas.ogc.crs import CRS84, OutputCrs, by_uri
from layers.browsing import Selection

LIMIT = 100
MAX_LIMIT = 10_000
MAX_OFFSET = 10_000_000
MAX_VERSION = 2**31 - 1
_MAX_METRES = 1e8  # zone 45 begins at 45,000,000


def whole(parameters: Mapping[str, str], name: str, *, least: int, most: int) -> int | None:
    """A whole number; one above ``most`` is refused."""
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12) or not least <= int(text) <= most:
        raise BadQuestion(
            _("参数 %(name)s 应是 %(least)d 到 %(most)d 的整数。")
            % {"name": name, "least": least, "most": most}
        )
    return int(text)


def limit(parameters: Mapping[str, str]) -> int:
    """How many features a page has; above the most there are so many (/req/core/fc-limit-response-1)."""
    text = parameters.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) < 1:
        raise BadQuestion(_("参数 limit 应是不小于 1 的整数。"))
    return min(int(text), MAX_LIMIT)


def crs(parameters: Mapping[str, str], name: str) -> OutputCrs:
    """One of the coordinate systems that are offered (/req/crs/fc-crs-valid-value, fc-bbox-crs-valid-value)."""
    found = by_uri(parameters.get(name, CRS84))
    if found is None:
        raise BadQuestion(_("参数 %(name)s 不是本服务提供的坐标系。") % {"name": name})
    return found


def box(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The part of a `Selection` that `bbox` and `bbox-crs` mean (/req/core/fc-bbox-definition)."""
    system = crs(parameters, "bbox-crs")
    text = parameters.get("bbox")
    if text is None:
        return {}
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:  # heights are nothing to us
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise BadQuestion(_("参数 bbox 应是四个（或六个）数。"))
    first, second, third, fourth = numbers
    if system.geographic:
        if system.north_first:
            first, second, third, fourth = second, first, fourth, third
        if not (-180 <= first <= 180 and -180 <= third <= 180 and -90 <= second <= fourth <= 90):
            raise BadQuestion(_("参数 bbox 的经纬度或其顺序有误。"))
        if first > third:  # across the antimeridian
            return {"boxes": ((first, second, 180.0, fourth), (-180.0, second, third, fourth))}
        return {"boxes": ((first, second, third, fourth),)}
    if first > third or second > fourth or max(map(abs, numbers)) > _MAX_METRES:
        raise BadQuestion(_("参数 bbox 的最小值大于最大值，或数值过大。"))
    try:
        return {"area": system.area((first, second, third, fourth))}
    except ValueError:
        raise BadQuestion(_("参数 bbox 落在该坐标系的适用范围之外。")) from None


_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$")


def _moment(text: str, *, end: bool) -> datetime:
    """A time with its zone, or a day (its first or last moment here)."""
    found: datetime | None = None
    if _MOMENT.match(text):
        try:
            day = parse_date(text)
            if day is not None:
                found = timezone.make_aware(datetime.combine(day, time.max if end else time.min))
            else:
                found = parse_datetime(text.upper())
            if found is not None:
                timezone.localtime(found)  # the ends of the calendar have no local time
        except (ValueError, OverflowError):
            found = None
    if found is None:
        raise BadQuestion(_("参数 datetime 应是时刻、日期或以“/”分开的区间。"))
    return found


def interval(parameters: Mapping[str, str]) -> tuple[datetime | None, datetime | None] | None:
    """Begin and end of `datetime` (None: open); None where it isn't given (/req/core/fc-time-definition)."""
    text = parameters.get("datetime")
    if text is None:
        return None
    parts = text.split("/")
    if len(parts) == 1:
        # A day is an interval too: its state is that of its end.
        return _moment(text, end=False), _moment(text, end=True)
    if len(parts) != 2 or parts in (["", ""], ["..", ".."]) or {*parts} == {"", ".."}:
        raise BadQuestion(_("参数 datetime 应是时刻、日期或以“/”分开的区间。"))
    begin = None if parts[0] in ("", "..") else _moment(parts[0], end=False)
    end = None if parts[1] in ("", "..") else _moment(parts[1], end=True)
    if begin is not None and end is not None and begin > end:
        raise BadQuestion(_("参数 datetime 的起点晚于终点。"))
    return begin, end


def state_at(found: tuple[datetime | None, datetime | None] | None) -> datetime | None:
    """The moment whose state an interval asks for: its end, and not later than now."""
    if found is None:
        return None
    now = datetime.now(UTC)
    return now if found[1] is None else min(found[1], now)


def selection(parameters: Mapping[str, str], properties: frozenset[str]) -> Selection:
    """What `bbox` and equal properties choose."""
    filters = {name: value for name, value in parameters.items() if name in properties}
    return Selection(filters=filters, **box(parameters))
