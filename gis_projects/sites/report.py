"""The check as a PDF: verdict, map as vector, findings, what was not checked, 坐标成果表, evidence."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import shapely
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

import layers.queries
from gis_projects.people.models import User
from gis_projects.sentences import crs_label
from gis_projects.sites import presenting
from gis_projects.sites.drawing import Frame, Shape, draw, look_of, severity_shape, swatch
from gis_projects.sites.withholding import for_reader, remarks
from layers.models import Layer
from siting import certificates, wording
from siting.boundaries import declared_from_json
from siting.checks import PRESENT_LAND_LAYER
from siting.engine.boundary import Boundary
from siting.engine.crs import DeclaredCrs, to_degrees
from siting.engine.verdict import Outcome, Severity, Verdict
from siting.formats import coordinate_table
from siting.models import Check
from siting.rulebook import pinned
from siting.versions import stored

#: A plot's table stops here; the whole list travels as coordinate text.
MAX_ROWS = 500
MAX_LABELS = 60


@lru_cache(maxsize=1)
def _fonts() -> FontConfiguration:
    """Fonts are looked up once a process: that costs more than a page."""
    return FontConfiguration()


def pdf(check: Check, *, reader: User) -> bytes:
    """Return the report of one check as a PDF (A4), without what the reader may not read of its layers."""
    html = render_to_string("sites/report.html", context(check, reader))
    return HTML(string=html, url_fetcher=_no_outside).write_pdf(font_config=_fonts())


def _no_outside(url: str, *args: Any, **kwargs: Any) -> Any:
    """A report holds all it shows: nothing is fetched, from disk or from the network."""
    raise ValueError(f"a report fetches nothing: {url}")


def context(check: Check, reader: User) -> dict[str, Any]:
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
    for item in result["not_checked"]:
        item["name"] = rule_names.get(item["rule"], item["rule"])
    pinned_versions = layers.queries.pinned(
        {code: entry["version"] for code, entry in result["manifest"].items()}
    )
    notices = [*presenting.notices_of(read), *(presenting.sentence(note) for note in remarks(result))]
    svg, land_key = _map(boundary, result, pinned_versions, read, notices)
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
        "map": mark_safe(svg),  # noqa: S308 - drawn by us; every text in it is escaped
        "key": _key(result),
        "land_key": land_key,
        "clear_names": [rule_names.get(code, code) for code in result["clear"]],
        "coordinate_crs": crs_label(table.crs),
        "coordinate_plots": _coordinate_plots(table),
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


def _key(result: dict[str, Any]) -> list[dict[str, str]]:
    """The severities that the map shows, strictest first."""
    shown = {finding["severity"] for finding in _drawn(result)}
    return [
        {
            "severity": str(level),
            "swatch": mark_safe(swatch(level)),  # noqa: S308 - drawn by us
            "label": str(wording.SEVERITIES[level]),
        }
        for level in Severity
        if level in shown
    ]


def _drawn(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings that the map shows; what only informs would cover the rest."""
    return [
        finding
        for finding in result["findings"]
        if finding["geometry"] and finding["severity"] != Severity.INFORMATIVE
    ]


def _coordinate_plots(table: Any) -> list[dict[str, Any]]:
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


def _conflicts(result: dict[str, Any]) -> list[Shape]:
    """One shape for each severity, without the ground that a stricter one already marks: hatches never pile up."""
    shapes: list[Shape] = []
    marked = shapely.MultiPolygon()
    for level in Severity:
        pieces = [
            shapely.geometry.shape(finding["geometry"])
            for finding in _drawn(result)
            if finding["severity"] == level
        ]
        if pieces:
            ground = shapely.union_all(pieces)
            shapes.append(severity_shape(shapely.difference(ground, marked), level))
            marked = shapely.union(marked, ground)
    return shapes


def _map(
    boundary: Boundary,
    result: dict[str, Any],
    versions: dict[str, layers.queries.PinnedVersion],
    read: dict[str, Layer],
    notices: list[str],
) -> tuple[str, list[dict[str, str]]]:
    """Draw the site on the parcels around it with every conflict piece; also the classes drawn, for the key."""
    zone = DeclaredCrs(4513 + round(boundary.central_meridian / 3) - 25)  # with the prefix, as in the table
    frame = Frame.around(boundary.geometry, zone)
    shapes: list[Shape] = []
    land_key: dict[str, dict[str, str]] = {}
    if (land := versions.get(PRESENT_LAND_LAYER)) is not None:
        layer = read[land.layer]
        found = layers.queries.candidates({land.layer: land}, frame.window)[land.layer]
        for geometry, code in zip(found.geometries, found.classes, strict=True):
            look, fill = look_of(layer.style, code)
            shapes.append(Shape(geometry, fill=fill, stroke="#9a9a9a", width=0.8, opacity=0.55))
            if fill != "none":
                label = layer.class_names.get(look) or layer.class_names.get(code) or look or layer.name
                land_key.setdefault(fill, {"fill": fill, "label": f"{look} {label}".strip()})
    shapes += _conflicts(result)
    shapes.append(Shape(boundary.geometry, stroke="#cc0000", width=5))
    title = gettext("项目边界与冲突位置图")
    svg = draw(frame, shapes, points=_points(boundary), title=title, notices=notices)
    return svg, list(land_key.values())


def _points(boundary: Boundary) -> list[tuple[float, float, str]]:
    """The declared points with their numbers, where they are few enough to be read."""
    points = [
        (float(lon), float(lat), number)
        for plot in boundary.declared.plots
        for ring in plot.rings
        for (lon, lat), number in zip(to_degrees(ring.xy, boundary.declared.crs), ring.numbers, strict=True)
    ]
    return points if len(points) <= MAX_LABELS else []
