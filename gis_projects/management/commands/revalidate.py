"""`revalidate [--all] [--by USER] [--processes N] [--json]`: every live site's answer pinned to what is in force."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.management.persons import one_line, user_named
from gis_projects.sites.actions.revalidation import revalidate
from siting.rulebook import NoRulebook


class Command(BaseCommand):
    help = (
        "Bring every live site's answer to the layer versions and the rulebook in force: check again what a change "
        "can touch, and record for all others that nothing they stand on changed. Exit 0 done, 1 if it can't be done "
        "or a site could not be checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="check all sites again, whatever is proved")
        parser.add_argument("--by", metavar="USER", help="in whose name; by default the machine's operator")
        parser.add_argument(
            "--processes", type=int, default=1, metavar="N", help="check in so many (default 1)"
        )
        parser.add_argument("--json", action="store_true", help="print the report for programs")

    def handle(self, *, by: str | None, processes: int, **options: Any) -> None:
        if processes < 1:
            raise CommandError("--processes 至少为 1。")
        try:
            report = revalidate(
                by=None if by is None else user_named(by), everything=options["all"], processes=processes
            )
        except (PermissionDenied, NoRulebook) as error:
            raise CommandError(one_line(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report), ensure_ascii=False))
        else:
            self.stdout.write(
                f"在用选址 {report.sites} 个：受影响 {report.affected} 个，重新检查 {report.rechecked} 个，"
                f"结论变化 {report.changed} 个；证明未变 {report.proved_unchanged} 个；用时 {report.seconds:.1f} 秒"
            )
        if report.failed:
            raise CommandError(f"{report.failed} 个选址未能检查，原因见日志。")
