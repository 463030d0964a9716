"""The items of work for which a unit sets up a chain of approval: what running work of a room above asks for."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models import OrganisationKind

#: Item → its name. The codes stand in chains and in the rooms that ask for them.
ITEMS: Mapping[str, str | Promise] = {
    "argument.opinion": _("部门论证意见"),
}
#: The kinds of unit that deal with any item at all.
DEALING = (OrganisationKind.DEPARTMENT,)
