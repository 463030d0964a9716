"""Files that people bring as evidence: which are taken, under which name, and where their bytes lie.

A file is what its content says, and its name must say the same: a page or a program under another name is refused. None
is ever opened beyond that, drawn or run here; it goes out as a download of a type from our own list. The bytes lie
below ``MEDIA_ROOT/files`` by their SHA-256, outside everything that the web server gives out, readable by the
platform's own account only.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

from siting.engine.notices import Notice, UnusableInput

MAX_BYTES = 20 * 1024 * 1024
MAX_FILES = 50  # beside one thing
MAX_NAME = 120
_MAX_MEMBERS = 5000  # of an office document
_TEXT_SAMPLE = 1024 * 1024


@dataclass(frozen=True)
class FileKind:
    """A kind of file that is taken: by these endings, given out as this type."""

    code: str
    endings: tuple[str, ...]
    media_type: str


KINDS = {
    kind.code: kind
    for kind in (
        FileKind("pdf", (".pdf",), "application/pdf"),
        FileKind("png", (".png",), "image/png"),
        FileKind("jpeg", (".jpg", ".jpeg"), "image/jpeg"),
        FileKind(
            "docx",
            (".docx",),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        FileKind("xlsx", (".xlsx",), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        FileKind("text", (".txt", ".csv"), "text/plain"),
    )
}
ENDINGS = tuple(ending for kind in KINDS.values() for ending in kind.endings)


def refuse_unknown(name: str, content: bytes) -> FileKind:
    """Return what a file is.

    Raises
    ------
    UnusableInput
        It is empty, too large, of a kind that is not taken, or not what its name says.
    """
    if not content:
        raise _refusal("attachment-empty", "文件是空的")
    if len(content) > MAX_BYTES:
        raise _refusal(
            "attachment-too-large",
            "文件有 %(size)s MB，超过上限 %(limit)s MB",
            size=f"{len(content) / 1024**2:.1f}",
            limit=MAX_BYTES // 1024**2,
        )
    ending = Path(name).suffix.lower()
    kind = _kind_of(content)
    if kind is None or ending not in ENDINGS:
        raise _refusal(
            "attachment-kind",
            "不接受这种文件，可以是：%(endings)s",
            endings=[ending[1:] for ending in ENDINGS],
        )
    if ending not in kind.endings:
        raise _refusal("attachment-mismatch", "文件内容与扩展名 %(ending)s 不符", ending=ending)
    return kind


def safe_name(name: str) -> str:
    """Return a name that means nothing to a shell, a path or a header, and reads as what it is.

    Only the part after the last slash is kept; characters that control, hide or turn text around (bidirectional marks
    make ``exe.pdf`` of ``fdp.exe``) are dropped.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    plain = re.sub(r'[<>:"|?*%`$;&]', "_", shown).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not stem.strip(" ._"):
        raise _refusal("attachment-name", "文件没有可用的名称")
    return f"{stem[: MAX_NAME - len(ending) - 1].rstrip(' .')}.{ending}"


def keep(content: bytes) -> str:
    """Store the bytes under their SHA-256 (hex), which is returned; the same bytes are stored once."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(sha256)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile(dir=path.parent, delete=False) as draft:  # made with mode 0600
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    return sha256


def path_of(sha256: str) -> Path:
    """Where the bytes of this SHA-256 lie."""
    return Path(settings.MEDIA_ROOT) / "files" / sha256[:2] / sha256


def stored(sha256: str) -> bytes | None:
    """The bytes as they were brought; None if they are gone or no longer those."""
    try:
        content = path_of(sha256).read_bytes()
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _kind_of(content: bytes) -> FileKind | None:
    if content.startswith(b"%PDF-"):
        return KINDS["pdf"]
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return KINDS["png"]
    if content.startswith(b"\xff\xd8\xff"):
        return KINDS["jpeg"]
    if content.startswith(b"PK\x03\x04"):
        return _office_kind(content)
    return KINDS["text"] if _is_text(content) else None


def _office_kind(content: bytes) -> FileKind | None:
    """A document without macros; its parts are listed and never unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [info.filename.lower() for info in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if len(names) > _MAX_MEMBERS or "[content_types].xml" not in names:
        return None
    if any(
        "vbaproject" in name or "/activex/" in name or name.endswith((".exe", ".bat", ".js"))
        for name in names
    ):
        return None
    if "word/document.xml" in names:
        return KINDS["docx"]
    return KINDS["xlsx"] if "xl/workbook.xml" in names else None


def _is_text(content: bytes) -> bool:
    """Plain text as an office writes it, UTF-8 or GB18030; what a browser might take for a page is none."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(
            unicodedata.category(letter) == "Cc" and letter not in "\t\r\n\f"
            for letter in text[:_TEXT_SAMPLE]
        ):
            return False
        return not re.match(r"\s*(<[a-z!?/]|#!|%!ps)", text, re.IGNORECASE)
    return False


def _refusal(code: str, template: str, **params: object) -> UnusableInput:
    return UnusableInput(Notice(code, template, params, field="file"))
