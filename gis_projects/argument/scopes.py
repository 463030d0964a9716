"""Whose things are that only one unit may deal with: the paths to that unit, for the permission question.

They name no region, so nobody reaches them by theirs; reading the same rows goes by the project's own paths.
"""

from __future__ import annotations

from gis_projects.argument.models.tasks import HANDLING
from gis_projects.people.permissions import ScopePaths

__all__ = ["CONFIRMING", "DECIDING", "HANDLING", "SIGNING", "SOLVING"]

#: Who set a condition (the department, or the superior that decided for it) confirms it.
CONFIRMING = ScopePaths(organisation="organisation_id", secrecy="task__case__project__secrecy")
#: The superior department decides what is put before it.
DECIDING = ScopePaths(organisation="organisation_id", secrecy="task__case__project__secrecy")
#: A party's unit signs for it.
SIGNING = ScopePaths(organisation="organisation_id", secrecy="checklist__project__secrecy")
#: The unit in charge solves a blocker.
SOLVING = ScopePaths(organisation="organisation_id", secrecy="project__secrecy")
