"""`check_site FILE`: the main job by command line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from gis_projects.sites.terminal import check_in_words
from siting import boundaries, certificates, checks
from siting.documents import document
from siting.engine.corridor import Caps
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Verdict
from siting.rulebook import NoRulebook, in_force

EXIT = {
    Verdict.CLEAR: 0,
    Verdict.CONDITIONAL: 0,
    Verdict.RESTRICTED: 1,
    Verdict.PROHIBITED: 1,
    Verdict.INCOMPLETE: 2,
}
UNUSABLE = 3


class _Parser(CommandParser):
    """Wrong arguments are an input that can't be used: exit 3, not argparse's 2, which means *incomplete*."""

    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        self.exit(UNUSABLE, f"check_site: {message}\n")


class Command(BaseCommand):
    help = (
        "Check a boundary file against the published layers. Exit 0 clear or conditional, 1 restricted or prohibited, "
        "2 incomplete, 3 the input can't be used."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = _Parser(
            prog=f"{prog_name} {subcommand}", description=self.help, formatter_class=argparse.HelpFormatter
        )
        self.add_base_argument(parser, "--settings", help="settings module")
        self.add_base_argument(parser, "--traceback", action="store_true", help="show a traceback on errors")
        self.add_base_argument(parser, "--pythonpath", help="directory to add to the path")
        self.add_base_argument(parser, "--no-color", action="store_true", help="no colours")
        self.add_base_argument(parser, "--force-color", action="store_true", help="colours always")
        self.add_base_argument(
            parser, "-v", "--verbosity", default=1, type=int, choices=[0, 1, 2, 3], help="how much"
        )
        self.add_base_argument(parser, "--skip-checks", action="store_true", help="skip system checks")
        self.add_arguments(parser)
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            metavar="FILE",
            help="coordinate text, coordinate table (xlsx), GeoJSON, KML, KMZ, DXF, GeoPackage or zipped shapefile; "
            "- reads pasted coordinates from standard input",
        )
        parser.add_argument(
            "--fact", action="append", default=[], metavar="NAME=VALUE", help="may be repeated"
        )
        parser.add_argument("--rulebook", default=checks.DEFAULT_RULEBOOK, metavar="CODE")
        parser.add_argument("--epsg", type=int, help="coordinate system of a file that declares none")
        parser.add_argument("--central-meridian", type=int, help="of a file whose eastings have no zone")
        parser.add_argument("--width", type=float, metavar="METRES", help="of lines, whole")
        parser.add_argument(
            "--caps", type=Caps, choices=list(Caps), default=Caps.FLAT, help="how the ends of lines look"
        )
        parser.add_argument("--layer", help="of a file with several layers")
        parser.add_argument("--json", action="store_true", help="print the signed document")

    def handle(self, *, file: Path, fact: list[str], rulebook: str, **options: Any) -> None:
        try:
            facts = dict(self._fact(pair) for pair in fact)
            answers = {
                name: options[name] for name in ("epsg", "central_meridian") if options[name] is not None
            } | {"width_m": options["width"], "caps": options["caps"]}
            if str(file) == "-":
                boundary = boundaries.read_text(sys.stdin.read(), **answers)
            else:
                boundary = boundaries.read(file.read_bytes(), file.name, layer=options["layer"], **answers)
            book = in_force(rulebook, timezone.localdate())
            result = checks.run(boundary, facts=facts, rulebook=book)
        except UnusableInput as error:
            self._refuse("\n".join(f"{file}: {notice}" for notice in error.notices))
        except OSError as error:
            self._refuse(f"{file}: {error.strerror or error}")
        except NoRulebook as error:
            self._refuse(f"没有可用的规则库：{error}（先运行 manage.py publish_rulebook）")
        certificate = certificates.seal(document(result))
        if options["json"]:
            self.stdout.write(json.dumps(certificate, ensure_ascii=False, indent=1))
        else:
            self.stdout.write(check_in_words(certificate, result))
        sys.exit(EXIT[result.verdict])

    @staticmethod
    def _fact(pair: str) -> tuple[str, str]:
        from siting.engine.notices import Notice

        name, sign, value = pair.partition("=")
        if not sign:
            raise UnusableInput(
                Notice("fact-form", "--fact 的格式是 NAME=VALUE，而不是“%(pair)s”", {"pair": pair})
            )
        return name.strip(), value.strip()

    def _refuse(self, message: str) -> None:
        self.stderr.write(message)
        sys.exit(UNUSABLE)
