"""What waits for a person among layers: versions that somebody else brought."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_noop

from gis_projects.atlas.queries import versions
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has
from gis_projects.people.todo import Waiting

KINDS: dict[str, str] = {"atlas.layer": gettext_noop("图层发布")}
_LAYER = gettext_noop("审批图层“%(layer)s”第%(number)s版的发布")


def waiting(user: User) -> Iterator[Waiting]:
    """Versions that wait for a second person, who isn't the one that brought them."""
    if not has(user, Permission.PUBLISH_LAYERS):
        return
    for row in versions.waiting(user):
        if row.uploader_id != user.pk:
            yield Waiting(
                kind="atlas.layer",
                template=_LAYER,
                params={"layer": row.version.layer.name, "number": row.number},
                address=reverse("atlas:version", args=[row.layer, row.number]),
                mine=False,
            )
