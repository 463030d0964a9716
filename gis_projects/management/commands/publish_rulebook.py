"""`publish_rulebook [FILE]`: store a rulebook version; the same content again changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from siting.engine.notices import UnusableInput
from siting.rulebook import publish, publish_defaults, read


class Command(BaseCommand):
    help = "Publish a rulebook file (TOML); by default the one that comes with the platform."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE")

    def handle(self, *, file: Path | None, **options: Any) -> None:
        try:
            rulebook = publish_defaults() if file is None else publish(read(file.read_bytes()))
        except (UnusableInput, OSError) as error:
            self.stderr.write(f"{file}: {error}")
            sys.exit(1)
        self.stdout.write(f"规则库 {rulebook.code} 第 {rulebook.version} 版:{rulebook.rules.count()} 条规则")
