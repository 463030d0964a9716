"""`load_layer CODE FILE --by USER --approved-by OTHER`: the next version of a layer from a file, or nothing at all."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.atlas.actions.publications import publish_layer, stage_layer
from gis_projects.management.persons import one_line, user_named
from layers.models import Kind, LayerVersion, Secrecy
from layers.notices import Refused
from layers.progress import Phase, silent
from layers.publishing import LoadReport, report_of
from layers.reading import read_features


class Command(BaseCommand):
    help = (
        "Bring a file (shapefile or FileGDB in a zip, GeoPackage, GeoJSON, FlatGeobuf, GeoParquet, KML, DXF, CSV; "
        "GeoTIFF for a raster layer) as the next version of a layer. One person brings it, another approves it, "
        "here at once or later (--stage-only, then publish_layer). Exit 0 done, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="the layer's code")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--by", required=True, metavar="USER", help="who brings it")
        approval = parser.add_mutually_exclusive_group(required=True)
        approval.add_argument("--approved-by", metavar="OTHER", help="who lets it through")
        approval.add_argument(
            "--stage-only", action="store_true", help="leave it staged for someone's approval"
        )
        parser.add_argument(
            "--reason", default="", help="kept with the publication; needed where the quality asks for one"
        )
        parser.add_argument("--create", action="store_true", help="make the layer if it doesn't exist")
        parser.add_argument("--name", help="… with this name")
        parser.add_argument("--theme", default="", help="… under this theme")
        parser.add_argument("--kind", choices=Kind.values, default=None, help="… of this kind")
        parser.add_argument("--class-system", default="", help="… with class codes of this system")
        parser.add_argument("--standard", default="", help="… with the fields of this standard")
        parser.add_argument("--authority", default="", help="… under this authority")
        parser.add_argument(
            "--secrecy", choices=Secrecy.values, default=Secrecy.INTERNAL, help="… this secret"
        )
        parser.add_argument(
            "--coverage", type=Path, metavar="FILE", help="polygons where the layer can be asked"
        )
        parser.add_argument("--epsg", type=int, help="coordinate system of a file that declares none")
        parser.add_argument("--layer", dest="layer_name", help="which layer of a file with several")
        parser.add_argument(
            "--swap-axes",
            action="store_true",
            help="the file has northing or latitude first, against its CRS",
        )
        parser.add_argument("--band", type=int, help="which band of a raster with several, from 1 on")
        parser.add_argument(
            "--mapping", nargs="+", type=_pair, default=None, metavar="FIELD=NAME",
            help="the standard's fields and what the file calls them",
        )  # fmt: skip
        parser.add_argument("--date", type=date.fromisoformat, help="date of the data (YYYY-MM-DD)")
        parser.add_argument("--legal-source", default="", help="the approval or law that it rests on")
        parser.add_argument("--valid-from", type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--valid-to", type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--json", action="store_true", help="print the report for programs")

    def handle(self, *, code: str, file: Path, **options: Any) -> None:
        verbose = options["verbosity"] > 1
        given: dict[str, Any] = {
            "code": code,
            "source": file,
            "create": _new_layer(code, file, options) if options["create"] else None,
            "epsg": options["epsg"],
            "layer_name": options["layer_name"],
            "swap_axes": options["swap_axes"],
            "band": options["band"],
            "mapping": dict(options["mapping"]) if options["mapping"] else None,
            "source_date": options["date"],
            "legal_source": options["legal_source"],
            "valid_from": options["valid_from"],
            "valid_to": options["valid_to"],
            "progress": self._progress if verbose else silent,
        }
        by = user_named(options["by"])
        try:
            given["coverage"] = _coverage(options["coverage"])
            if options["stage_only"]:
                version = stage_layer(by=by, request=options["reason"], **given)
                self._tell(report_of(version, seconds=0.0), version, as_json=options["json"])
                return
            approver = user_named(options["approved_by"])
            report = publish_layer(by=by, approved_by=approver, reason=options["reason"], **given)
        except (PermissionDenied, Refused, ValidationError) as error:
            raise CommandError(one_line(error)) from error
        self._tell(report, None, as_json=options["json"])

    def _progress(self, phase: Phase, done: int, total: int) -> None:
        self.stderr.write(f"{phase}({done}/{total})")

    def _tell(self, report: LoadReport, staged: LayerVersion | None, *, as_json: bool) -> None:
        for repair in report.details.get("repaired", []):
            self.stderr.write(
                f"已修复 {repair['key']}：{repair['reason']}，"
                f"面积 {repair['area_before']:.2f} → {repair['area_after']:.2f} 平方米"
            )
        for rejection in report.details.get("rejected", []):
            self.stderr.write(f"已剔除 {rejection['key']}：{rejection['reason']}")
        for notice in [*report.details.get("notices", []), *report.quality.get("because", [])]:
            self.stderr.write(notice["template"] % notice["params"])
        if as_json:
            body = report.to_json() | ({"status": staged.status} if staged is not None else {})
            self.stdout.write(json.dumps(body, ensure_ascii=False))
            return
        became = "已发布" if staged is None else "已入库，等待另一人发布"
        self.stdout.write(
            f"图层 {report.layer} 第 {report.version} 版{became}：{report.features} 个要素"
            f"（新增 {report.added}、删除 {report.removed}、变更 {report.changed}、未变 {report.unchanged}、"
            f"修复 {report.repaired}、剔除 {report.rejected}）"
            + (f"，用时 {report.seconds:.1f} 秒" if staged is None else "")
        )


def _pair(text: str) -> tuple[str, str]:
    field, equals, name = text.partition("=")
    if not equals or not field or not name:
        raise argparse.ArgumentTypeError(f"{text}: FIELD=NAME")
    return field, name


def _new_layer(code: str, file: Path, options: dict[str, Any]) -> dict[str, Any]:
    raster = file.suffix.lower() in (".tif", ".tiff")
    return {
        "name": options["name"] or code,
        "theme": options["theme"],
        "kind": options["kind"] or (Kind.RASTER if raster else Kind.VECTOR),
        "class_system": options["class_system"],
        "standard": options["standard"],
        "authority": options["authority"],
        "secrecy": options["secrecy"],
    }


def _coverage(path: Path | None) -> Any:
    if path is None:
        return None
    geometries = read_features(path).geometries
    return shapely.union_all(shapely.make_valid(geometries[~np.asarray(shapely.is_missing(geometries))]))
