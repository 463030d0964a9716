"""Files beside an article as the public may have them: what they say is theirs, who made them is gone.

A document names its author, the last who saved it, their firm, folders and printers; a photo the place and the hour.
The file is opened only in the confinement that uploads of layers have (`layers.reading.sandbox`).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gis_projects import files
from gis_projects.publishing.models import ArticleAttachment
from gis_projects.sentences import sentence
from layers.notices import UnreadableFile
from layers.reading.sandbox import Confined, Limits
from siting.engine.notices import Notice, UnusableInput

_PROGRAM = Path(__file__).with_name("confined") / "bare"
_LIMITS = Limits(cpu=30, wall=60.0, memory=3 << 30, output=64 << 20)
_PLAIN = {"text"}  # kinds that hold nothing but what is read
_WORDS = {
    "unreadable": gettext_noop("文件不完整或已损坏，无法清除其中的作者等属性，请重新导出后上传"),
    "encrypted": gettext_noop("文件已加密，无法清除其中的作者等属性，请解除密码后上传"),
    "signed": gettext_noop(
        "文件带有数字签名，又写有文件属性（可能含作者、单位、拍摄信息），清除会使签名失效。请由作者在签名前清除文件属性，重新签名后再上传；或上传不带签名的文件，由平台清除"
    ),
    "comments": gettext_noop("文件中有批注，公开前请删除批注"),
    "revisions": gettext_noop("文件中有修订痕迹，公开前请接受或拒绝全部修订"),
    "connections": gettext_noop("工作簿中有外部数据连接，公开前请删除连接"),
    "embedded": gettext_noop("文件中嵌有其他文件 %(what)s，其属性无法清除，请删除或导出为 PDF 后上传"),
    "picture": gettext_noop("文件中的图片 %(what)s 属性无法清除，请换成 PNG 或 JPEG 图片"),
    "elsewhere": gettext_noop("文件引用了本机或内部网络上的文件 %(what)s，公开前请断开链接"),
    "too-large": gettext_noop("文件展开后过大，不接受"),
}


def bare(kind: str, content: bytes) -> bytes:
    """The same file without properties. The same bytes give the same.

    Parameters
    ----------
    kind
        As `gis_projects.files.refuse_unknown` says it.

    Raises
    ------
    UnusableInput
        Its properties can't be taken away, and why; or what is in it is for its author to remove.
    """
    if kind in _PLAIN:
        return content
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in", Path(folder) / "out"
        source.write_bytes(content)
        out.mkdir()
        said = _run(kind, source, out)
        if "refused" in said:
            code = str(said["refused"])
            raise UnusableInput(
                Notice(
                    f"attachment-{code}", _WORDS[code], {"what": str(said.get("what", ""))[:80]}, field="file"
                )
            )
        return (out / "bare").read_bytes()


def published(row: ArticleAttachment) -> bytes:
    """What the public gets of a kept file: without properties, whenever it was kept.

    Raises
    ------
    ValidationError
        Its bytes are gone, or as `bare`; with its name.
    """
    content = files.stored(row.sha256)
    if content is None:
        raise ValidationError(_("附件“%(name)s”的文件已损坏或缺失。") % {"name": row.name})
    try:
        return bare(row.kind, content)
    except UnusableInput as refused:
        reason = "".join(map(sentence, refused.notices))
        said = _("附件“%(name)s”不能公开：%(reason)s") % {"name": row.name, "reason": reason}
        raise ValidationError(said) from refused


def _run(kind: str, source: Path, out: Path) -> dict[str, Any]:
    try:
        with Confined(_PROGRAM, {"kind": kind}, source, "file", (), limits=_LIMITS, writable=out) as run:
            run.output.read()
            return run.finish()
    except UnreadableFile as refused:
        raise UnusableInput(
            Notice("media-reader", "文件无法安全地读取：%(reason)s", {"reason": str(refused)}, field="file")
        ) from refused
