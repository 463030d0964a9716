"""`diff_layer CODE V1 V2 [--json] [--matrix] [--csv FILE]`: what a version of a layer has and another hasn't."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.atlas.api.differences import change_data, flow_data, version_data
from gis_projects.atlas.differences import (
    condensed,
    flow_header,
    flow_table,
    kind_label,
    rows_header,
    rows_table,
)
from gis_projects.exports import csv_lines
from gis_projects.sentences import sentence
from layers import changes
from layers.changes import ChangeKind, Flow, Summary
from layers.models import LayerVersion, Status
from layers.notices import Refused


class Command(BaseCommand):
    help = (
        "Compare two versions of a layer, also a staged one: counts, with --matrix the area flow from class to "
        "class, with --rows or --csv every difference. Exit 0 done, 1 if they can't be compared."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="the layer's code")
        parser.add_argument("before", type=int, metavar="V1", help="number of one version")
        parser.add_argument("after", type=int, metavar="V2", help="number of the other")
        parser.add_argument("--json", action="store_true", help="print the answer for programs")
        parser.add_argument("--matrix", action="store_true", help="also the area flow matrix (m²)")
        parser.add_argument("--rows", action="store_true", help="also every difference")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write every difference to a CSV file")

    def handle(self, *, code: str, before: int, after: int, **options: Any) -> None:
        versions = [_version(code, number) for number in (before, after)]
        try:
            summary = changes.summary(*versions)
            flow = changes.flow(*versions) if options["matrix"] else None
        except Refused as error:
            raise CommandError("；".join(map(str, error.notices))) from error
        if options["csv"] is not None:
            self._write(options["csv"], versions)
        if options["json"]:
            self._tell_programs(versions, summary, flow, rows=options["rows"])
        else:
            self._tell(versions, summary, flow, rows=options["rows"])

    def _write(self, path: Path, versions: Sequence[LayerVersion]) -> None:
        a, b = versions
        rows = rows_table(changes.every(a, b), a.class_names, b.class_names)
        try:
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                file.writelines(csv_lines(rows_header(), rows))
        except OSError as error:
            raise CommandError(f"{path}：{error.strerror}") from error

    def _tell_programs(
        self, versions: Sequence[LayerVersion], summary: Summary, flow: Flow | None, *, rows: bool
    ) -> None:
        a, b = versions
        answer: dict[str, Any] = {
            "layer": a.layer.code,
            "from": version_data(a),
            "to": version_data(b),
            **summary.counts(),
            "changed": summary.changed,
            "bounds": summary.bounds,
            "by_class": [{**vars(part), "kind": str(part.kind)} for part in summary.by_class],
        }
        if flow is not None:
            answer["flow"] = flow_data(flow, a, b)
        if rows:
            answer["changes"] = [change_data(change) for change in changes.every(a, b)]
        self.stdout.write(json.dumps(answer, ensure_ascii=False))

    def _tell(
        self, versions: Sequence[LayerVersion], summary: Summary, flow: Flow | None, *, rows: bool
    ) -> None:
        a, b = versions
        self.stdout.write(f"图层 {a.layer.code} {a.layer_name}：第 {a.number} 版 → 第 {b.number} 版")
        counts = [(kind_label(kind), str(getattr(summary, kind))) for kind in ChangeKind]
        self._table([[*pair] for pair in [*counts, ("未变", str(summary.unchanged))]])
        if rows:
            header = rows_header()
            self._table(
                [
                    header,
                    *(
                        [*map(_cell, row)]
                        for row in rows_table(changes.every(a, b), a.class_names, b.class_names)
                    ),
                ]
            )
        if flow is None:
            return
        if flow.why is not None:
            self.stdout.write(sentence(flow.why))
            return
        flow = condensed(flow)
        if not flow.classes_before and not flow.classes_after:
            self.stdout.write("没有一块地改变类别。")
            return
        self.stdout.write("面积流向（平方米，只列有变化的类别）")
        matrix = [flow_header(flow, b.class_names), *flow_table(flow, a.class_names)]
        self._table([[*map(_cell, row)] for row in matrix])

    def _table(self, rows: list[list[str]]) -> None:
        """Columns set with spaces; a Chinese character is two of them wide."""
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            first, *others = (
                (text, " " * (width - _width(text))) for text, width in zip(row, widths, strict=True)
            )
            cells = ["".join(first), *(space + text for text, space in others)]
            self.stdout.write("  " + "  ".join(cells).rstrip())


def _version(code: str, number: int) -> LayerVersion:
    rows = (
        LayerVersion.objects.select_related("layer")
        .defer("coverage", "report")
        .exclude(status=Status.STAGING)
    )
    found = rows.filter(layer__code=code, number=number).first()
    if found is None:
        raise CommandError(f"图层 {code} 没有第 {number} 版。")
    return found


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return "·" if isinstance(value, Decimal) and not value else str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
