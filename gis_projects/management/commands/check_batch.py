"""`check_batch FILE`: thousands of sites against the published layers, by one process, several, or a cluster."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

import layers.queries
from siting import batch, checks
from siting.batch import files
from siting.engine.notices import Notice, UnusableInput
from siting.engine.verdict import Verdict
from siting.rulebook import NoRulebook, in_force
from siting.wording import VERDICTS

_SHOWN = 20  # bad rows that the terminal lists; the files have all of them


class Command(BaseCommand):
    help = (
        "Check every site of a file (GeoPackage, zipped shapefile, GeoJSON, GeoParquet; one feature each) against the "
        "published layers. Writes findings.parquet and findings.gpkg and prints one digest, the same from every "
        "engine. Exit 0 done, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the sites")
        parser.add_argument("--engine", choices=[*map(str, batch.Engine)], default="processes")
        parser.add_argument(
            "--scheduler", metavar="ADDRESS", help="of a Dask cluster, e.g. tcp://10.0.0.5:8786"
        )
        parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
        parser.add_argument(
            "--facts", nargs="+", default=[], metavar="NAME=VALUE", help="what holds for every site"
        )
        parser.add_argument("--id", metavar="COLUMN", help="the column that names each site")
        parser.add_argument("--layer", metavar="NAME", help="which layer of a file with several")
        parser.add_argument("--epsg", type=int, help="coordinate system of a file that declares none")
        parser.add_argument("--rulebook", default=checks.DEFAULT_RULEBOOK, metavar="CODE")
        parser.add_argument(
            "--snapshot", type=Path, metavar="DIR", help="folder of the layers' files; workers read it too"
        )
        parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder of the findings")
        parser.add_argument("--json", action="store_true", help="print the answer for programs")

    def handle(self, *, file: Path, **options: Any) -> None:
        began = time.perf_counter()
        if options["workers"] < 1:
            raise CommandError("--workers 至少为 1")
        if options["scheduler"] and options["engine"] != batch.Engine.DASK:
            raise CommandError("--scheduler 只用于 --engine dask")
        try:
            facts = dict(_fact(pair) for pair in options["facts"])
            rulebook = in_force(options["rulebook"], timezone.localdate())
            checks.given_facts(rulebook, facts)
            sites = batch.read_sites(
                file,
                rulebook,
                facts=facts,
                id_column=options["id"],
                layer=options["layer"],
                epsg=options["epsg"],
            )
            found = batch.run(
                sites,
                rulebook=rulebook,
                versions=layers.queries.current(checks.codes(rulebook)),
                folder=options["snapshot"] or Path(settings.LOCAL_DIR) / "snapshots",
                engine=batch.Engine(options["engine"]),
                workers=options["workers"],
                scheduler=options["scheduler"],
                told=self._progress(options["verbosity"]),
            )
            paths = files.write(found, options["out"])
        except UnusableInput as error:
            raise CommandError(f"{file}：{'；'.join(map(str, error.notices))}") from error
        except NoRulebook as error:
            raise CommandError(f"没有可用的规则库：{error}（先运行 manage.py publish_rulebook）") from error
        except batch.EngineFailed as error:
            raise CommandError(" ".join(str(error).split())) from error
        except OSError as error:
            raise CommandError(f"{error.filename or file}：{error.strerror or error}") from error
        answer = self._answer(found, sites, paths, options, time.perf_counter() - began)
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self._tell(answer)
        if len(found.refused) == len(found.answers):
            raise CommandError(f"{file}：没有一个要素是可用的地块")

    def _progress(self, verbosity: int) -> Any:
        """Tell a terminal how far it is; a program reads the answer only."""
        if verbosity < 1 or not sys.stderr.isatty():
            return lambda done, of: None
        return lambda done, of: self.stderr.write(f"\r{done:,} / {of:,}", ending="" if done < of else "\n")

    @staticmethod
    def _answer(
        found: batch.Findings,
        sites: batch.SitesFile,
        paths: tuple[Path, Path],
        options: dict[str, Any],
        seconds: float,
    ) -> dict[str, Any]:
        return {
            "sites": len(found.answers),
            "checked": len(found.answers) - len(found.refused),
            "verdicts": found.verdicts,
            "refused": [
                {
                    "feature": answer.number,
                    "site": answer.id,
                    "reasons": [
                        {"code": notice["code"], "text": notice["text"], "place": notice["place"]}
                        for notice in answer.refusal
                    ],
                }
                for answer in found.refused
            ],
            "digest": found.digest,
            "id_column": sites.id_column,
            "notices": [str(notice) for notice in sites.notices],
            **found.shared,
            "engine": options["engine"],
            "parquet": str(paths[0]),
            "geopackage": str(paths[1]),
            "seconds": round(seconds, 3),
        }

    def _tell(self, answer: dict[str, Any]) -> None:
        write = self.stdout.write
        write(f"地块 {answer['sites']} 个，已检查 {answer['checked']} 个，用时 {answer['seconds']:.1f} 秒")
        for verdict, count in answer["verdicts"].items():
            write(f"  {VERDICTS[Verdict(verdict)]}：{count}")
        for row in answer["refused"][:_SHOWN]:
            reasons = "；".join(reason["text"] for reason in row["reasons"])
            write(f"  第 {row['feature']} 个要素（{row['site'] or '无编号'}）不可用：{reasons}")
        if len(answer["refused"]) > _SHOWN:
            write(f"  ……另有 {len(answer['refused']) - _SHOWN} 个要素不可用，见结果文件")
        for notice in answer["notices"]:
            write(f"  {notice}")
        write(f"摘要 {answer['digest']}")
        write(f"结果 {answer['parquet']}\n     {answer['geopackage']}")


def _fact(pair: str) -> tuple[str, str]:
    name, sign, value = pair.partition("=")
    if not sign:
        raise UnusableInput(
            Notice("fact-form", "--facts 的格式是 NAME=VALUE，而不是“%(pair)s”", {"pair": pair})
        )
    return name.strip(), value.strip()
