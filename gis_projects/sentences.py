"""What the lower floors say, in the reader's language. They know no gettext: their texts are the message ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.utils.translation import gettext

from siting.engine.crs import DeclaredCrs


class Said(Protocol):
    """A notice of the layers, of the engine, or of whoever says things in their way."""

    @property
    def template(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


def sentence(notice: Said) -> str:
    """Return a notice's sentence."""
    return filled(notice.template, notice.params)


def filled(template: str, params: Mapping[str, Any]) -> str:
    """Return a notice's template with its places filled in; a word among them that we know (a kind of file) too."""
    return gettext(template) % {name: word(value) for name, value in params.items()}


def word(value: Any) -> Any:
    """Return a word (a theme, an authority) as the reader's language calls it, several as it lists them; what we don't
    know as it is.
    """
    if isinstance(value, list | tuple):
        return listed(word(each) for each in value)
    return gettext(value) if isinstance(value, str) else value


def listed(values: Iterable[object]) -> str:
    """Return things one after the other, as the reader's language lists them."""
    return gettext("、").join(map(str, values))


def crs_label(crs: DeclaredCrs) -> str:
    """Return what bureaus call a coordinate system (in Chinese exactly `DeclaredCrs.label`)."""
    if crs.is_geographic:
        return gettext("2000国家大地坐标系(经纬度)")
    if crs.has_prefix:
        zone = gettext("%(zone)s带") % {"zone": crs.zone}
    else:
        zone = gettext("中央经线%(meridian)s°") % {"meridian": f"{crs.central_meridian:.0f}"}
    projected = gettext("2000国家大地坐标系 高斯-克吕格%(width)s度分带 %(zone)s")
    return projected % {"width": crs.zone_width, "zone": zone}
