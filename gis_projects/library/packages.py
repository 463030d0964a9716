"""The package for funds from above (争取资金): the record as tables, the files, and a list with their hashes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any, cast

from django.db.models import Field
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects import exports, files
from gis_projects.library.models import Attachment, Code, Library, Project
from gis_projects.library.queries import record


class NotInReserve(ValueError):
    """Only a project of the reserve or the implementation library applies for funds."""


def made(project: Project) -> bytes:
    """A zip: ``申报表.xlsx`` (basics, sources, years, composition, land, results, list of files) and ``附件/``.

    The same record gives the same content; a file whose stored bytes are gone or no longer the same is listed so.

    Raises
    ------
    NotInReserve
        The project is in neither of the two libraries.
    """
    if project.library not in (Library.RESERVE, Library.IMPLEMENTATION):
        raise NotInReserve
    attached = [row for row, _label in record.files(project)]
    contents = {row.pk: files.stored(row.sha256) for row in attached}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{_('申报表')}.xlsx", exports.workbook(_sheets(project, attached, contents)))
        for row in attached:
            content = contents[row.pk]
            if content is not None:
                archive.writestr(f"{_('附件')}/{row.pk}-{row.name}", content)
    return out.getvalue()


def _sheets(
    project: Project, attached: list[Attachment], contents: dict[int, bytes | None]
) -> Iterable[tuple[str, list[str], list[list[Any]]]]:
    plan, land = record.plan(project), record.land(project)
    purposes = {code.value: code.shown for code in Code.objects.of("attachment")}
    yield _("基本情况"), [_("项目"), _("内容")], [[label, value] for label, value in _basics(project)]
    yield (
        _("资金来源"),
        [_("资金来源"), _("资金类型"), _("金额（元）"), _("已落实")],
        [
            [row.kind.shown, row.instrument.shown, row.amount_yuan, _("是") if row.definite else _("否")]
            for row in (plan.sources.all() if plan else [])
        ],
    )
    years = [[row.year, row.amount_yuan] for row in (plan.years.all() if plan else [])]
    yield _("分年度投资计划"), [_("年度"), _("金额（元）")], years
    parts = [[row.kind.shown, row.amount_yuan] for row in (plan.parts.all() if plan else [])]
    yield _("投资构成"), [_("投资构成"), _("金额（元）")], parts
    ground = [[row.kind.shown, row.area_m2] for row in (land.parts.all() if land else [])]
    yield _("用地构成"), [_("用地类别"), _("面积（平方米）")], ground
    yield (
        _("论证与评审结果"),
        [_("依据类型"), _("结果"), _("名称"), _("时间")],
        [
            [row.get_kind_display(), row.get_outcome_display(), row.title, timezone.localtime(row.at).date()]
            for row in record.evidence(project)
        ],
    )
    yield (
        _("附件清单"),
        [_("编号"), _("用途"), _("文件名"), _("大小（字节）"), "SHA-256", _("状态")],
        [
            [
                row.pk, purposes.get(row.purpose, row.purpose), row.name, row.size, row.sha256,
                _("在包内") if contents[row.pk] is not None else _("原文件缺失"),
            ]
            for row in attached
        ],
    )  # fmt: skip


def _basics(project: Project) -> Iterable[tuple[str, Any]]:
    for name in (
        "code", "national_code", "name", "content", "investment_kind", "region", "address", "organisation",
        "credit_code", "legal_person", "authority", "industry", "division", "policy", "industry_type", "project_type",
        "construction_mode", "investment_mode", "nature", "level", "stage", "library", "source_kind", "source_basis",
        "scale", "planned_start", "planned_finish", "goals", "funding_note",
    ):  # fmt: skip
        field = cast("Field[Any, Any]", Project._meta.get_field(name))
        shown = getattr(project, f"get_{name}_display", None)
        value = shown() if shown else getattr(project, name)
        if isinstance(value, Code):
            value = value.shown
        yield str(field.verbose_name), value if value is None or hasattr(value, "isoformat") else str(value)
