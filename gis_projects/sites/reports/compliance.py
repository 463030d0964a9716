"""合规性检测报告: verdict, map, findings, what was not checked, present land, 坐标成果表, evidence."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

import layers.queries
from gis_projects.people.models import User
from gis_projects.sentences import crs_label
from gis_projects.sites import presenting
from gis_projects.sites.reports import maps, paper
from gis_projects.sites.templatetags.check_words import measure_words
from gis_projects.sites.withholding import for_reader, remarks
from siting import certificates, wording
from siting.boundaries import declared_from_json
from siting.engine.boundary import DeclaredBoundary
from siting.engine.verdict import Outcome, Severity, Verdict
from siting.formats import coordinate_table
from siting.models import Check
from siting.rulebook import pinned
from siting.versions import stored

#: A plot's table stops here; the whole list travels as coordinate text.
MAX_ROWS = 500


def pdf(check: Check, *, reader: User, verify_at: str) -> bytes:
    """Return the report of one check as a sealed PDF (A4), without what the reader may not read of its layers.

    ``verify_at`` is the address that its QR code leads to.
    """
    certificate = for_reader(reader, certificates.certificate(check))
    html = render_to_string("sites/report.html", context(check, reader, verify_at=verify_at))
    return paper.sealed(html, certificate)


def context(check: Check, reader: User, *, verify_at: str) -> dict[str, Any]:
    """Everything that the report's template prints."""
    version = check.site_version
    boundary = stored(version)
    signed = for_reader(reader, certificates.certificate(check))
    result = presenting.translated(signed)
    read = presenting.layers_of(result["manifest"])
    rulebook = presenting.rulebook_data(
        pinned(check.rulebook.code, check.rulebook.version, presenting.day(result["on"]))
    )
    rule_names = {rule["code"]: rule["name"] for rule in rulebook["rules"]}
    levels = [str(level) for level in Severity]
    result["findings"].sort(key=lambda finding: levels.index(finding["severity"]))
    for finding in result["findings"]:
        finding["layer_name"] = read[finding["layer"]].name if finding["layer"] in read else finding["layer"]
        finding["severity_word"] = wording.SEVERITIES[Severity(finding["severity"])]
        finding["outcome_word"] = wording.OUTCOMES[Outcome(finding["outcome"])]
        finding["approval"] = presenting.approval_of(finding)
        finding["measure_word"] = measure_words(finding["measure"]) if finding.get("measure") else ""
    for item in result["not_checked"]:
        item["name"] = rule_names.get(item["rule"], item["rule"])
    pinned_versions = layers.queries.pinned(
        {code: entry["version"] for code, entry in result["manifest"].items()}
    )
    notices = [*presenting.notices_of(read), *(presenting.sentence(note) for note in remarks(result))]
    drawn = maps.site_map(
        boundary,
        result["findings"],
        versions=pinned_versions,
        read=read,
        title=gettext("项目边界与冲突位置图"),
        notices=notices,
    )
    table = coordinate_table.in_plane(declared_from_json(version.declared))
    return {
        "check": check,
        "project": version.site.project,
        "site_version": version,
        "result": result,
        "verdict_word": wording.VERDICTS[Verdict(check.verdict)],
        "declared_word": presenting.declared_word(result["site"]["declared_matches"]),
        "given_facts": _given_facts(rulebook, result["facts"]),
        "notices": notices,
        "map": mark_safe(drawn.svg),  # noqa: S308 - drawn by us; every text in it is escaped
        "key": maps.severity_key(result["findings"]),
        "land_key": drawn.land_key,
        "clear_names": [rule_names.get(code, code) for code in result["clear"]],
        "coordinate_crs": crs_label(table.crs),
        "coordinate_plots": coordinate_plots(table),
        "verify_at": verify_at,
        "qr": paper.qr(verify_at),
        "manifest": [
            {
                "code": code,
                "name": read[code].name if code in read else code,
                **entry,
            }
            for code, entry in result["manifest"].items()
        ],
    }


def _given_facts(rulebook: dict[str, Any], facts: dict[str, str]) -> list[dict[str, str]]:
    rows = []
    for fact in rulebook["facts"]:
        if fact["name"] in facts:
            labels = {choice["value"]: choice["label"] for choice in fact["choices"]}
            value = facts[fact["name"]]
            rows.append({"question": fact["question"], "answer": labels.get(value, value)})
    return rows


def coordinate_plots(table: DeclaredBoundary) -> list[dict[str, Any]]:
    plots = []
    for plot, rows in zip(table.plots, coordinate_table.rows(table), strict=True):
        plots.append(
            {
                "title": " ".join(part for part in (plot.number, plot.name, plot.use) if part),
                "rows": rows[:MAX_ROWS],
                "cut": max(0, len(rows) - MAX_ROWS),
            }
        )
    return plots
