"""The only writers of comparisons, of how their patches are dealt with, and of crosswalks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sites.comparing.workflow import Change, apply
from gis_projects.sites.models import ComparisonRun, HandlingState, PatchHandling
from gis_projects.sites.queries import comparisons as queries
from gis_projects.sites.queries.comparisons import Filter, subject
from gis_projects.trail.actions import record
from gis_projects.trail.jobs import start
from layers.models import LayerVersion
from siting.conflicts import publishing, store
from siting.conflicts import run as running
from siting.conflicts.crosswalk import Crosswalk
from siting.conflicts.queries import SAME_SHARE, succession
from siting.conflicts.run import Answer
from siting.models import ConflictPatch, PlanComparison
from siting.models import Crosswalk as CrosswalkRow

MAX_AT_ONCE = 5_000  # patches that are changed in one go
LIMIT_SECONDS = 6 * 3600


class ChangedMeanwhile(Exception):
    """Somebody else changed patches since they were looked at; `patches` are those, with their handling as it is."""

    def __init__(self, patches: list[ConflictPatch]) -> None:
        self.patches = patches
        super().__init__(f"{len(patches)} patches changed meanwhile")


@transaction.atomic
def ask(
    *, by: User, a: LayerVersion, b: LayerVersion, crosswalk: CrosswalkRow | None = None,
    sliver_width_m: float = running.SLIVER_WIDTH_M, previous: PlanComparison | None = None,
) -> ComparisonRun:  # fmt: skip
    """Ask for a comparison; a job makes it.

    Raises
    ------
    layers.notices.Refused
        These can't be compared, with the place.
    """
    from gis_projects.sites.comparison_jobs import compare_plans

    require(by, Permission.COMPARE_PLANS)
    asked = running.question(a, b, crosswalk, sliver_width_m)
    row = ComparisonRun.objects.create(
        version_a=a, version_b=b, crosswalk=asked.crosswalk, sliver_width_m=sliver_width_m, by=by,
        previous=previous,
    )  # fmt: skip
    row.job = start(
        compare_plans, by=by, kind="sites.compare_plans", subject=f"sites.comparison_run:{row.pk}",
        limit_seconds=LIMIT_SECONDS, run=row.pk,
    )  # fmt: skip
    row.save(update_fields=["job"])
    record(
        by=by, verb="sites.ask_comparison", subject=f"sites.comparison_run:{row.pk}",
        data={
            "a": f"{a.layer.code}@{a.number}", "b": f"{b.layer.code}@{b.number}",
            "crosswalk": str(asked.crosswalk), "sliver_width_m": str(sliver_width_m),
        },
    )  # fmt: skip
    return row


@transaction.atomic
def keep(*, by: User, answer: Answer, run: ComparisonRun | None = None) -> PlanComparison:
    """Keep a comparison, and carry the handling of patches that are the same ground over from the previous one."""
    require(by, Permission.COMPARE_PLANS)
    row = store.keep(answer)
    carried: dict[str, Any] = {}
    if run is None:
        run = ComparisonRun.objects.create(
            version_a_id=row.version_a_id, version_b_id=row.version_b_id, crosswalk=row.crosswalk,
            sliver_width_m=row.sliver_width_m, by=by,
        )  # fmt: skip
    if run.previous is not None:
        carried = _carried(by, run.previous, row)
    run.comparison, run.carried = row, carried
    run.save(update_fields=["comparison", "carried"])
    record(
        by=by, verb="sites.keep_comparison", subject=subject(row),
        data={
            "run": run.pk, "digest": row.digest, "patches": row.patch_count, "slivers": row.sliver_count,
            "conflict_m2": f"{row.conflict_m2:.2f}", **carried,
        },
    )  # fmt: skip
    return row


def _carried(by: User, previous: PlanComparison, row: PlanComparison) -> dict[str, Any]:
    found = succession(previous, row)
    before = {one.patch_id: one for one in PatchHandling.objects.filter(patch_id__in=found.same.values())}
    PatchHandling.objects.bulk_create(
        [
            PatchHandling(
                patch_id=new, state=old.state, organisation_id=old.organisation_id, yields=old.yields,
                note=old.note, carried_from_id=old.patch_id, updated_by=by,
            )
            for new, key in found.same.items()
            if (old := before.get(key)) is not None
        ],
        batch_size=1_000,
    )  # fmt: skip
    return {
        "previous": previous.pk, "share": str(SAME_SHARE), "same": len(found.same), "carried": len(before),
        "gone": found.gone, "new": found.new,
    }  # fmt: skip


@transaction.atomic
def settle(
    *, by: User, comparison: PlanComparison, seen: Mapping[int, int], change: Change
) -> list[PatchHandling]:
    """Change how patches are dealt with: all of them or none.

    Parameters
    ----------
    seen
        The patches' numbers, each with the version of its handling that the person saw (0: untouched).

    Raises
    ------
    ChangedMeanwhile
        Somebody else was faster with some of them.
    ValidationError
        The change doesn't fit one of them.
    PermissionDenied
        One of them lies out of the person's reach.
    """
    require(by, Permission.SETTLE_CONFLICTS)
    rows = queries.patches(comparison, Filter(numbers=list(seen)))
    # one after the other: whoever comes second sees what the first did
    locked = {
        row.number: row
        for row in ConflictPatch.objects.filter(pk__in=rows.values("pk"))
        .select_for_update()
        .order_by("number")
    }
    if len(locked) < len(seen):
        raise Http404
    if queries.settleable(by, rows).count() < len(seen):
        raise PermissionDenied(Permission.SETTLE_CONFLICTS)
    handled = {one.patch_id: one for one in PatchHandling.objects.filter(patch__in=locked.values())}
    late = [
        number
        for number, row in locked.items()
        if (handled[row.pk].version if row.pk in handled else 0) != seen[number]
    ]
    if late:
        raise ChangedMeanwhile([*queries.patches(comparison, Filter(numbers=late))])
    made, changed = [], []
    for row in locked.values():
        one = handled.get(row.pk)
        if one is None:
            one = PatchHandling(patch=row, state=HandlingState.OPEN, version=0)
            made.append(one)
        else:
            one.patch = row
            changed.append(one)
        apply(one, change)
        one.version += 1
        one.updated_by = by
    PatchHandling.objects.bulk_create(made, batch_size=1_000)
    for one in changed:
        one.save()
    record(
        by=by, verb="sites.settle_conflicts", subject=subject(comparison),
        data={
            "patches": sorted(locked), "state": change.state and str(change.state),
            "organisation": change.organisation and change.organisation.name,
            "yields": change.yields and str(change.yields), "note": change.note,
        },
    )  # fmt: skip
    return made + changed


def record_export(*, by: User, comparison: PlanComparison, kind: str, selection: str) -> None:
    """Note who took which patches out, and in which format."""
    require(by, Permission.READ_LAYERS)
    record(
        by=by, verb="sites.export_comparison", subject=subject(comparison),
        data={"format": kind, "selection": selection[:1_000]},
    )  # fmt: skip


@transaction.atomic
def import_crosswalk(*, by: User, found: Crosswalk) -> CrosswalkRow:
    """Keep a new version of a crosswalk, or a new one.

    Raises
    ------
    layers.notices.Refused
        Its number is taken or its systems are others.
    """
    require(by, Permission.COMPARE_PLANS)
    row = publishing.publish(found)
    record(
        by=by, verb="sites.import_crosswalk", subject=f"sites.crosswalk:{row.code}",
        data={"version": row.version, "sha256": row.sha256, "source": row.source},
    )  # fmt: skip
    return row
