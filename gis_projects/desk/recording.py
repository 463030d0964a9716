"""Notices on their way into the database: what somebody doesn't want isn't written, and each is written once."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q

from gis_projects.desk import mail
from gis_projects.desk.models import Notice, Preference


@transaction.atomic
def keep(notices: Collection[Notice]) -> int:
    """Write the notices that are new and wanted, and the letters that go with them; returns how many are new."""
    muted = dict(
        Preference.objects.filter(user__in={row.user_id for row in notices}).values_list("user", "muted")
    )
    wanted = [row for row in notices if row.kind not in muted.get(row.user_id, [])]
    if not wanted:
        return 0
    of_steps = Q(step__in={row.step for row in wanted if row.step is not None})
    of_marks = Q(mark__in={row.mark for row in wanted if row.mark})
    same = Notice.objects.filter(of_steps | of_marks, user__in={row.user_id for row in wanted})
    before = set(same.values_list("pk", flat=True))
    Notice.objects.bulk_create(wanted, ignore_conflicts=True)
    new = list(same.exclude(pk__in=before))
    mail.queue(new)
    return len(new)
