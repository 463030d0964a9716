"""Signing keys: one in use, old ones still verify, a revoked one proves nothing, a private half never lies open."""

import subprocess
import sys

import pytest
from django.conf import settings as live_settings

from siting import certificates, keys
from siting.documents import canonical

UNSEALED = {"verdict": "clear", "boundary": {}, "manifest": {}}


@pytest.fixture(autouse=True)
def _own_key(settings, tmp_path):
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


def test_the_private_key_is_its_owners_alone_and_the_public_half_is_published():
    current = keys.key_id(keys.public_key())
    assert live_settings.SIGNING_KEY_PATH.stat().st_mode & 0o777 == 0o600
    assert list(keys.published()) == [current]
    assert keys.published()[current].until is None
    assert "PRIVATE" not in "".join(path.read_text() for path in keys._folder().iterdir())


def test_after_a_change_of_keys_old_signatures_still_verify():
    before = certificates.seal(UNSEALED)
    old, new = keys.rotate()
    after = certificates.seal(UNSEALED)
    assert (before["key"], after["key"]) == (old.id, new.id)
    assert old.id != new.id
    assert certificates.verify(before) == certificates.verify(after) == []
    assert [key.until is None for key in keys.published().values()] == [True, False]
    assert keys.published()[old.id].key.public_bytes_raw() == old.key.public_bytes_raw()


def test_a_revoked_key_proves_nothing():
    before = certificates.seal(UNSEALED)
    keys.rotate(revoke=True)
    assert [found.where for found in certificates.verify(before)] == ["key"]
    assert certificates.verify(certificates.seal(UNSEALED)) == []


def test_an_unknown_key_is_not_believed_however_well_it_signs(settings, tmp_path):
    forged = certificates.seal(UNSEALED)
    settings.SIGNING_KEY_PATH = tmp_path / "ours" / "key.pem"
    assert [found.where for found in certificates.verify(forged)] == ["key"]
    (only,) = keys.published().values()
    posing = forged | {"key": only.id}
    assert [found.where for found in certificates.verify(posing)] == ["signature"]


def test_another_process_signs_with_the_new_key_at_once():
    """A web server's processes hold the key in memory; a change made by the command reaches them all."""
    script = (
        "import sys, django; from django.conf import settings; from pathlib import Path;"
        "settings.configure(SIGNING_KEY_PATH=Path(sys.argv[1]), USE_TZ=True);"
        "from siting import keys\n"
        "for line in sys.stdin: print(keys.sign(b'0' * 32)[1], flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(live_settings.SIGNING_KEY_PATH)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip

        def ask() -> str:
            other.stdin.write("\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        first = ask()
        assert first == keys.key_id(keys.public_key())
        _, new = keys.rotate()
        assert ask() == new.id
        other.stdin.close()


def test_a_key_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"PEM|key"):
        keys.from_pem(b"-----BEGIN PUBLIC KEY-----\nnothing\n-----END PUBLIC KEY-----\n")


def test_the_digest_does_not_depend_on_the_key():
    before = certificates.seal(UNSEALED)
    keys.rotate()
    assert certificates.seal(UNSEALED)["digest"] == before["digest"]
    assert canonical(UNSEALED) == canonical(dict(reversed(UNSEALED.items())))
