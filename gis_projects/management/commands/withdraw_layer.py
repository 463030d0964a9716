"""`withdraw_layer CODE --by USER --reason WHY`: the content before the version in force comes back as a new version."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.atlas.actions.versions import request_withdrawal, withdraw_layer
from gis_projects.management.persons import one_line, user_named
from layers.notices import Refused
from layers.publishing import report_of


class Command(BaseCommand):
    help = (
        "Withdraw a layer's version in force: what was before it is published again as a new version, or staged for "
        "someone's approval where no --approved-by is given. Exit 0 done, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="the layer's code")
        parser.add_argument("--by", required=True, metavar="USER", help="who asks for it")
        parser.add_argument("--approved-by", metavar="OTHER", help="who lets it through")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--json", action="store_true", help="print the report for programs")

    def handle(self, *, code: str, **options: Any) -> None:
        by, reason = user_named(options["by"]), options["reason"]
        try:
            if options["approved_by"]:
                approver = user_named(options["approved_by"])
                report = withdraw_layer(by=by, approved_by=approver, code=code, reason=reason)
                became = "已发布，内容与此前一版相同"
            else:
                report = report_of(request_withdrawal(by=by, code=code, reason=reason), seconds=0.0)
                became = "已提交，等待另一人发布"
        except (PermissionDenied, Refused) as error:
            raise CommandError(one_line(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.to_json(), ensure_ascii=False))
        else:
            self.stdout.write(f"图层 {code} 第 {report.version} 版{became}")
