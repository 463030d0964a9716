"""A client that uploads as the page does, and workers that run what it queued."""

from __future__ import annotations

import threading
import zlib
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.test import Client

PART = "application/octet-stream"
ANSWERS = {"coverage": "region", "source_date": "2026-01-31", "legal_source": "政函〔2026〕1 号"}


def begin(client: Client, path: Path, **more: Any) -> Any:
    body = {"filename": path.name, "size": path.stat().st_size, **more}
    return client.post("/api/v1/uploads/", body, content_type="application/json")


def part(client: Client, url: str, offset: int, content: bytes, checksum: str | None = None) -> Any:
    headers = {
        "Upload-Offset": str(offset),
        "Upload-Checksum": checksum or f"crc32 {zlib.crc32(content):08x}",
    }
    return client.patch(url, content, content_type=PART, headers=headers)


def whole(client: Client, path: Path, **more: Any) -> dict[str, Any]:
    """Announce and send a file in two parts; the upload as the last answer tells it."""
    answer = begin(client, path, **more)
    assert answer.status_code == 201, answer.content.decode()
    url, content = answer.json()["url"], path.read_bytes()
    half = len(content) // 2
    assert part(client, url, 0, content[:half]).json()["received"] == half
    last = part(client, url, half, content[half:])
    assert last.status_code == 200, last.content.decode()
    return last.json()


def work() -> None:
    """Run everything that is queued."""
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)


def told(client, upload):
    return client.get(upload["url"]).json()


def answer(client, upload, **answers):
    return client.post(f"{upload['url']}answers/", answers, content_type="application/json")


def act(client, number, verb, reason="", code="GRID"):
    url = f"/api/v1/layers/{code}/versions/{number}/{verb}/"
    return client.post(url, {"reason": reason}, content_type="application/json")


def meanwhile(act_):
    """Do it over a connection of its own, as another request would."""

    def run():
        try:
            act_()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
