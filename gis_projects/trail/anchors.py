"""The trail's end, signed and kept elsewhere: what shows that the end was cut off or written anew.

A hash chain holds whatever lies before a step that somebody outside knows. Whoever commands the database could drop
the last steps and go on from there, or write all digests afresh: against that stands a small file with the number and
digest of a step, signed with the key in use (`siting.keys`), kept on another machine or on paper.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils import timezone

from gis_projects.trail.models import Step
from siting import keys

FORM = "trail-anchor/1"


class NothingToAnchor(ValueError):
    """The trail has no step yet."""


class UnusableAnchor(ValueError):
    """The file is no anchor, or not signed by a key that is believed."""


@dataclass(frozen=True)
class Anchor:
    """A step that must still be there with this digest."""

    number: int
    digest: str
    at: str


def anchor() -> str:
    """The trail's present end as the text of an anchor file (JSON).

    Raises
    ------
    NothingToAnchor
        There is no step.
    """
    last = Step.objects.order_by("-number").values("number", "digest").first()
    if last is None:
        raise NothingToAnchor
    body = {"form": FORM, **last, "at": timezone.now().isoformat(timespec="seconds")}
    signature, key = keys.sign(_digest(body))
    return json.dumps({**body, "signature": signature, "key": key}, indent=1) + "\n"


def read(text: str, key: Ed25519PublicKey | None = None) -> Anchor:
    """Read an anchor file and verify its signature.

    ``key`` is the only one believed, where it is given (kept with the file); otherwise each key that this installation
    published and didn't revoke.

    Raises
    ------
    UnusableAnchor
        It is none, or its signature doesn't fit.
    """
    try:
        content = json.loads(text)
        body = {name: content[name] for name in ("form", "number", "digest", "at")}
        signature = base64.b64decode(content["signature"], validate=True)
        named = content["key"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise UnusableAnchor("not an anchor") from error
    if body["form"] != FORM or not isinstance(body["number"], int) or not isinstance(body["digest"], str):
        raise UnusableAnchor("not an anchor")
    public = key or _published(named)
    try:
        public.verify(signature, _digest(body))
    except InvalidSignature as error:
        raise UnusableAnchor("the signature doesn't fit") from error
    return Anchor(body["number"], body["digest"], str(body["at"]))


def _published(named: Any) -> Ed25519PublicKey:
    found = keys.published().get(named) if isinstance(named, str) else None
    if found is None or found.revoked:
        raise UnusableAnchor("signed by a key that isn't believed")
    return found.key


def _digest(body: dict[str, Any]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()
