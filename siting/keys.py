"""The keys that sign: one in use, and the public halves of all there ever were, by which old signatures still verify.

The private key is a file that its owner alone may read (``SIGNING_KEY_PATH``). Beside it the folder
``published_keys`` holds one JSON file for each key: ``id``, ``pem`` (public), ``since``, ``until`` (None while it is
in use) and ``revoked`` (it fell into other hands: whatever it signed proves nothing any more). A key's id is the
first 16 hex digits of the SHA-256 of its raw public half.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, flock
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils import timezone


@dataclass(frozen=True)
class PublishedKey:
    """The public half of a key, and when it signed (ISO 8601)."""

    id: str
    pem: str
    since: str
    until: str | None = None
    revoked: bool = False

    @property
    def key(self) -> Ed25519PublicKey:
        return from_pem(self.pem.encode())


def from_pem(pem: bytes) -> Ed25519PublicKey:
    """Read a public key.

    Raises
    ------
    ValueError
        It is none, or of another kind.
    """
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")
    return key


def to_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def key_id(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def sign(digest: bytes) -> tuple[str, str]:
    """Sign 32 bytes with the key in use: the signature (base64) and the key's id."""
    private = _in_use()
    return base64.b64encode(private.sign(digest)).decode(), key_id(private.public_key())


def public_key() -> Ed25519PublicKey:
    """Return the public half of the key in use."""
    return _in_use().public_key()


def published() -> dict[str, PublishedKey]:
    """Return every key that this installation ever signed with, by id, the newest first."""
    _in_use()
    found = [PublishedKey(**json.loads(path.read_text())) for path in _folder().glob("*.json")]
    return {key.id: key for key in sorted(found, key=lambda key: (key.since, key.id), reverse=True)}


def rotate(*, revoke: bool = False) -> tuple[PublishedKey, PublishedKey]:
    """Put a new key in use and destroy the old private half; the old key and the new one, as published.

    A process that is just signing with the old key ends that; every later signature is the new key's, in all
    processes. ``revoke`` says that the old key is no longer to be trusted.
    """
    with _alone():
        old_id = key_id(_in_use().public_key())
        new = Ed25519PrivateKey.generate()
        now = timezone.now().isoformat(timespec="microseconds")
        fresh = PublishedKey(key_id(new.public_key()), to_pem(new.public_key()), since=now)
        _publish(fresh)  # before anything can be signed with it
        old = published()[old_id]
        draft = _write_private(new)
        ended = PublishedKey(**asdict(old) | {"until": now, "revoked": revoke})
        # Before the change: if this process dies between, the next one revokes the same key again.
        _publish(ended)
        draft.replace(settings.SIGNING_KEY_PATH)
    return ended, fresh


def _folder() -> Path:
    return Path(settings.SIGNING_KEY_PATH).with_name("published_keys")


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other process change keys meanwhile."""
    path = Path(settings.SIGNING_KEY_PATH).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        flock(held, LOCK_EX)
        yield


def _in_use() -> Ed25519PrivateKey:
    """Return the signing key, made on first use; a key that another process put in its place is seen at once."""
    path = Path(settings.SIGNING_KEY_PATH)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = _write_private(Ed25519PrivateKey.generate())
        try:
            os.link(draft, path)  # whoever comes second keeps the first one's key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    state = path.stat()
    return _loaded(path, state.st_ino, state.st_mtime_ns)


@lru_cache(maxsize=4)
def _loaded(path: Path, inode: int, changed: int) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 private key")
    identity = key_id(key.public_key())
    if not (_folder() / f"{identity}.json").exists():
        since = timezone.now().isoformat(timespec="microseconds")
        _publish(PublishedKey(identity, to_pem(key.public_key()), since=since))
    return key


def _write_private(key: Ed25519PrivateKey) -> Path:
    """Write a private key beside its place, readable by its owner only."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = Path(settings.SIGNING_KEY_PATH).with_suffix(f".{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(pem)
    return draft


def _publish(key: PublishedKey) -> None:
    _folder().mkdir(parents=True, exist_ok=True)
    path = _folder() / f"{key.id}.json"
    draft = path.with_suffix(f".{os.getpid()}.new")
    draft.write_text(json.dumps(asdict(key), indent=1) + "\n")
    draft.replace(path)
