"""Files that somebody brought, and lists as they keep them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from gis_projects.library.models import SavedView, TableImport
from gis_projects.people.models import User


def imports(user: User, table: str | None = None) -> QuerySet[TableImport]:
    """A person's own files, newest first."""
    found = TableImport.objects.filter(by=user).select_related("job")
    return found.filter(table=table) if table else found


def views(user: User, table: str) -> QuerySet[SavedView]:
    """Saved views of a list: a person's own, and those that their organisation shares."""
    mine = Q(owner=user)
    if user.organisation_id is not None:
        mine |= Q(shared=True, organisation=user.organisation_id)
    return SavedView.objects.filter(mine, table=table).select_related("owner")
