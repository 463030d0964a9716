"""The diary as it is read: what people wrote, and what the trail says by itself (F106)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.library.models import Attachment, DiaryEntry, Project
from gis_projects.library.queries import timeline
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.trail.models import Step
from gis_projects.trail.queries import of_subject
from gis_projects.trail.words import changes, sentence

#: The steps that write a line of their own; of `library.revise_project` only a new state does.
TOLD = (
    "library.register_project",
    "library.set_plan",
    "library.set_land",
    "library.record_investment",
    "library.attach_site",
    "library.record_evidence",
    "library.admit",
    "library.exit",
    "library.split",
    "library.take_in",
    "library.grant_approval",
    "library.start_construction",
    "library.approve_change",
    "library.apply_acceptance",
    "library.accept",
    "library.demand_rectification",
    "library.complete_project",
    "library.assign_code",
    "library.appropriate",
    "sites.save_boundary",
    "sites.run_check",
)


@dataclass(frozen=True)
class Line:
    """One line of the diary. ``entry`` is None for what the trail says; ``photos`` are an entry's pictures, ``before``
    the versions that it replaces, newest first.
    """

    on: date
    at: datetime
    text: str
    by: str
    entry: DiaryEntry | None = None
    photos: tuple[Attachment, ...] = ()
    before: tuple[DiaryEntry, ...] = ()

    def row(self) -> list[Any]:
        """As an export has it."""
        place = self.entry.location if self.entry is not None else None
        return [
            self.on,
            _("记录") if self.entry is not None else _("系统"),
            self.text,
            self.by,
            place.x if place else None,
            place.y if place else None,
        ]


def lines(user: User, project: Project) -> list[Line]:
    """A project's diary, newest day first; who took a step of the trail is told as in the timeline. Five queries,
    however long it is.
    """
    entries = {row.pk: row for row in DiaryEntry.objects.filter(project=project).select_related("by")}
    photos: dict[str, list[Attachment]] = {}
    for photo in Attachment.objects.filter(project=project, subject__startswith="library.diary:"):
        photos.setdefault(photo.subject, []).append(photo)
    replaced = {row.corrects_id for row in entries.values() if row.corrects_id}
    found = []
    for row in entries.values():
        if row.pk in replaced:
            continue
        before = []
        earlier = row
        while earlier.corrects_id:
            earlier = entries[earlier.corrects_id]
            before.append(earlier)
        pictures = [photo for one in (row, *before) for photo in photos.get(f"library.diary:{one.pk}", ())]
        found.append(
            Line(row.on, row.at, row.text, str(row.by or _("系统")), row, tuple(pictures), tuple(before))
        )
    told = {step.number: step for step in of_subject(subject(project)) if _tells(step)}
    who = timeline.actors(user, told.values(), named=timeline.reads_names(user, project))
    found += [_told(step, who[number]) for number, step in told.items()]
    return sorted(found, key=lambda line: (line.on, line.at), reverse=True)


def _tells(step: Step) -> bool:
    after = step.data.get("after") if isinstance(step.data, dict) else None
    restaged = step.verb == "library.revise_project" and isinstance(after, dict) and "stage" in after
    return step.verb in TOLD or restaged


def _told(step: Step, who: str) -> Line:
    day = timezone.localtime(step.at).date()
    if step.verb in TOLD:
        return Line(day, step.at, sentence(step), who)
    change = next(one for one in changes(step) if one.after and one.field == _("项目状态"))
    text = _("项目状态由“%(before)s”改为“%(after)s”") % {"before": change.before, "after": change.after}
    return Line(day, step.at, text, who)
