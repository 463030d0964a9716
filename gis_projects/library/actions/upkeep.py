"""The settings of upkeep: whose fields, who enters, when a record counts as neglected. And drafts of registrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library import upkeep
from gis_projects.library.models import (
    EntryRight,
    FieldRight,
    InvestmentKind,
    Party,
    ProjectDraft,
    Stage,
    StalenessThreshold,
)
from gis_projects.people.models import Department, User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.sentences import listed
from gis_projects.trail import actions as trail

MOST_DRAFTS = 20


@transaction.atomic
def set_field_right(*, by: User | None, field: str, parties: Iterable[str]) -> FieldRight:
    """Let exactly these parties keep up a field."""
    _may(by)
    wanted = sorted({str(party) for party in parties})
    if field not in (*upkeep.FIELDS, *upkeep.SETS):
        raise ValidationError({"field": _("没有这样的字段。")})
    if not wanted or set(wanted) - set(Party.values):
        raise ValidationError({"parties": _("每个字段至少由一方维护。")})
    before = sorted(upkeep.field_rights()[field])
    row, _made = FieldRight.objects.update_or_create(field=field, defaults={"parties": wanted})
    _record(by, "library.set_field_right", f"library.field:{field}", {"field": field}, before, wanted)
    return row


@transaction.atomic
def set_entry_right(*, by: User | None, investment_kind: str, functions: Iterable[str]) -> EntryRight:
    """Let exactly the departments of these functions enter projects of a kind of investment."""
    _may(by)
    wanted = sorted({str(function) for function in functions})
    if investment_kind not in InvestmentKind.values:
        raise ValidationError({"investment_kind": _("没有这样的投资性质。")})
    known = set(Department.objects.values_list("code", flat=True)) | set(
        upkeep.defaults()["entry"][investment_kind]
    )
    if unknown := set(wanted) - known:
        raise ValidationError(
            {"functions": _("没有这样的部门：%(names)s") % {"names": listed(sorted(unknown))}}
        )
    before = sorted(upkeep.entry_rights()[investment_kind])
    row, _made = EntryRight.objects.update_or_create(
        investment_kind=investment_kind, defaults={"functions": wanted}
    )
    said = {"investment_kind": investment_kind}
    _record(by, "library.set_entry_right", f"library.entry:{investment_kind}", said, before, wanted)
    return row


@transaction.atomic
def set_threshold(*, by: User | None, stage: str, yellow_days: int, red_days: int) -> StalenessThreshold:
    """After how many days without an update a project of a stage turns yellow, and red."""
    _may(by)
    if stage not in Stage.values:
        raise ValidationError({"stage": _("没有这样的项目状态。")})
    if not 1 <= yellow_days < red_days <= 3650:
        raise ValidationError({"red_days": _("黄色至少 1 天，红色要多于黄色且不超过 3650 天。")})
    before = list(upkeep.thresholds()[stage])
    row, _made = StalenessThreshold.objects.update_or_create(
        stage=stage, defaults={"yellow_days": yellow_days, "red_days": red_days}
    )
    said = {"stage": stage}
    _record(by, "library.set_threshold", f"library.staleness:{stage}", said, before, [yellow_days, red_days])
    return row


def save_draft(*, by: User, draft: ProjectDraft | None, data: Mapping[str, Any]) -> ProjectDraft:
    """Keep what was typed of a registration. No step of the trail: nothing is said of any project yet."""
    if not has(by, Permission.EDIT_PROJECTS):
        raise PermissionDenied(Permission.EDIT_PROJECTS)
    if draft is not None:
        draft.data = dict(data)
        draft.save(update_fields=["data", "updated_at"])
        return draft
    if ProjectDraft.objects.filter(by=by).count() >= MOST_DRAFTS:
        raise ValidationError(_("草稿不能超过 %(limit)s 份，请先完成或删除旧的。") % {"limit": MOST_DRAFTS})
    return ProjectDraft.objects.create(by=by, data=dict(data))


def drop_draft(*, by: User, draft: ProjectDraft) -> None:
    """Throw one's own draft away."""
    if draft.by_id != by.pk:
        raise PermissionDenied
    draft.delete()


def _may(by: User | None) -> None:
    if by is not None:
        require(by, Permission.MANAGE_LIBRARIES)


def _record(
    by: User | None, verb: str, subject: str, said: dict[str, Any], before: list[Any], after: list[Any]
) -> None:
    trail.record(by=by, verb=verb, subject=subject, data={**said, "before": before, "after": after})
