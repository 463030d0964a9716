"""The only writer of the public base map."""

from __future__ import annotations

import shapely
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.disclosure.models import PublicOutline
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.publishing import copying, generalise, outlines
from gis_projects.publishing.actions.guards import require_two
from gis_projects.publishing.models import Act, PublicationRecord
from gis_projects.trail import actions as trail


@transaction.atomic
def publish_outlines(
    *,
    by: User,
    approved_by: User,
    precision_m: int = generalise.DEFAULT_PRECISION_M,
    review_number: str = "",
) -> int:
    """Replace the public base map by generalised copies of the regions and the open water in force.

    The precision is 50 m or coarser; `gis_projects.publishing.outlines` says which layers they are from.
    Returns how many outlines there are now.
    """
    require_two(by, approved_by)
    for person in (by, approved_by):
        require(person, Permission.DISCLOSE_PROJECTS)
    if precision_m < generalise.DEFAULT_PRECISION_M:
        raise ValidationError(_("公开底图的概化精度不得细于 50 米。"), code="precision")
    rows = outlines.generalised(precision_m)
    PublicOutline.objects.all().delete()
    PublicOutline.objects.bulk_create(
        PublicOutline(
            kind=row.kind,
            code=row.code,
            name=row.name,
            geometry=copying.geos(row.geometry),
            precision_m=precision_m,
            review_number=review_number,
            notice=row.notice,
        )
        for row in rows
    )
    digest = copying.digest([[row.kind, row.code, row.name, shapely.to_wkt(row.geometry)] for row in rows])
    PublicationRecord.objects.create(
        act=Act.OUTLINES,
        by=by,
        approved_by=approved_by,
        precision_m=precision_m,
        review_number=review_number,
        digest=digest,
    )
    trail.record(
        by=by,
        verb="disclosure.publish_outlines",
        subject="disclosure.outlines:all",
        data={"approved_by": approved_by.get_username(), "outlines": len(rows), "digest": digest},
    )
    return len(rows)
