"""A map that was printed leaves a trace: who took which versions of which layers and what of the projects out, and of
where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis_projects.atlas.printing.pdf import Order, pdf
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.trail.actions import record

if TYPE_CHECKING:
    from gis_projects.people.models import User


def print_map(*, by: User, order: Order) -> bytes:
    """Draw a sheet and write that it was drawn into the trail.

    Raises
    ------
    PermissionDenied
        The user may not read one of the layers.
    """
    for wanted in (*order.layers, *order.base):
        require(by, Permission.READ_LAYERS, Scope(secrecy=wanted.version.layer.secrecy))
    made = pdf(order, by=by)
    record(
        by=by,
        verb="atlas.print_map",
        subject=f"atlas.sheet:{order.sheet.paper}",
        data={
            "layers": [
                f"{wanted.version.layer.code}@{wanted.version.number}"
                for wanted in (*order.layers, *order.base)
            ],
            "centre": [f"{order.frame.lon:.6f}", f"{order.frame.lat:.6f}"],
            "scale": order.frame.scale,
            "title": order.title,
            "approval": order.approval,
            "shown": [order.told] if order.told else [],
        },
    )
    return made
