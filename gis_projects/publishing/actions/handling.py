"""The only writer of publicity of handling: what `handling_rules` says of a disclosed project's matters, copied.

The project's row holds it all together: where that goes (withdrawn, expired, made confidential), its matters go.
"""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone

from gis_projects.disclosure.models import (
    ChangeKind,
    DisclosedProject,
    HandlingMatter,
    HandlingStep,
    PublicChange,
)
from gis_projects.library.models import Project
from gis_projects.people.permissions import Secrecy
from gis_projects.publishing.actions.changes import note
from gis_projects.publishing.handling_rules import Matter, matters
from gis_projects.publishing.models import MatterCopy
from gis_projects.publishing.queries import standing

_MOST = 1000


@transaction.atomic
def refresh(*, project: Project) -> int:
    """Bring the public matters of a project to how they stand inside; returns how many rows changed. The platform does
    it, as often as it likes: where nothing changed nothing is written.
    """
    copy = standing.current_copy(project)
    known = {row.source: row for row in MatterCopy.objects.filter(project=project)}
    if copy is None or project.secrecy == Secrecy.CONFIDENTIAL or project.sensitive:
        return _close(set(known.values()))
    changed = 0
    wanted = list(matters(project))
    for matter in wanted:
        row = known.get(matter.source) or MatterCopy.objects.create(
            project=project, source=matter.source, slug=secrets.token_hex(6)
        )
        changed += _put(copy, row.slug, matter)
    gone = {row for source, row in known.items() if source not in {matter.source for matter in wanted}}
    return changed + _close(gone)


def _put(copy: DisclosedProject, slug: str, matter: Matter) -> int:
    fields = {
        "project": copy,
        "kind": matter.kind,
        "region_code": copy.region_code,
        "region_name": copy.region_name,
        "stages": [int(stage) for stage in matter.stages],
        "started_on": matter.started_on,
        "ended": matter.ended,
    }
    steps = {
        int(stage): (done.on, "、".join(done.departments)[:_MOST], done.document)
        for stage, done in matter.steps.items()
    }
    row = HandlingMatter.objects.filter(slug=slug).first()
    if row is not None:
        shown = {step.stage: (step.on, step.departments, step.document) for step in row.steps.all()}
        if shown == steps and all(getattr(row, name) == value for name, value in fields.items()):
            return 0
        row.steps.all().delete()
    row, created = HandlingMatter.objects.update_or_create(
        slug=slug, defaults={**fields, "changed_at": timezone.now()}
    )
    HandlingStep.objects.bulk_create(
        HandlingStep(matter=row, stage=stage, on=on, departments=departments, document=document)
        for stage, (on, departments, document) in steps.items()
    )
    note(f"handling:{slug}", ChangeKind.PUBLISHED if created else ChangeKind.CORRECTED)
    return 1


def _close(rows: set[MatterCopy]) -> int:
    """Take matters away, and say so once for each that was ever shown."""
    slugs = {row.slug for row in rows}
    HandlingMatter.objects.filter(slug__in=slugs).delete()
    closed = 0
    for slug in sorted(slugs):
        last = PublicChange.objects.filter(subject=f"handling:{slug}").first()
        if last is not None and last.kind != ChangeKind.WITHDRAWN:
            note(f"handling:{slug}", ChangeKind.WITHDRAWN)
            closed += 1
    return closed
