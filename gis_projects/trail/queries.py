"""Reading the trail: of a subject, whole for verification, and on from where a named reader stopped."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from gis_projects.trail.actions import digest_of
from gis_projects.trail.models import Cursor, Step


@dataclass(frozen=True)
class Verification:
    """``steps`` were read; ``broken`` is the number of the first that doesn't fit, with the reason in
    Chinese.
    """

    steps: int
    head: str
    broken: int | None = None
    reason: str = ""


def of_subject(subject: str) -> QuerySet[Step]:
    """What happened to one thing, newest first."""
    return Step.objects.filter(subject=subject).order_by("-number")


def verify(*, number: int | None = None, digest: str = "") -> Verification:
    """Recompute the whole chain.

    The chain alone can't tell that its end was cut off. Whoever kept the number and digest of a step
    elsewhere passes them, and the step must still be there with that digest.
    """
    previous, count = "", 0
    for step in Step.objects.order_by("number").iterator(chunk_size=2000):
        expected = count + 1
        if step.number != expected:
            return Verification(count, previous, expected, gettext_noop("记录缺失"))
        if step.previous != previous:
            return Verification(count, previous, step.number, gettext_noop("与上一条记录的摘要不相连"))
        if step.digest != digest_of(step):
            return Verification(count, previous, step.number, gettext_noop("内容与摘要不符"))
        if step.number == number and step.digest != digest:
            return Verification(count, previous, step.number, gettext_noop("与所给的摘要不符"))
        previous, count = step.digest, step.number
    if number is not None and number > count:
        return Verification(count, previous, count + 1, gettext_noop("记录缺失"))
    for cursor in Cursor.objects.order_by("position"):
        if cursor.position > count:
            return Verification(count, previous, count + 1, gettext_noop("记录缺失"))
    return Verification(count, previous)


def read_on(name: str, *, limit: int = 500) -> list[Step]:
    """The next steps for a named reader, oldest first, and moves its cursor past them.

    Called inside the transaction that also does the reader's work: if that fails, the cursor stands where
    it was, so each step is dealt with exactly once. A second reader of the same name waits for the first.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("read_on belongs in the transaction of the work")
    Cursor.objects.get_or_create(name=name)
    cursor = Cursor.objects.select_for_update().get(name=name)
    steps = list(Step.objects.filter(number__gt=cursor.position).order_by("number")[:limit])
    if steps:
        cursor.position = steps[-1].number
        cursor.save()
    return steps
