"""`tidy`: take away what dead work left behind, and say what went. Safe at any time; a timer may run it every night."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from gis_projects.atlas.actions import exports, series, uploads, versions
from gis_projects.sites import comparison_jobs
from layers import loading


class Command(BaseCommand):
    help = "Remove files of uploads that ended, rows of stagings that died, and give up what nobody goes on with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the counts for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        staged = loading.tidy()
        orphans = versions.discard_orphans()
        files = uploads.tidy()
        swept = exports.sweep()
        sheets = series.sweep()
        parts = comparison_jobs.tidy()
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "staging": staged,
                        "orphans": orphans,
                        "uploads": files,
                        "exports": swept,
                        "series": sheets,
                        "comparisons": parts,
                    }
                )
            )
            return
        self.stdout.write(
            f"中断的入库：{staged['versions']} 个版本、{staged['files']} 个栅格文件；无人认领的待发布版本：{orphans} 个"
        )
        self.stdout.write(
            f"上传：{files['expired']} 份过期、{files['stranded']} 份中断、{files['folders']} 份文件已删除"
            f"（{files['bytes'] / 1024**2:.1f} MB）"
        )
        self.stdout.write(f"导出：{swept} 份过期文件")
        self.stdout.write(f"系列图：{sheets} 份中断的中间文件")
        self.stdout.write(f"规划比对：{parts} 份中断的中间文件")
