"""`publish_rulebook [FILE]`: publish a rulebook version; the same content again changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.management.persons import user_named
from gis_projects.sites.actions.rulebooks import publish_file
from siting.engine.notices import UnusableInput
from siting.models import RuleBook
from siting.rulebook import parse, publish_defaults
from siting.rulebook.validation import readable


class Command(BaseCommand):
    help = (
        "Publish a rulebook file (TOML) in two persons' names; without FILE, all versions of the rulebook that comes "
        "with the platform. Exit 0 published (or published already), 1 if it can't be."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
        parser.add_argument("--by", metavar="USER", help="who brings FILE")
        parser.add_argument("--approved-by", metavar="USER", help="who publishes it; another person")
        parser.add_argument("--reason", default="", help="why without a trial against all live sites")

    def handle(self, *, file: Path | None, **options: Any) -> None:
        rulebook = publish_defaults() if file is None else self._publish(file, **options)
        self.stdout.write(f"规则库 {rulebook.code} 第 {rulebook.version} 版：{rulebook.rules.count()} 条规则")

    def _publish(
        self, file: Path, *, by: str | None, approved_by: str | None, reason: str, **options: Any
    ) -> RuleBook:
        if not by or not approved_by:
            raise CommandError("发布规则库文件须有两人：--by 提交人，--approved-by 批准人")
        try:
            return publish_file(
                by=user_named(by),
                approved_by=user_named(approved_by),
                data=parse(file.read_bytes()),
                reason=reason,
            )
        except UnusableInput as refusal:
            raise CommandError(f"{file}\n{readable(refusal.notices)}") from refusal
        except PermissionDenied as error:
            raise CommandError(f"{by}、{approved_by} 不能提交并批准规则库（须为有权限的两人）") from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
