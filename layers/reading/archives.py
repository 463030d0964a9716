"""Whether a zip may be opened, and what geodata it holds, from its directory alone. Nothing is unpacked here."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from layers.notices import Notice, UnreadableFile

MAX_UNPACKED = 32 << 30
MAX_ENTRIES = 2000
MAX_DIRECTORY = 4 << 20  # bytes of a zip's list of contents
MAX_RATIO = 200  # real geodata packs 2 to 20 to one
_RATIO_FROM = 20 << 20  # a small file may be very regular
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".kmz")


@dataclass(frozen=True)
class Contents:
    """What geodata a zip holds: stems of shapefiles, or the folder of a file geodatabase, or the KML of a KMZ."""

    stems: tuple[str, ...] = ()
    geodatabase: str | None = None
    markup: str | None = None


def refusal(code: str, template: str, **params: object) -> UnreadableFile:
    """A refusal with one notice."""
    return UnreadableFile(Notice(code, template, params))


def check(path: Path) -> Contents:
    """Judge a zip by its directory, and say what geodata it holds.

    Raises
    ------
    UnreadableFile
        With the reason.
    """
    return _contents(check_directory(path))


def check_directory(path: Path) -> list[str]:
    """Judge a zip by its directory: sizes, ratios, paths, links, nesting. Gives the names in it.

    Raises
    ------
    UnreadableFile
        With the reason.
    """
    # Measured before it is opened: a list of a million files takes seconds and gigabytes to read.
    if _directory_size(path) > MAX_DIRECTORY:
        raise refusal("zip-directory-large", "zip 的文件目录过大，未打开。")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refusal("zip-broken", "zip 文件不完整或已损坏。") from error
    if len(entries) > MAX_ENTRIES:
        raise refusal("zip-too-many", "zip 中有 %(count)d 个文件，上限为 %(limit)d 个。",
                      count=len(entries), limit=MAX_ENTRIES)  # fmt: skip
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED or (unpacked > _RATIO_FROM and unpacked / packed > MAX_RATIO):
        raise refusal("zip-bomb", "zip 解压后有 %(size)d MB（压缩比 %(ratio)d），超过限制，未打开。",
                      size=unpacked >> 20, ratio=unpacked // packed)  # fmt: skip
    names: list[str] = []
    for entry in entries:
        name = entry.filename
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or ":" in name[:3]:
            raise refusal("zip-path", "zip 中的路径 %(name)s 指向压缩包之外，未打开。", name=name[:80])
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise refusal("zip-link", "zip 中的 %(name)s 是符号链接，未打开。", name=name[:80])
        if entry.flag_bits & 1:
            raise refusal("zip-encrypted", "zip 有密码保护，请去掉密码后再上传。")
        if name.lower().endswith(_ARCHIVES):
            raise refusal("zip-nested", "zip 中还有压缩包 %(name)s，请只压缩一层。", name=name[:80])
        if not name.startswith("__MACOSX/"):
            names.append(name)
    return names


def shown(name: str) -> str:
    """A member's name as its author wrote it: Windows writes GBK without saying so, which reads as CP437."""
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name


def _contents(names: list[str]) -> Contents:
    lower = {name.lower() for name in names}
    stems = [name[:-4] for name in names if name.lower().endswith(".shp")]
    folders = sorted({_folder(name) for name in names if name.lower().endswith(".gdbtable")})
    if stems and folders:
        raise refusal("zip-mixed", "zip 中既有 shapefile 又有 FileGDB，请分开上传。")
    if len(folders) > 1:
        raise refusal("zip-several", "zip 中有 %(count)d 个 FileGDB，请分开上传。", count=len(folders))
    if folders:
        if not folders[0].lower().endswith(".gdb"):
            raise refusal("gdb-folder", "FileGDB 的文件不在名为 *.gdb 的文件夹里，请连同文件夹一起压缩。")
        return Contents(geodatabase=folders[0])
    if not stems:
        markup = sorted((name.count("/"), name) for name in names if name.lower().endswith(".kml"))
        if markup:
            return Contents(markup=markup[0][1])
        what = "一个 Office 文档" if "[content_types].xml" in lower else "一般的压缩包"
        raise refusal("zip-no-shapefile", "zip 中没有 .shp、.gdb 或 .kml，看起来是%(kind)s。", kind=what)
    for stem in stems:
        missing = [suffix for suffix in (".shx", ".dbf") if stem.lower() + suffix not in lower]
        if missing:
            raise refusal("shapefile-incomplete", "shapefile %(name)s 缺少 %(missing)s 文件。",
                          name=PurePosixPath(stem).name, missing="、".join(missing))  # fmt: skip
    return Contents(stems=tuple(stems))


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent) if "/" in name else ""


_END, _END_LENGTH = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_LENGTH, _LARGE_END_LENGTH = b"PK\x06\x07", 20, 56


def _directory_size(path: Path) -> int:
    """The size of a zip's directory as its end states it, which is how much `zipfile` reads; 0 without an end."""
    length = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, length - _END_LENGTH - 0xFFFF - _LOCATOR_LENGTH - _LARGE_END_LENGTH))
        tail = file.read()
    # First where it is without a comment, as `zipfile` looks: its own bytes may hold the mark again.
    at = len(tail) - _END_LENGTH
    if tail[at : at + 4] != _END:
        at = tail.rfind(_END)
    if at < 0:
        return 0
    stated = int.from_bytes(tail[at + 12 : at + 16], "little")
    locator = at - _LOCATOR_LENGTH
    if locator >= _LARGE_END_LENGTH and tail[locator : locator + 4] == _LOCATOR:
        large = tail[locator - _LARGE_END_LENGTH : locator]
        stated = max(stated, int.from_bytes(large[40:48], "little"))
    return stated
