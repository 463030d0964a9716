"""Clients that ask for one address after the other on a kept connection, with little work of their own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Answers:
    """What came: seconds and bytes (of the body) of each answer, and the seconds of all together."""

    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    whole: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.whole


def asked(port: int, addresses: Sequence[str], clients: int, headers: str = "") -> Answers:
    """Ask for all addresses with so many clients at once.

    Raises
    ------
    SystemExit
        An answer was not 200.
    """
    parts = [Answers() for _ in range(clients)]
    wrong: list[str] = []
    threads = [
        threading.Thread(
            target=_client, args=(port, addresses[n::clients], headers, parts[n], wrong), daemon=True
        )
        for n in range(clients)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - began
    if wrong:
        raise SystemExit(f"{len(wrong)} tiles were refused, the first: {wrong[0]}")
    return Answers(
        [value for part in parts for value in part.seconds],
        [value for part in parts for value in part.sizes],
        whole,
    )


def _client(port: int, addresses: Sequence[str], headers: str, answers: Answers, wrong: list[str]) -> None:
    connection, rest = _connected(port), b""
    for address in addresses:
        question = (
            f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{headers}\r\n".encode()
        )
        began = time.perf_counter()
        connection.sendall(question)
        status, size, rest, closing = _answer(connection, rest)
        answers.seconds.append(time.perf_counter() - began)
        answers.sizes.append(size)
        if status not in (200, 204):
            wrong.append(f"{status} {address}")
        if closing:
            connection.close()
            connection, rest = _connected(port), b""
    connection.close()


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=120)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer(connection: socket.socket, data: bytes) -> tuple[int, int, bytes, bool]:
    """Status, bytes of the body, what was read beyond it, and whether the server closes the connection."""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, data = data.split(b"\r\n\r\n", 1)
    lines = head.lower().split(b"\r\n")
    status = int(lines[0].split(b" ")[1])
    fields = dict(line.split(b":", 1) for line in lines[1:])
    closing = fields.get(b"connection", b"").strip() == b"close"
    if fields.get(b"transfer-encoding", b"").strip() == b"chunked":
        size = 0
        while True:
            while b"\r\n" not in data:
                data += _more(connection)
            line, data = data.split(b"\r\n", 1)
            length = int(line, 16)
            while len(data) < length + 2:
                data += _more(connection)
            data, size = data[length + 2 :], size + length
            if not length:
                return status, size, data, closing
    length = int(fields.get(b"content-length", b"0"))
    while len(data) < length:
        data += _more(connection)
    return status, length, data[length:], closing


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(262_144)
    if not data:
        raise SystemExit("a server closed the connection in the middle of an answer")
    return data
