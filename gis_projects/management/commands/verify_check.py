"""`verify_check FILE [--recompute]`: is this certificate, or this report, what was signed, and does it still hold?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management.base import BaseCommand, CommandParser

from gis_projects.sentences import listed
from gis_projects.sites.queries import reviews
from gis_projects.sites.reviewing.sign_offs import FORMAT
from siting import certificates, keys, sealed_pdf


class Command(BaseCommand):
    help = (
        "Verify a check's digest and signature, from its certificate (JSON) or from its report (PDF, each byte of it); "
        "with --recompute also hash the stored layers and rows afresh and check again; "
        "of a sign-off, hold the stored marks and attachments against it. "
        "Exit 0 if everything holds, 1 with what differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="check.json, sign-off.json or the report as PDF"
        )
        parser.add_argument("--recompute", action="store_true", help="needs the database with the layers")
        parser.add_argument(
            "--key", type=Path, help="public key (PEM); by default this installation's, old ones too"
        )

    def handle(self, *, file: Path, recompute: bool, key: Path | None, **options: Any) -> None:
        try:
            content = file.read_bytes()
            public = None if key is None else keys.from_pem(key.read_bytes())
            certificate, differences = _read(content, public)
        except (OSError, ValueError, RecursionError) as error:
            self._fail([f"{file}: {error}"])
        withheld = certificate.get("withheld")
        if recompute and not differences:
            if withheld:
                self._fail([f"{file}：不含涉密图层的内容，无法重算"])
            again = reviews.against_rows if certificate.get("format") == FORMAT else certificates.recompute
            differences = again(certificate)
        if differences:
            self._fail([str(difference) for difference in differences])
        done = "签名有效，重算一致" if recompute else "签名有效"
        note = f"（不含涉密图层 {listed(withheld)} 的内容）" if withheld else ""
        self.stdout.write(f"{done}{note}:{certificate['verdict']} {certificate['digest']}")

    def _fail(self, lines: list[str]) -> NoReturn:
        self.stderr.write("\n".join(lines))
        sys.exit(1)


def _read(
    content: bytes, key: Ed25519PublicKey | None
) -> tuple[dict[str, Any], list[certificates.Difference]]:
    """A file's certificate, and what doesn't hold of it."""
    if content.startswith(b"%PDF-"):
        differences = sealed_pdf.verify(content, key)
        return ({} if differences else sealed_pdf.attached(content)), differences
    certificate = json.loads(content.decode("utf-8"))
    if not isinstance(certificate, dict):
        raise ValueError("不是检测结果文件")
    return certificate, certificates.verify(certificate, key)
