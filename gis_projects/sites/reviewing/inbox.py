"""The inbox's rows, for the page, the API and the export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from gis_projects.sites import presenting
from gis_projects.sites.models.reviews import Review, ReviewState
from gis_projects.sites.queries import reviews as queries
from gis_projects.sites.reviewing.data import person
from siting import wording
from siting.checks import DEFAULT_RULEBOOK
from siting.engine.verdict import Verdict
from siting.models import Check
from siting.rulebook import NoRulebook, in_force


def rows_data(checks: Iterable[Check]) -> Iterator[dict[str, Any]]:
    """The inbox's rows, for the page, the API and the export."""
    listed = list(checks)
    progress = queries.progress(listed)
    for check in listed:
        review = getattr(check, "review", None) or Review(answer=check)
        yield {
            "check": check,
            "project": check.site_version.site.project,
            "state": str(review.state),
            "state_label": str(ReviewState(review.state).label),
            "assignee": None if review.assignee is None else person(review.assignee),
            "assignee_id": review.assignee_id,
            "submitted_at": review.submitted_at,
            "progress": progress[check.pk],
        }


def columns() -> list[str]:
    """The heads of the inbox as an export."""
    return [
        gettext("检查编号"),
        gettext("项目代码"),
        gettext("项目名称"),
        gettext("地区"),
        gettext("边界版本"),
        gettext("结论"),
        gettext("复核状态"),
        gettext("复核人"),
        gettext("提请时间"),
        gettext("须定"),
        gettext("已定"),
        gettext("检查时间"),
        gettext("摘要"),
    ]


def export_rows(checks: Iterable[Check]) -> Iterator[list[Any]]:
    """The inbox as an export's rows."""
    for row in rows_data(checks):
        check, project = row["check"], row["project"]
        yield [
            check.pk,
            project.code,
            project.name,
            project.region.name,
            check.site_version.number,
            str(wording.VERDICTS[Verdict(check.verdict)]),
            row["state_label"],
            row["assignee"] or "",
            timezone.localtime(row["submitted_at"]) if row["submitted_at"] else None,
            row["progress"].needed,
            row["progress"].decided,
            timezone.localtime(check.created_at),
            check.digest,
        ]


def rule_names(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes of rules with their names in the rulebook in force; a rule that is no longer there keeps its code."""
    try:
        book = presenting.rulebook_data(in_force(DEFAULT_RULEBOOK, timezone.localdate()))
    except NoRulebook:
        return [(code, code) for code in codes]
    names = {rule["code"]: rule["name"] for rule in book["rules"]}
    return [(code, names.get(code, code)) for code in codes]
