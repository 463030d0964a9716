"""What commands have in common: they act as named persons, and are refused in one line."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from gis_projects.people.models import User
from layers.notices import Refused


def user_named(name: str) -> User:
    """A person who may sign in.

    Raises
    ------
    CommandError
        There is none of that name.
    """
    try:
        return User.objects.get(username=name, is_active=True)
    except User.DoesNotExist as error:
        raise CommandError(f"没有名为 {name} 的可用账号。") from error


def one_line(error: Exception) -> str:
    """A refusal as the one line that a command ends with."""
    if isinstance(error, Refused):
        return "；".join(str(notice) for notice in error.notices)
    if isinstance(error, ValidationError):
        return "；".join(error.messages)
    return str(error)
