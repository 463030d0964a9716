"""Which tables there are: those of the library, and those that other rooms list in their module ``tables``."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.http import Http404

from gis_projects.library.tables.specification import Table
from gis_projects.people.models import User
from gis_projects.people.permissions import has

_OWN = ("projects", "memberships", "registers", "plans", "people", "legacy")


@lru_cache(maxsize=1)
def tables() -> dict[str, Table]:
    """Every table by its name, the library's first."""
    here = __name__.rpartition(".")[0]
    modules = [f"{here}.{name}" for name in _OWN]
    modules += [
        f"{app.name}.tables"
        for app in apps.get_app_configs()
        if app.label != "library" and find_spec(f"{app.name}.tables") is not None
    ]
    found: dict[str, Table] = {}
    for module in modules:
        for table in getattr(import_module(module), "TABLES", ()):
            if table.name in found:
                raise ValueError(f"two tables are called {table.name}")
            found[table.name] = table
    return found


def get(name: str) -> Table:
    """Raise Http404 where there is none of this name."""
    table = tables().get(name)
    if table is None:
        raise Http404(name)
    return table


def offered(user: User) -> list[Table]:
    """The tables that a user may bring rows for or take out."""
    return [table for table in tables().values() if has(user, table.permission) or has(user, table.reading)]
