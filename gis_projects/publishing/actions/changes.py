"""The change log of what is no project: a stable id, and nothing else once it is withdrawn."""

from __future__ import annotations

from gis_projects.disclosure.models import ChangeKind, PublicChange


def note(subject: str, kind: ChangeKind, title: str = "") -> None:
    """Write down that something was published, corrected or withdrawn; a withdrawal empties every title before it."""
    if kind == ChangeKind.WITHDRAWN:
        PublicChange.objects.filter(subject=subject).exclude(title="").update(title="")
        title = ""
    PublicChange.objects.create(subject=subject, kind=kind, title=title)
