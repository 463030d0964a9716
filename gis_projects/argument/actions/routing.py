"""The only writer of routing tables."""

from __future__ import annotations

import hashlib
import json

from django.db import connection, transaction

from gis_projects.argument.models import RoutingTable
from gis_projects.argument.refusals import refuse, words
from gis_projects.argument.routing.reading import DEFAULT_PATH, read, table_of
from gis_projects.people.models import Department, User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail import actions as trail

#: Who publishes a table decides for the whole platform whom it asks.
PERMISSION = Permission.MANAGE_PEOPLE
_LOCK = 7_042_031  # advisory lock of publishing; any number that nothing else uses


@transaction.atomic
def publish_routing(*, by: User | None, content: bytes, reason: str) -> RoutingTable:
    """Put another routing table in force. Cases that were opened keep theirs.

    Parameters
    ----------
    content
        The file, TOML in UTF-8; `argument/data/routing.toml` shows how.

    Raises
    ------
    UnusableInput
        It is no routing table, says the same as the one in force, or names functions that no department has.
    """
    if by is not None:
        require(by, PERMISSION)
    why = words(reason, field="reason", limit=300)
    data = read(content)
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    unknown = table_of(data, digest).functions() - set(Department.objects.values_list("code", flat=True))
    if unknown:
        raise refuse(
            "routing-functions",
            "没有这些职能部门：%(codes)s",
            field="item",
            codes=sorted(unknown),
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = RoutingTable.objects.order_by("-version").first()
    if last is not None and last.sha256 == digest:
        raise refuse("routing-unchanged", "与现行分派表内容相同，无需发布", field="file")
    row = RoutingTable.objects.create(
        version=last.version + 1 if last else 1,
        name=data["name"],
        content=json.loads(text),
        sha256=digest,
        reason=why,
        published_by=by,
    )
    trail.record(
        by=by,
        verb="argument.publish_routing",
        subject=f"argument.routing:{row.version}",
        data={"version": row.version, "sha256": digest, "reason": why},
    )
    return row


def publish_default(*, by: User | None = None) -> RoutingTable:
    """The table in force; the one that comes with the platform where there is none yet."""
    return RoutingTable.objects.order_by("-version").first() or publish_routing(
        by=by, content=DEFAULT_PATH.read_bytes(), reason="初始分派表"
    )
