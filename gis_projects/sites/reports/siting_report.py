"""选址论证报告: what the platform computes of a site, chapter by chapter, and what staff wrote beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from gis_projects.library.models import Project
from gis_projects.library.money import Unit, show
from gis_projects.people.models import User
from gis_projects.sentences import listed
from gis_projects.sites.models.statements import Chapter
from gis_projects.sites.presenting_alternatives import stale_words
from gis_projects.sites.queries import alternatives, statements
from gis_projects.sites.reports import compliance, paper, word
from gis_projects.sites.reports.sensitive import Condition, conditions
from gis_projects.sites.reviewing.data import review_of
from gis_projects.sites.withholding import for_reader
from siting import certificates, wording
from siting.engine.verdict import Outcome, Severity, Verdict
from siting.models import Check

_SQUARE_METRES_PER_HECTARE = 10_000


def pdf(check: Check, *, reader: User, verify_at: str) -> bytes:
    """Return the report as a PDF that carries its check and is sealed over every byte."""
    certificate = for_reader(reader, certificates.certificate(check))
    html = render_to_string("sites/siting_report.html", context(check, reader, verify_at=verify_at))
    return paper.sealed(html, certificate)


def docx(check: Check, *, reader: User, verify_at: str) -> bytes:
    """Return the report as a Word file to go on writing in."""
    return word.fill("siting_report.docx", context(check, reader, verify_at=verify_at))


def context(check: Check, reader: User, *, verify_at: str) -> dict[str, Any]:
    """Everything that the report's templates print."""
    project = check.site_version.site.project
    told = compliance.context(check, reader, verify_at=verify_at)
    rule_names = {finding["rule"]: finding["name"] for finding in told["result"]["findings"]}
    rule_names |= {item["rule"]: item["name"] for item in told["result"]["not_checked"]}
    review = review_of(reader, check)
    return told | {
        "alternatives": _alternatives(project, reader),
        "texts": texts(project),
        "investment": investment(project),
        "authorities": _authorities(told["result"]["findings"]),
        "opinions": review["spoken"],
        "sign_off": review["sign_off"],
        "conditions": [_condition_data(found, rule_names) for found in conditions(told["result"])],
        "land": land_use(told["result"]),
        "conclusion": conclusion(check, told["result"]),
    }


def _alternatives(project: Project, reader: User) -> dict[str, Any] | None:
    """The table of the alternatives in words, and which was chosen why; None where none was ever compared.

    What was chosen stands in the choice's own snapshot: the drafts may have gone since.
    """
    compared = alternatives.comparison(project, reader=reader)
    choice = compared.choices[0] if compared.choices else None
    if not compared.alternatives and choice is None:
        return None
    head = alternatives.table_head(compared)
    return {
        "head": head,
        "rows": [
            {"label": row[0], "weight": row[1], "cells": [_cell(value) for value in row[3:]], "unit": row[2]}
            for row in alternatives.table_rows(compared)
            if row[0] != _("检查摘要")  # 64 digits for machines
        ]
        if compared.alternatives
        else [],
        "options": [
            {
                "name": row.name,
                "verdict": str(wording.VERDICTS[Verdict(row.verdict)]),
                "area_m2": row.area_m2,
                "score": f"{row.score:.3f}",
                "rank": row.rank,
                "chosen": choice is not None and choice.name == row.name,
            }
            for row in compared.table.rows
        ],
        "chosen": choice.name if choice else "",
        "reason": choice.reason if choice else "",
        "stale": stale_words(reader, compared),
    }


def _cell(value: Any) -> str:
    return "—" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)


def texts(project: Project) -> dict[str, list[str]]:
    """What staff wrote, as paragraphs by chapter; every chapter has an entry."""
    standing = statements.standing(project)
    return {
        str(chapter): [line for line in standing[chapter].text.splitlines() if line.strip()]
        if chapter in standing
        else []
        for chapter in Chapter
    }


def investment(project: Project) -> dict[str, str | None]:
    """What is planned to be spent (万元), and what the site would carry of it per hectare."""
    record = project.investments.first()
    site = project.site.current if project.site else None
    if record is None:
        return {"planned_wan": None, "per_hectare_wan": None}
    hectares = Decimal(str(site.area_m2)) / _SQUARE_METRES_PER_HECTARE if site else None
    return {
        "planned_wan": show(record.planned_yuan, Unit.WAN, places=2),
        "per_hectare_wan": show(record.planned_yuan / hectares, Unit.WAN, places=2) if hectares else None,
    }


def land_use(result: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The present land by 农用地, 建设用地 and 未利用地 with cropland named apart; None where it isn't known.

    Areas add up to the site's, shares to one.
    """
    if result["present_land"] is None:
        return None
    whole = result["site"]["area_m2"]
    groups: dict[str, float] = {}
    cropland = 0.0
    for row in result["present_land"]:
        groups[row["group"]] = groups.get(row["group"], 0.0) + row["area_m2"]
        cropland += row["area_m2"] if str(row["code"]).startswith("01") else 0.0
    rows = [
        {"name": name, "area_m2": round(area, 2), "share": area / whole, "of": False}
        for name, area in groups.items()
    ]
    return [
        *rows,
        {"name": _("其中耕地"), "area_m2": round(cropland, 2), "share": cropland / whole, "of": True},
    ]


def conclusion(check: Check, result: Mapping[str, Any]) -> list[str]:
    """What follows from the check, in sentences; what nobody looked at is said too."""
    verdict = Verdict(check.verdict)
    said = [_("合规性检测结论为“%(verdict)s”。") % {"verdict": wording.VERDICTS[verdict]}]
    hits = [
        finding
        for finding in result["findings"]
        if finding["outcome"] == Outcome.HIT and finding["severity"] != Severity.INFORMATIVE
    ]
    if hits:
        said.append(_("涉及 %(n)s 项管控要求，须按所列依据和主管部门意见办理。") % {"n": len(hits)})
    if result["not_checked"]:
        said.append(
            _("有 %(n)s 条规则未能检查，未检查不等于没有冲突，补齐资料后应重新检查。")
            % {"n": len(result["not_checked"])}
        )
    return said


def _condition_data(found: Condition, names: Mapping[str, str]) -> dict[str, str]:
    label = _("没有规则涉及，须另行核实") if found.outcome is None else str(wording.OUTCOMES[found.outcome])
    of = listed(names[code] for code in found.rules if code in names)
    return {"name": _(found.name), "outcome": str(found.outcome or "none"), "label": label, "rules": of}


def _authorities(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The departments to be asked, each with the findings that ask for it."""
    asked: dict[str, list[str]] = {}
    for finding in findings:
        asked.setdefault(finding["authority"], []).append(finding["name"])
    return [{"name": name, "rules": listed(rules)} for name, rules in asked.items()]
