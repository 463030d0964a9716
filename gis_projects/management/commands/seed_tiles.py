"""`seed_tiles CODE [--zooms 10-14]`: make the tiles of a layer before anybody asks for them."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis_projects.atlas.actions.tiles import seed, zooms_of
from layers.notices import Refused


def _zooms(text: str) -> range:
    try:
        return zooms_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


class Command(BaseCommand):
    help = (
        "Fill the tile cache with the tiles of a vector layer's version in force, where it has features. Zooms "
        "below the layer's detail zoom are stored with the version already. Exit 0 done, 1 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="the layer's code")
        parser.add_argument(
            "--zooms", type=_zooms, default=zooms_of("10-14"), metavar="FIRST-LAST", help="by default 10-14"
        )
        parser.add_argument("--json", action="store_true", help="what was made, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        quiet = options["json"] or options["verbosity"] == 0

        def told(zoom: int, count: int) -> None:
            if not quiet:
                self.stdout.write(f"z{zoom}: {count}")

        try:
            seeded = seed(options["code"], options["zooms"], told=told)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(seeded.to_json()))
        elif options["verbosity"]:
            self.stdout.write(
                f"{seeded.layer} v{seeded.version}: {sum(seeded.tiles.values())} tiles, {seeded.bytes} bytes kept; "
                f"stored already: {', '.join(f'z{zoom}' for zoom in seeded.stored) or '-'}"
                + ("; no room left in the cache" if seeded.full else "")
            )
