from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from gis_projects.trail.anchors import NothingToAnchor, anchor


class Command(BaseCommand):
    help = "Writes the trail's end, signed, to a file to be kept elsewhere: it shows an end cut off or rewritten."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", required=True, type=Path, metavar="FILE")

    def handle(self, *args: Any, out: Path, **options: Any) -> None:
        try:
            text = anchor()
        except NothingToAnchor as error:
            raise CommandError(_("还没有记录，没有可以固定的末尾。")) from error
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}") from error
        self.stdout.write(_("已写入 %(file)s，请保存在本系统之外。") % {"file": out})
