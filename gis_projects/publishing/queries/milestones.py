"""What a project's public timeline may be made of: its way through the libraries, its approvals, its start, and lines
of its diary. Nothing of it is shown unless it is chosen.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.library.models import Approval, ConstructionStart, DiaryEntry, LibraryMove, Project
from gis_projects.library.models.libraries import LIBRARIES, Way

_MOST = 300  # letters of a line, as `DisclosedEvent.text` takes them


@dataclass(frozen=True)
class Milestone:
    """``key`` names what it is of (``move:3``, ``approval:3``, ``start:3``, ``diary:3``); ``by_hand`` is what somebody
    wrote freely.
    """

    key: str
    on: date
    text: str
    by_hand: bool = False


def offered(project: Project) -> list[Milestone]:
    """Everything that may be chosen, oldest first; of a diary line that was corrected only the newest. Four queries."""
    found = [
        Milestone(
            f"move:{move.pk}",
            timezone.localtime(move.at).date(),
            _("进入%(library)s") % {"library": move.get_to_library_display()},
        )
        for move in LibraryMove.objects.filter(
            project=project, to_library__in=LIBRARIES, way__in=(Way.ADMITTED, Way.TAKEN_OVER)
        )
    ]
    found += [
        Milestone(
            f"approval:{row.pk}",
            row.granted_on,
            _("%(item)s获批（%(number)s）") % {"item": row.get_item_display(), "number": row.number},
        )
        for row in Approval.objects.filter(project=project, granted_on__isnull=False)
        if row.granted_on is not None
    ]
    found += [
        Milestone(f"start:{row.pk}", row.started_on, _("开工建设"))
        for row in ConstructionStart.objects.filter(project=project)
    ]
    found += [
        Milestone(f"diary:{row.pk}", row.on, row.text[:_MOST], by_hand=True)
        for row in DiaryEntry.objects.filter(project=project, corrected_by=None)
    ]
    return sorted(found, key=lambda one: (one.on, one.key))


def told(project: Project, keys: Collection[str]) -> list[dict[str, Any]]:
    """The chosen ones as a copy holds them. What is no longer offered (a line that was corrected) is left out, which
    changes the copy, and so asks for another look.
    """
    if not keys:
        return []
    return [{"on": one.on.isoformat(), "text": one.text} for one in offered(project) if one.key in keys]
