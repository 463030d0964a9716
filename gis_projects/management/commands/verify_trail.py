import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from gis_projects.trail import queries


class Command(BaseCommand):
    help = "Recomputes the trail's hash chain. Exit code 0: whole; 1: names the first step that doesn't fit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            metavar="NUMBER:DIGEST",
            help="a step kept elsewhere that must still be there; this is what shows a cut-off end",
        )

    def handle(self, *args: Any, expect: str | None, **options: Any) -> None:
        number, digest = None, ""
        if expect:
            first, _colon, digest = expect.partition(":")
            if not first.isdigit() or len(digest) != 64:
                raise CommandError("--expect NUMBER:DIGEST")
            number = int(first)
        found = queries.verify(number=number, digest=digest)
        if found.broken is not None:
            self.stderr.write(
                _("第 %(number)s 步：%(reason)s") % {"number": found.broken, "reason": _(found.reason)}
            )
            sys.exit(1)
        self.stdout.write(
            _("共 %(steps)s 步，记录完整。末尾：%(head)s")
            % {"steps": found.steps, "head": f"{found.steps}:{found.head}" if found.steps else "—"}
        )
