"""An application for money from above as one file to hand in: the project's record and files, the application itself,
and the evidence of its site (F030).
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from gis_projects import exports
from gis_projects.library import packages
from gis_projects.library.models import FundApplication, Project
from siting.engine.declared import declared_from_json
from siting.formats import writing
from siting.models import Check


def fund_package(application: FundApplication, *, with_site: bool) -> bytes:
    """Pack an application. ``with_site``: the reader may read sites; else none of the site's evidence goes along.

    Raises
    ------
    packages.NotInReserve
        The project is in neither the reserve nor the implementation library.
    """
    out = io.BytesIO(packages.made(application.project))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        sheet = exports.workbook([(_("资金申报"), [_("项目"), _("内容")], _form(application))])
        archive.writestr(f"{_('资金申报')}.xlsx", sheet)
        for name, content in _site(application.project) if with_site else ():
            archive.writestr(f"{_('选址依据')}/{name}", content)
    return out.getvalue()


def _form(application: FundApplication) -> list[list[Any]]:
    return [
        [_("项目名称"), application.project.name],
        [_("项目代码"), application.project.code],
        [_("申报类别"), application.get_flow_display()],
        [_("申报年度"), application.year],
        [_("申请资金（元）"), application.amount_yuan],
        [_("资金用途"), application.purpose],
        [_("状态"), application.get_state_display()],
        [_("评审报告"), application.assessment.title if application.assessment is not None else ""],
        [_("意见"), application.reason],
    ]


def _site(project: Project) -> list[tuple[str, bytes]]:
    """The boundary as coordinate text, and the newest check of it: verdict, digest and seal, by which anybody verifies
    it at the platform. Not its findings: who reads the package need not be one who reads every layer.
    """
    version = project.site.current if project.site is not None else None
    if version is None:
        return []
    text = writing.write(declared_from_json(version.declared), "txt", title=project.name)
    found = [(f"{_('界址点坐标')}.txt", text)]
    checks = (
        Check.objects.select_related("rulebook").filter(site_version=version).order_by("-created_at", "-pk")
    )
    check = checks.first()
    if check is not None:
        said = {
            "verdict": check.verdict,
            "checked_at": check.created_at.isoformat(),
            "boundary_version": version.number,
            "area_m2": version.area_m2,
            "rulebook": f"{check.rulebook.code} {check.rulebook.version}",
            "digest": check.digest,
            "signature": check.signature,
            "key": check.key_id,
            "verify_at": reverse("sites:verify-digest", args=[check.digest]),
        }
        found.append((f"{_('合规检查结论')}.json", json.dumps(said, ensure_ascii=False, indent=1).encode()))
    return found
