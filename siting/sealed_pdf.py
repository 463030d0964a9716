"""A report that proves itself: a PDF with its check as an attachment, signed over every byte.

The PDF holds a stream object ``gis-projects-seal/1 KEY SIGNATURE`` of fixed length. The signature (Ed25519) is over
the SHA-256 of the whole file with KEY and SIGNATURE written as ``@``; so one changed byte anywhere shows, in the
pages as well as in the attachment. The attachment is the check's certificate, sealed for itself.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from typing import Any

import pypdf
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pypdf.errors import PyPdfError

from siting import certificates, keys
from siting.certificates import Difference

ATTACHMENT = "check.json"
_HEAD = b"gis-projects-seal/1 "
_KEY, _SIGNATURE = 16, 88  # hex digits of a key's id, base64 of 64 bytes
_BLANK = _HEAD + b"@" * _KEY + b" " + b"@" * _SIGNATURE
_SEAL = re.compile(re.escape(_HEAD) + rb"([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)")
#: What the maker of the PDF writes into a stream object of its own, uncompressed.
PLACEHOLDER = _BLANK


class NotSealed(ValueError):
    """A PDF that this platform didn't issue, or that lost its seal or its attachment."""


def seal(pdf: bytes) -> bytes:
    """Sign a PDF that holds the placeholder once."""
    if pdf.count(_BLANK) != 1:
        raise ValueError("the PDF must hold the seal's placeholder exactly once")
    signature, key = keys.sign(hashlib.sha256(pdf).digest())
    return pdf.replace(_BLANK, _HEAD + key.encode() + b" " + signature.encode())


def verify(pdf: bytes, key: Ed25519PublicKey | None = None) -> list[Difference]:
    """Verify the signature over the file, then the attached certificate; an empty list is a good report.

    Raises
    ------
    NotSealed
        There is no seal to verify.
    """
    found = list(_SEAL.finditer(pdf))
    if len(found) != 1:
        raise NotSealed("文件中没有本平台的签章，或签章已损坏")
    name, signature = (part.decode() for part in found[0].groups())
    believed, differences = certificates.signer(name, key)
    if believed is not None:
        start, end = found[0].span()
        try:
            whole = hashlib.sha256(pdf[:start] + _BLANK + pdf[end:]).digest()
            believed.verify(certificates.decoded(signature), whole)
        except (InvalidSignature, ValueError):
            differences.append(Difference("pdf", "文件在签章后被改动"))
    if differences:
        return differences  # what such a file holds is not worth reading
    certificate = attached(pdf)
    if certificate.get("withheld"):
        return []  # a copy without what its reader may not read: it has no signature but the file's
    return certificates.verify(certificate, key)


def attached(pdf: bytes) -> dict[str, Any]:
    """Return the certificate that a report carries.

    Raises
    ------
    NotSealed
        It carries none.
    """
    try:
        held = pypdf.PdfReader(io.BytesIO(pdf)).attachments.get(ATTACHMENT, [])
        certificate = json.loads(held[0]) if len(held) == 1 else None
    except (PyPdfError, ValueError, KeyError, OSError, RecursionError) as error:
        raise NotSealed(f"无法读取文件附件：{error}") from error
    if not isinstance(certificate, dict):
        raise NotSealed("文件没有附带检查证据")
    return certificate
