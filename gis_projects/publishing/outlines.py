"""What the public base map is made of: the regions and the open water, as the layers have them now."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gis_projects.publishing import generalise
from layers.models import Feature, Secrecy, Status

REGIONS = "XZQ"
WATER = "SX"


@dataclass(frozen=True)
class Outline:
    """``kind`` is ``"region"`` or ``"water"``; geometry in EPSG:4490; ``notice`` is the layer's own."""

    kind: str
    code: str
    name: str
    geometry: BaseGeometry
    notice: str


def generalised(precision_m: int) -> list[Outline]:
    """Coarse copies of the current regions (still neighbours) and of the water that the grid leaves visible.

    Raises
    ------
    ValidationError
        If there are no regions yet, or a layer is confidential.
    """
    regions, water = _polygons(REGIONS, "region"), _polygons(WATER, "water")
    if not regions:
        raise ValidationError(_("行政区图层尚未发布，不能制作公开底图。"), code="no-regions")
    coarse = generalise.coverage([region.geometry for region in regions], precision_m)
    rows = [
        Outline(region.kind, region.code, region.name, geometry, region.notice)
        for region, geometry in zip(regions, coarse, strict=True)
        if not geometry.is_empty
    ]
    for body in water:
        public = generalise.outline(body.geometry, precision_m)
        if public.form == "outline":  # a pond smaller than the grid is no orientation
            rows.append(Outline(body.kind, body.code, body.name, public.geometry, body.notice))
    return rows


def _polygons(layer: str, kind: str) -> list[Outline]:
    features = (
        Feature.objects.filter(layer__code=layer, layer__versions__status=Status.PUBLISHED)
        .filter(
            Q(last_version=None) | Q(last_version__gte=F("layer__versions__number")),
            first_version__lte=F("layer__versions__number"),
        )
        .select_related("layer")
        .order_by("key")
    )
    found = []
    for feature in features:
        if feature.layer.secrecy == Secrecy.CONFIDENTIAL:
            raise ValidationError(
                _("图层“%(layer)s”涉密，不能用于公开底图。"), params={"layer": feature.layer.name}
            )
        geometry = shapely.from_wkb(bytes(feature.geom.wkb))
        if geometry.geom_type in ("Polygon", "MultiPolygon"):
            found.append(Outline(kind, feature.key, feature.name, geometry, feature.layer.notice))
    return found
