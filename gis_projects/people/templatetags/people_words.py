"""What pages say of people: roles, permissions, and how deep a row of a tree lies."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from gis_projects.people.permissions import Permission, Role, has

register = template.Library()


@register.filter
def role_name(role: str) -> str:
    """A role in the reader's language."""
    return str(dict(Role.choices()).get(role, role))


@register.filter
def permission_name(permission: str) -> str:
    """A permission in the reader's language; one that there is no more by its code."""
    return str(dict(Permission.choices()).get(permission, permission))


@register.filter
def has_permission(user: Any, permission: str) -> bool:
    """Whether this person may do it at all, somewhere; for links, never for the deed."""
    return has(user, Permission(permission))


@register.filter
def times(number: int) -> range:
    """As many steps as a row lies deep."""
    return range(number)


@register.simple_tag
def in_force(row: Any, today: Any) -> str:
    """How a delegation stands on a day."""
    if row.ended_at is not None:
        return _("已提前终止")
    if today < row.starts_on:
        return _("未开始")
    return _("有效") if today <= row.ends_on else _("已到期")
