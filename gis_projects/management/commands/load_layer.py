"""`load_layer CODE FILE --by USER --approved-by OTHER`: the next version of a layer from a file, or nothing at all."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.atlas.actions.publications import publish_layer
from gis_projects.people.models import User
from layers.models import Kind, Secrecy
from layers.notices import Refused
from layers.progress import Phase, silent
from layers.publishing import LoadReport
from layers.reading import read_features


class Command(BaseCommand):
    help = (
        "Publish a file (GeoJSON, zipped shapefile, GeoPackage; GeoTIFF for a raster layer) as the next version "
        "of a layer. One person brings it, another approves it. Exit 0 done, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="the layer's code")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--by", required=True, metavar="USER", help="who brings it")
        parser.add_argument("--approved-by", required=True, metavar="OTHER", help="who lets it through")
        parser.add_argument("--reason", default="", help="kept with the publication")
        parser.add_argument("--create", action="store_true", help="make the layer if it doesn't exist")
        parser.add_argument("--name", help="… with this name")
        parser.add_argument("--theme", default="", help="… under this theme")
        parser.add_argument("--kind", choices=Kind.values, default=None, help="… of this kind")
        parser.add_argument("--class-system", default="", help="… with class codes of this system")
        parser.add_argument("--authority", default="", help="… under this authority")
        parser.add_argument(
            "--secrecy", choices=Secrecy.values, default=Secrecy.INTERNAL, help="… this secret"
        )
        parser.add_argument(
            "--coverage", type=Path, metavar="FILE", help="polygons where the layer can be asked"
        )
        parser.add_argument("--epsg", type=int, help="coordinate system of a file that declares none")
        parser.add_argument("--layer", dest="layer_name", help="which layer of a file with several")
        parser.add_argument("--date", type=date.fromisoformat, help="date of the data (YYYY-MM-DD)")
        parser.add_argument("--json", action="store_true", help="print the report for programs")

    def handle(self, *, code: str, file: Path, **options: Any) -> None:
        verbose = options["verbosity"] > 1
        try:
            report = publish_layer(
                by=_user(options["by"]),
                approved_by=_user(options["approved_by"]),
                code=code,
                source=file,
                create=_new_layer(code, file, options) if options["create"] else None,
                coverage=_coverage(options["coverage"]),
                epsg=options["epsg"],
                layer_name=options["layer_name"],
                source_date=options["date"],
                reason=options["reason"],
                progress=self._progress if verbose else silent,
            )
        except PermissionDenied as error:
            raise CommandError(str(error)) from error
        except Refused as error:
            raise CommandError(";".join(str(notice) for notice in error.notices)) from error
        except ValidationError as error:
            raise CommandError(";".join(error.messages)) from error
        self._tell(report, as_json=options["json"])

    def _progress(self, phase: Phase, done: int, total: int) -> None:
        self.stderr.write(f"{phase}({done}/{total})")

    def _tell(self, report: LoadReport, *, as_json: bool) -> None:
        for repair in report.details.get("repaired", []):
            self.stderr.write(
                f"已修复 {repair['key']}:{repair['reason']},"
                f"面积 {repair['area_before']:.2f} → {repair['area_after']:.2f} 平方米"
            )
        for rejection in report.details.get("rejected", []):
            self.stderr.write(f"已剔除 {rejection['key']}:{rejection['reason']}")
        for notice in report.details.get("notices", []):
            self.stderr.write(notice["template"] % notice["params"])
        if as_json:
            self.stdout.write(json.dumps(report.to_json(), ensure_ascii=False))
            return
        self.stdout.write(
            f"图层 {report.layer} 第 {report.version} 版已发布:{report.features} 个要素"
            f"(新增 {report.added}、删除 {report.removed}、变更 {report.changed}、未变 {report.unchanged}、"
            f"修复 {report.repaired}、剔除 {report.rejected}),用时 {report.seconds:.1f} 秒"
        )


def _user(name: str) -> User:
    try:
        return User.objects.get(username=name, is_active=True)
    except User.DoesNotExist as error:
        raise CommandError(f"没有名为 {name} 的可用账号。") from error


def _new_layer(code: str, file: Path, options: dict[str, Any]) -> dict[str, Any]:
    raster = file.suffix.lower() in (".tif", ".tiff")
    return {
        "name": options["name"] or code,
        "theme": options["theme"],
        "kind": options["kind"] or (Kind.RASTER if raster else Kind.VECTOR),
        "class_system": options["class_system"],
        "authority": options["authority"],
        "secrecy": options["secrecy"],
    }


def _coverage(path: Path | None) -> Any:
    if path is None:
        return None
    geometries = read_features(path).geometries
    return shapely.union_all(shapely.make_valid(geometries[~np.asarray(shapely.is_missing(geometries))]))
