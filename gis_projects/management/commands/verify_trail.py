import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from gis_projects.trail import anchors, queries
from siting import keys


class Command(BaseCommand):
    help = "Recomputes the trail's hash chain. Exit code 0: whole; 1: names the first step that doesn't fit."

    def add_arguments(self, parser: CommandParser) -> None:
        outside = parser.add_mutually_exclusive_group()
        outside.add_argument(
            "--expect",
            metavar="NUMBER:DIGEST",
            help="a step kept elsewhere that must still be there; this is what shows a cut-off end",
        )
        outside.add_argument(
            "--anchor", type=Path, metavar="FILE", help="the same as a signed file that anchor_trail wrote"
        )
        parser.add_argument(
            "--key", type=Path, metavar="PEM", help="the only public key that the file's signature may be of"
        )

    def handle(
        self, *args: Any, expect: str | None, anchor: Path | None, key: Path | None, **options: Any
    ) -> None:
        number, digest = None, ""
        if expect:
            first, _colon, digest = expect.partition(":")
            if not first.isdigit() or len(digest) != 64:
                raise CommandError("--expect NUMBER:DIGEST")
            number = int(first)
        elif anchor:
            number, digest = _anchored(anchor, key)
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


def _anchored(path: Path, key: Path | None) -> tuple[int, str]:
    try:
        known = keys.from_pem(key.read_bytes()) if key else None
        found = anchors.read(path.read_text(encoding="utf-8"), known)
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error
    except anchors.UnusableAnchor as error:
        raise CommandError(_("%(file)s 不是本系统签名的末尾记录。") % {"file": path}) from error
    except ValueError as error:
        raise CommandError(_("%(file)s 不是公钥。") % {"file": key}) from error
    return found.number, found.digest
