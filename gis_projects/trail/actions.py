"""The only writer of the trail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone

from gis_projects.trail import chain
from gis_projects.trail.models import Step

LOCK = 7_042_001  # advisory lock of the chain's end; any number that nothing else uses


class Actor(Protocol):
    """Whoever acts; the trail knows no user model."""

    pk: Any

    def get_username(self) -> str: ...


def record(*, by: Actor | None, verb: str, subject: str, data: dict[str, Any] | None = None) -> Step:
    """Write one step at the end of the chain, in the caller's transaction.

    The end is locked until that transaction ends: steps become visible in the order of their numbers, which
    is what lets a cursor trust that nothing appears behind it. So record late in a transaction, and keep it
    short after.

    Parameters
    ----------
    by
        Who did it; None for the platform itself.
    verb
        What was done, as ``room.action``: ``library.register_project``.
    subject
        What it was done to, as ``room.noun:key``: ``library.project:12``.
    data
        JSON; whole floats are stored as integers. Decimals and dates go in as text. In whose name the actor acted
        besides their own (``acted_for`` of the actor: a delegation) is added as ``on_behalf_of``.
    """
    return record_many(by=by, steps=[(verb, subject, data or {})])[0]


def record_many(*, by: Actor | None, steps: Iterable[tuple[str, str, dict[str, Any]]]) -> list[Step]:
    """Write many steps (verb, subject, data) one after the other, as `record` would, in a few statements."""
    written: list[Step] = []
    behalf = sorted(getattr(by, "acted_for", ()))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = Step.objects.order_by("-number").values("number", "digest").first()
        number, previous = (last["number"], last["digest"]) if last else (0, "")
        for verb, subject, data in steps:
            number += 1
            step = Step(
                number=number,
                at=timezone.now(),
                actor=by.get_username() if by else "",
                actor_id=str(by.pk) if by else "",
                verb=verb,
                subject=subject,
                data=chain.canonical({**data, "on_behalf_of": behalf} if behalf else data),
                previous=previous,
            )
            previous = step.digest = digest_of(step)
            written.append(step)
        Step.objects.bulk_create(written, batch_size=1000)
    return written


def digest_of(step: Step) -> str:
    """The digest that a stored step should have."""
    return chain.digest(
        number=step.number,
        at=step.at,
        actor=step.actor,
        actor_id=step.actor_id,
        verb=step.verb,
        subject=step.subject,
        data=step.data,
        previous=step.previous,
    )
