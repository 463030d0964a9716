"""`publish_layer CODE --approved-by OTHER`: let the version through that waits, or send it back."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.atlas.actions.versions import publish_version, send_back
from gis_projects.management.persons import one_line, user_named
from layers.models import LayerVersion, Status
from layers.notices import Refused


class Command(BaseCommand):
    help = (
        "Publish the staged version of a layer as someone other than who brought it. Exit 0 done, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="the layer's code")
        parser.add_argument("--approved-by", required=True, metavar="OTHER", help="who decides")
        parser.add_argument(
            "--reason", default="", help="needed where the quality asks for one, and to send back"
        )
        parser.add_argument("--send-back", action="store_true", help="take it out again instead")
        parser.add_argument("--json", action="store_true", help="print the report for programs")

    def handle(self, *, code: str, **options: Any) -> None:
        by = user_named(options["approved_by"])
        version = (
            LayerVersion.objects.filter(layer__code=code, status=Status.STAGED)
            .select_related("layer")
            .first()
        )
        if version is None:
            raise CommandError(f"图层 {code} 没有待发布的版本。")
        try:
            if options["send_back"]:
                send_back(by=by, version=version, reason=options["reason"])
                self.stdout.write(f"图层 {code} 第 {version.number} 版已退回")
                return
            report = publish_version(by=by, version=version, reason=options["reason"])
        except (PermissionDenied, Refused) as error:
            raise CommandError(one_line(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.to_json(), ensure_ascii=False))
        else:
            self.stdout.write(f"图层 {code} 第 {report.version} 版已发布：{report.features} 个要素")
