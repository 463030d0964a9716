"""`export_open_data --format oc4ids|geojson|csv --out FILE [--as-of DAY]`: what is disclosed, as one file."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gis_projects.disclosure.open_data import oc4ids, validation
from gis_projects.disclosure.open_data.formats import File, Format, configured_root

FORMATS = {"oc4ids": Format.OC4IDS, "geojson": Format.GEOJSON, "csv": Format.CSV}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not a day like 2026-07-01: {text!r}") from error


class Command(BaseCommand):
    help = (
        "Write what is disclosed to a file: an OC4IDS 0.9.5 project package, GeoJSON or CSV. It reads over the "
        "public's own database role. --validate holds the package against the vendored schema and writes nothing "
        "that is invalid. Exit 0 written, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=FORMATS, required=True)
        parser.add_argument(
            "--out", type=Path, required=True, metavar="FILE", help="- writes to standard output"
        )
        parser.add_argument("--as-of", type=_day, metavar="DAY", help="as it stood at the end of a past day")
        parser.add_argument(
            "--validate", action="store_true", help="of OC4IDS: against the standard's schema"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        form, day, out = FORMATS[options["format"]], options["as_of"], options["out"]
        if day is not None and day > timezone.localdate():
            raise CommandError(f"{day} has not come yet")
        if options["validate"] and form is not Format.OC4IDS:
            raise CommandError("--validate is for --format oc4ids")
        file = File(form, day, configured_root() or "http://127.0.0.1:8000")
        try:
            lines = file.lines()
        except oc4ids.Empty as empty:
            raise CommandError("nothing is disclosed, and OC4IDS has no package without a project") from empty
        if options["validate"]:
            text = "".join(lines)
            if wrong := validation.errors(json.loads(text)):
                raise CommandError("not valid, nothing written:\n" + "\n".join(wrong))
            lines = iter([text])
        if str(out) == "-":
            sys.stdout.writelines(lines)
            return
        try:
            unfinished = out.with_name(f"{out.name}.part")
            with unfinished.open("w", encoding="utf-8", newline="") as written:
                written.writelines(lines)
            unfinished.replace(out)
        except OSError as error:
            raise CommandError(f"{out} can't be written: {error.strerror}") from error
        if options["verbosity"]:
            self.stdout.write(f"{out}: {out.stat().st_size} bytes")
