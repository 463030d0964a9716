"""`compare_plans A B [--versions a b] [--crosswalk CODE] [--json] [--out FILE.gpkg]`: one plan against another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.management.persons import one_line, user_named
from gis_projects.sentences import listed
from gis_projects.sites.actions.comparisons import keep
from gis_projects.sites.comparing import tables
from layers.models import IN_FORCE_ONCE, LayerVersion, Status
from layers.notices import Refused
from layers.queries import PinnedVersion
from siting.conflicts import publishing, run, store
from siting.conflicts.run import Answer
from siting.models import Crosswalk


class Command(BaseCommand):
    help = (
        "Hold one layer against another by a crosswalk of compatible classes: sums, class matrix and conflict patches. "
        "With --by the comparison is kept in that person's name. Exit 0 done, 1 if they can't be compared."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("a", metavar="A", help="code of the one layer")
        parser.add_argument("b", metavar="B", help="code of the other")
        parser.add_argument(
            "--versions",
            type=int,
            nargs=2,
            metavar=("a", "b"),
            help="their numbers; those in force by default",
        )
        parser.add_argument(
            "--crosswalk", metavar="CODE", help="which crosswalk; the one between their systems by default"
        )
        parser.add_argument(
            "--sliver-width",
            type=float,
            default=run.SLIVER_WIDTH_M,
            metavar="M",
            help="metres (default %(default)s)",
        )
        parser.add_argument("--processes", type=int, default=run.PROCESSES, metavar="N")
        parser.add_argument("--json", action="store_true", help="print the answer for programs")
        parser.add_argument("--out", type=Path, metavar="FILE.gpkg", help="write the patches to a GeoPackage")
        parser.add_argument("--by", metavar="USER", help="keep the comparison in this person's name")

    def handle(self, *, a: str, b: str, **options: Any) -> None:
        publishing.ship()
        numbers = options["versions"] or (None, None)
        try:
            versions = [_version(code, number) for code, number in zip((a, b), numbers, strict=True)]
            by = user_named(options["by"]) if options["by"] else None
            a_version, b_version = versions
            asked = run.question(
                a_version, b_version, _crosswalk(options["crosswalk"]), options["sliver_width"]
            )
            answer = run.compare(asked, processes=max(1, options["processes"]))
            if options["out"] is not None:
                _write(options["out"], answer, versions)
            kept = keep(by=by, answer=answer) if by is not None else None
        except Refused as error:
            raise CommandError(one_line(error)) from error
        except PermissionDenied as error:
            raise CommandError(f"{options['by']} 没有比对规划的权限。") from error
        if options["json"]:
            self.stdout.write(json.dumps(_data(answer, kept.pk if kept else None), ensure_ascii=False))
        else:
            self._tell(answer, kept.pk if kept else None)

    def _tell(self, answer: Answer, kept: int | None) -> None:
        asked, found = answer.question, answer.comparison
        self.stdout.write(
            f"{asked.a.layer} v{asked.a.number} {asked.a.layer_name} × {asked.b.layer} v{asked.b.number} "
            f"{asked.b.layer_name}，对照表 {asked.crosswalk}"
        )
        sums = store.totals(answer)
        for side, name in (("a", asked.a.layer), ("b", asked.b.layer)):
            own = sums[side]
            self.stdout.write(
                f"  {name}：总 {own['ground_m2']:,.2f} = 一致 {own['agreed_m2']:,.2f} + 冲突 {own['conflict_m2']:,.2f} "
                f"+ 独有 {own['only_m2']:,.2f} + 未能叠加 {own['not_overlaid_m2']:,.2f} 平方米"
                f"（舍入差 {own['residual_m2']:.6f}；内部重叠 {own['doubled_m2']:,.2f}）"
            )
        self.stdout.write(
            f"  差异图斑 {len(found.patches)} 个，其中疑似误差 {int(found.patches.slivers.sum())} 个"
        )
        for one in found.not_overlaid[:20]:
            self.stdout.write(f"  未能叠加：{getattr(asked, one.side).layer} {one.key}")
        unlisted = [
            f"{pin.layer} {code}"
            for side, pin in ((found.a, asked.a), (found.b, asked.b))
            for code, flag in zip(side.classes, side.unlisted.tolist(), strict=True)
            if flag
        ]
        if unlisted:
            self.stdout.write(f"  对照表未列出的类别按冲突计：{listed(unlisted)}")
        if kept is not None:
            self.stdout.write(f"  已保存为比对 {kept}")


def _version(code: str, number: int | None) -> LayerVersion:
    rows = LayerVersion.objects.select_related("layer").defer("coverage", "report").filter(layer__code=code)
    found = (
        rows.filter(status=Status.PUBLISHED)
        if number is None
        else rows.filter(number=number, status__in=IN_FORCE_ONCE)
    ).first()
    if found is None:
        raise CommandError(
            f"没有已发布的图层 {code}。" if number is None else f"图层 {code} 没有已发布的第 {number} 版。"
        )
    return found


def _crosswalk(code: str | None) -> Crosswalk | None:
    if code is None:
        return None
    found = Crosswalk.objects.filter(code=code).order_by("-version").first()
    if found is None:
        raise CommandError(f"没有代码为 {code} 的对照表。")
    return found


def _write(path: Path, answer: Answer, versions: list[LayerVersion]) -> None:
    if path.suffix.lower() != ".gpkg":
        raise CommandError(f"{path}：输出文件应为 .gpkg。")
    a, b = versions
    plans = tables.Plans(
        tables.system_label(a.class_system), a.layer.authority,
        tables.system_label(b.class_system), b.layer.authority,
    )  # fmt: skip
    try:
        path.unlink(missing_ok=True)
        tables.geopackage(path, tables.of_answer(answer), plans)
    except (OSError, RuntimeError) as error:
        raise CommandError(f"{path}：不能写入（{error}）") from error


def _data(answer: Answer, kept: int | None) -> dict[str, Any]:
    asked, found = answer.question, answer.comparison
    return {
        "comparison": kept,
        "a": _side(asked.a),
        "b": _side(asked.b),
        "crosswalk": {
            "code": asked.crosswalk.code, "version": asked.crosswalk.version, "sha256": asked.crosswalk.sha256,
            "turned": asked.turned,
        },
        "sliver_width_m": asked.sliver_width_m,
        "patches": len(found.patches),
        "slivers": int(found.patches.slivers.sum()),
        "totals": store.totals(answer),
        "digest": store.digest(answer),
    }  # fmt: skip


def _side(pin: PinnedVersion) -> dict[str, Any]:
    return {
        "layer": pin.layer, "version": pin.number, "root_hash": pin.root_hash, "class_system": pin.class_system
    }  # fmt: skip
