"""`rotate_key --by USER --reason WHY [--revoke]`: sign checks with a new key from now on."""

from __future__ import annotations

import json
from dataclasses import asdict

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.management.persons import one_line, user_named
from gis_projects.sites.actions.keys import rotate_key


class Command(BaseCommand):
    help = (
        "Put a new signing key in use and destroy the old private half. What the old one signed still verifies, unless "
        "--revoke says that it may have fallen into other hands. Exit 0 done, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, metavar="USER")
        parser.add_argument("--reason", required=True)
        parser.add_argument(
            "--revoke", action="store_true", help="what the old key signed proves nothing any more"
        )
        parser.add_argument("--json", action="store_true", help="print both keys for programs")

    def handle(self, *, by: str, reason: str, revoke: bool, **options: bool) -> None:
        try:
            old, new = rotate_key(by=user_named(by), reason=reason, revoke=revoke)
        except PermissionDenied as error:
            raise CommandError(f"{by} 无权更换签名密钥") from error
        except OSError as error:
            raise CommandError(one_line(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"old": asdict(old), "new": asdict(new)}, ensure_ascii=False))
        else:
            self.stdout.write(
                f"新密钥 {new.id} 已启用；旧密钥 {old.id} {'已吊销' if revoke else '已停用，旧签名仍可验证'}"
            )
