"""What follows from the trail: who is concerned by a step is told of it, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_noop

from gis_projects.desk import telling
from gis_projects.desk.models import Kind, Notice
from gis_projects.desk.recording import keep
from gis_projects.desk.responsible import responsible
from gis_projects.trail import queries as trail
from gis_projects.trail.models import Step
from siting.engine.verdict import Verdict
from siting.models import Change, RevalidatedSite
from siting.wording import VERDICTS

CURSOR = "desk"
#: A person is told project by project up to here; of more than that, in one notice that leads to the list.
ONE_BY_ONE = 20

_KINDS = {
    Change.WORSE: Kind.WORSE,
    Change.UNANSWERABLE: Kind.UNANSWERABLE,
    Change.BETTER: Kind.BETTER,
    Change.ANSWERED: Kind.ANSWERED,
}
_TURNED = gettext_noop("“%(project)s”复检后结论由“%(before)s”变为“%(after)s”。")
_MANY = gettext_noop(
    "复检后您负责的 %(count)s 个项目结论有变化：变严 %(worse)s 个，变为无法判定 %(unanswerable)s 个，"
    "变宽 %(better)s 个，变为可判定 %(answered)s 个。"
)


def follow_trail(*, limit: int = 500) -> int:
    """Tell of the next steps of the trail; returns how many notices those gave rise to."""
    written = 0
    while True:
        with transaction.atomic():
            steps = trail.read_on(CURSOR, limit=limit)
            notices = [notice for step in steps for notice in _of_step(step)]
            written += keep(notices)
        if len(steps) < limit:
            return written


def _of_step(step: Step) -> Iterator[Notice]:
    if step.verb == "sites.revalidate":
        yield from _of_revalidation(step)
    else:
        yield from telling.of_step(step)


def _of_revalidation(step: Step) -> Iterator[Notice]:
    """Whose verdicts became other ones: to everybody who is responsible."""
    run = int(step.subject.rpartition(":")[2])
    rows = RevalidatedSite.objects.filter(
        # a site without a project is nobody's
        revalidation=run, change__in=list(_KINDS), site_version__site__project__isnull=False,
    ).values(
        "change", "before__verdict", "after__verdict", "after_id",
        "site_version__site__project", "site_version__site__project__name",
    )  # fmt: skip
    turned = {row["site_version__site__project"]: row for row in rows}
    for user, projects in responsible(list(turned)).items():
        if len(projects) > ONE_BY_ONE:
            yield _summary(step, user, run, Counter(turned[project]["change"] for project in projects))
        else:
            for project in sorted(projects):
                yield _single(step.number, step.at, user, project, turned[project])


def _single(number: int, at: datetime, user: int, project: int, row: Mapping[str, Any]) -> Notice:
    with translation.override("zh-hans"):  # the message ids: whoever reads it has them in their own language
        before, after = (str(VERDICTS[Verdict(row[f"{side}__verdict"])]) for side in ("before", "after"))
    return Notice(
        user_id=user,
        kind=_KINDS[Change(row["change"])],
        project_id=project,
        step=number,
        template=_TURNED,
        params={"project": row["site_version__site__project__name"], "before": before, "after": after},
        address=reverse("sites:check", args=[row["after_id"]]),
        created_at=at,
    )


def _summary(step: Step, user: int, run: int, counted: Counter[str]) -> Notice:
    return Notice(
        user_id=user,
        kind=Kind.MANY,
        project=None,
        step=step.number,
        template=_MANY,
        params={"count": counted.total(), **{str(change.value): counted[change.value] for change in _KINDS}},
        address=reverse("sites:revalidation-run", args=[run]),
        created_at=step.at,
    )
