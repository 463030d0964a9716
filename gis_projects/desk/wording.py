"""Notices in words."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from gis_projects.desk.models import Notice
from gis_projects.sentences import filled
from gis_projects.trail import words
from gis_projects.trail.models import Step


def sentence(notice: Notice) -> str:
    """A notice's sentence in the reader's language: its own, or that of the step that it follows from."""
    return sentences([notice])[notice.pk]


def sentences(notices: Iterable[Notice]) -> dict[int, str]:
    """Those of several notices, by their keys. One query at most."""
    rows = list(notices)
    steps = Step.objects.in_bulk({row.step for row in rows if not row.template and row.step is not None})
    return {row.pk: _sentence(row, steps.get(row.step or 0)) for row in rows}


def _sentence(notice: Notice, step: Step | None) -> str:
    if notice.template:
        return filled(notice.template, notice.params)
    return words.sentence(step) if step is not None else gettext("通知")
