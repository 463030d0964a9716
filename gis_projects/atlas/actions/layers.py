"""What a layer is called and how it looks: changed by those who let versions through, with a step in the trail.

A version that is published keeps the names it was published with; only the map and the next version follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.atlas.queries.catalogue import LAYER_SCOPE
from gis_projects.people.permissions import Permission, find
from gis_projects.sentences import listed
from gis_projects.trail.actions import record
from layers.models import Layer
from layers.quality.decision import MEASURES
from layers.quality.findings import Kind

if TYPE_CHECKING:
    from gis_projects.people.models import User

#: What may be changed. The code, the kind and the secrecy are not: other things hang on them.
FIELDS = frozenset(
    {
        "name", "theme", "authority", "description", "legal_status", "notice", "style", "order", "opacity", "min_zoom",
        "max_zoom", "visible_by_default", "thresholds",
    }
)  # fmt: skip

_TOO_MUCH = 1e15  # of anything that is measured


def update_layer(*, by: User, code: str, **changes: Any) -> Layer:
    """Change a layer's own description and look; a step names each field that did change.

    Raises
    ------
    Http404, PermissionDenied
        The user may not know of the layer, or may not publish layers.
    ValidationError
        A value is none; nothing was changed.
    """
    unknown = changes.keys() - FIELDS
    if unknown:
        raise TypeError(f"not a field of a layer's description: {', '.join(sorted(unknown))}")
    if "thresholds" in changes:
        check_thresholds(changes["thresholds"])
    with transaction.atomic():
        find(
            by, Permission.PUBLISH_LAYERS, Layer.objects.all(), reading=Permission.READ_LAYERS, paths=LAYER_SCOPE,
            code=code,
        )  # fmt: skip
        layer = Layer.objects.select_for_update().get(code=code)
        before = {name: getattr(layer, name) for name in changes}
        for name, value in changes.items():
            setattr(layer, name, value)
        layer.full_clean()
        changed = {
            name: [before[name], getattr(layer, name)] for name in changes if before[name] != changes[name]
        }
        if changed:
            layer.save(update_fields=list(changed))
            record(
                by=by, verb="atlas.update_layer", subject=f"layers.layer:{code}", data={"changed": changed}
            )
    return layer


def check_thresholds(value: Any) -> None:
    """Refuse what layers.quality couldn't read: {kind: {"reason" | "refuse": {measure: from where on}}}."""
    if not isinstance(value, dict):
        raise ValidationError({"thresholds": _("质量阈值应是一个 JSON 对象。")})
    for kind, levels in value.items():
        if kind not in Kind.values:
            raise ValidationError({"thresholds": _("没有这种质量问题：%(kind)s") % {"kind": kind}})
        if not isinstance(levels, dict) or levels.keys() - {"reason", "refuse"}:
            raise ValidationError(
                {"thresholds": _("%(kind)s 只能有 reason 与 refuse 两级。") % {"kind": kind}}
            )
        for measures in levels.values():
            if not isinstance(measures, dict) or measures.keys() - set(MEASURES):
                names = {"kind": kind, "measures": listed(MEASURES)}
                raise ValidationError({"thresholds": _("%(kind)s 的指标只能是 %(measures)s。") % names})
            if not all(
                isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n < _TOO_MUCH
                for n in measures.values()
            ):
                raise ValidationError({"thresholds": _("%(kind)s 的阈值应是非负的数。") % {"kind": kind}})
