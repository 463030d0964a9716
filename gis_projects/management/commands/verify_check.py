"""`verify_check FILE.json [--recompute]`: is this certificate what was signed, and does it still hold?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from siting import certificates, keys


class Command(BaseCommand):
    help = (
        "Verify a check's digest and signature; with --recompute also hash the stored layers afresh and check again. "
        "Exit 0 if everything holds, 1 with what differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.json")
        parser.add_argument("--recompute", action="store_true", help="needs the database with the layers")
        parser.add_argument("--key", type=Path, help="public key (PEM); by default this installation's")

    def handle(self, *, file: Path, recompute: bool, key: Path | None, **options: Any) -> None:
        try:
            certificate = json.loads(file.read_text(encoding="utf-8"))
            public = None if key is None else keys.from_pem(key.read_bytes())
        except (OSError, ValueError) as error:
            self._fail([f"{file}: {error}"])
        if not isinstance(certificate, dict):
            self._fail([f"{file}：不是检测结果文件"])
        differences = certificates.verify(certificate, public)
        if recompute and not differences:
            differences = certificates.recompute(certificate)
        if differences:
            self._fail([str(difference) for difference in differences])
        done = "签名有效，重算一致" if recompute else "签名有效"
        self.stdout.write(f"{done}:{certificate['verdict']} {certificate['digest']}")

    def _fail(self, lines: list[str]) -> None:
        self.stderr.write("\n".join(lines))
        sys.exit(1)

