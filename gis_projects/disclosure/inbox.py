"""How a question comes in: a form without cookies and without an account, and what is held off before it is a row.

Nothing here reads a question. The form carries a token of its own: signed, not younger than a person needs to write
and not older than a page stays open, bound to nobody. Who sent it is a keyed hash with the day's salt, kept for a day
(`InboxTrace`); how often, and whether the words came before, the database counts (``disclosure_inbox_held_off``).
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.core import signing
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from gis_projects.disclosure.models import InboxQuestion
from gis_projects.disclosure.queries import PUBLIC

#: How old a form is when it comes back, in seconds.
YOUNGEST, OLDEST = 4, 6 * 3600
MOST_LINKS = 2
_SALT = "gis_projects.disclosure.inbox"
_LINK = re.compile(r"https?://|www\.|\[url|href\s*=", re.IGNORECASE)


class Refusal(Enum):
    """Why a question is not taken. What was written is given back with it."""

    UNSIGNED = "unsigned"
    TOO_FAST = "too-fast"
    TOO_OLD = "too-old"
    TRAP = "trap"
    LINKS = "links"
    SENT_BEFORE = "sent-before"
    SAME_WORDS = "same-words"
    TOO_MANY = "too-many"
    FULL = "full"


#: What the inbox's trigger says, by its SQLSTATE.
_HELD_OFF = {
    "GP208": Refusal.SENT_BEFORE,
    "GP409": Refusal.SAME_WORDS,
    "GP429": Refusal.TOO_MANY,
    "GP503": Refusal.FULL,
}


class Refused(Exception):
    """A question that is not taken."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True)
class Sent:
    """What somebody wrote; ``geometry`` is EPSG:4490."""

    kind: str
    text: str
    nickname: str = ""
    contact: str = ""
    project_slug: str = ""
    geometry: GEOSGeometry | None = None


def new_token(now: datetime | None = None) -> str:
    """A token for one form: a key drawn for it, and when it was given out. Signed; says nothing of who asked."""
    at = int((now or timezone.now()).timestamp())
    return signing.dumps({"key": uuid.uuid4().hex, "at": at}, salt=_SALT)


def key_of(token: str, now: datetime | None = None) -> uuid.UUID:
    """The key of a form that comes back in time.

    Raises
    ------
    Refused
        The token is none of ours, or the form is younger than `YOUNGEST` or older than `OLDEST` seconds.
    """
    try:
        said = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise Refused(Refusal.UNSIGNED) from error
    age = (now or timezone.now()).timestamp() - said["at"]
    if age < YOUNGEST:
        raise Refused(Refusal.TOO_FAST)
    if age > OLDEST:
        raise Refused(Refusal.TOO_OLD)
    return uuid.UUID(said["key"])


def receipt_of(key: uuid.UUID) -> str:
    """The receipt of a form: 16 characters by this process's secret, the same again when it is sent twice."""
    made = salted_hmac(f"{_SALT}.receipt", key.hex, algorithm="sha256").digest()
    letters = base64.b32encode(made).decode()[:16]
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def receipt_hash(receipt: str) -> str:
    """What is kept of a receipt, however it was typed: SHA-256 (hex)."""
    letters = re.sub(r"[^A-Z2-7]", "", receipt.upper().replace("0", "O").replace("1", "I").replace("8", "B"))
    return hashlib.sha256(letters.encode()).hexdigest()


def put(*, token: str, trap: str, sent: Sent, address: str) -> str:
    """Put a question into the inbox, over the public's own role. Returns its receipt.

    Parameters
    ----------
    trap
        A field that no person sees; what fills it is a program.
    address
        Of the network; only its hash with the day's salt goes on from here.

    Raises
    ------
    Refused
        It is held off; ``why`` says by what.
    """
    key = key_of(token)
    if trap:
        raise Refused(Refusal.TRAP)
    if len(_LINK.findall(sent.text)) > MOST_LINKS:
        raise Refused(Refusal.LINKS)
    receipt = receipt_of(key)
    words = "".join(sent.text.split()).casefold()
    row = InboxQuestion(
        key=key,
        receipt_hash=receipt_hash(receipt),
        kind=sent.kind,
        text=sent.text,
        nickname=sent.nickname,
        contact=sent.contact,
        project_slug=sent.project_slug,
        geometry=sent.geometry,
        language=(get_language() or "")[:10],
        address_hash=_hashed(f"address {timezone.localdate()}", address),
        text_hash=_hashed("text", words),
    )
    try:
        with transaction.atomic(using=PUBLIC):
            # The role's transactions only read unless they say otherwise, before anything else.
            with transaction.get_connection(PUBLIC).cursor() as cursor:
                cursor.execute("SET TRANSACTION READ WRITE")
            row.save(using=PUBLIC, force_insert=True)
    except DatabaseError as error:
        why = _HELD_OFF.get(getattr(error.__cause__, "pgcode", None) or "")
        if why is None:
            raise
        raise Refused(why) from error
    return receipt


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: behind so many proxies as the settings name, else the connection's other end.

    An IPv6 address counts by its /64, which is what one household has.
    """
    address = request.META.get("REMOTE_ADDR", "")
    proxies = settings.AXES_IPWARE_PROXY_COUNT or 0
    forwarded = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies and len(forwarded) >= proxies:
        address = forwarded[-proxies]
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _hashed(what: str, value: str) -> str:
    return salted_hmac(f"{_SALT}.{what}", value, algorithm="sha256").hexdigest()
