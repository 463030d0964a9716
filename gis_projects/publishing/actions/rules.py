"""The presets of disclosure."""

from __future__ import annotations

from django.db import transaction

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.publishing import copying
from gis_projects.publishing.models import DisclosureRule
from gis_projects.trail import actions as trail


@transaction.atomic
def save_rule(*, by: User, rule: DisclosureRule, fields: list[str]) -> DisclosureRule:
    """Write a preset, with its source; who discloses does, within the reach of their region.

    Raises
    ------
    ValidationError
        A part is missing or can't be.
    """
    require(by, Permission.DISCLOSE_PROJECTS, Scope(region=rule.region_id) if rule.region_id else None)
    before = DisclosureRule.objects.filter(pk=rule.pk).first() if rule.pk else None
    if before is not None and before.region_id:
        require(by, Permission.DISCLOSE_PROJECTS, Scope(region=before.region_id))
    rule.fields = [name for name in copying.OPTIONAL if name in fields]
    rule.full_clean()
    rule.save()
    trail.record(
        by=by,
        verb="disclosure.save_rule",
        subject=f"publishing.rule:{rule.pk}",
        data={
            "name": rule.name,
            "document": rule.document,
            "before": _said(before) if before else {},
            "after": _said(rule),
        },
    )
    return rule


def _said(rule: DisclosureRule) -> dict[str, object]:
    return {
        "basis": rule.basis,
        "document": rule.document,
        "fields": rule.fields,
        "form": rule.form,
        "precision_m": rule.precision_m,
        "region": rule.region_id,
        "authority": rule.authority_id,
        "results_chosen": rule.results,
        "offered": rule.offered,
    }
