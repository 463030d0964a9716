"""Code lists: taking over the defaults, adding, renaming, retiring. Every change is a version with its step."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.library.models import Code, CodeList, CodeListVersion
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail import actions as trail

DEFAULTS = Path(__file__).parent.parent / "data" / "codes"


@transaction.atomic
def load_defaults(*, by: User | None = None) -> list[CodeList]:
    """Take over the lists of ``data/codes`` that aren't there yet; a list that is there stays as it was edited."""
    _may(by)
    there = set(CodeList.objects.values_list("key", flat=True))
    made = []
    for position, path in enumerate(sorted(DEFAULTS.glob("*.toml"))):
        data = tomllib.loads(path.read_text())
        if data["key"] in there:
            continue
        found = CodeList.objects.create(
            key=data["key"], name=data["name"], name_en=data["name_en"], source=data["source"],
            source_en=data["source_en"], is_sample=data["sample"], position=position,
        )  # fmt: skip
        Code.objects.bulk_create(
            Code(
                key=f"{found.key}:{value}", list=found, value=value, label=label, label_en=english,
                group=group[0] if group else "", position=at,
            )
            for at, (value, label, english, *group) in enumerate(data["codes"])
        )  # fmt: skip
        _version(by, found, "平台初始数据")
        made.append(found)
    if made:
        data = {"lists": [one.name for one in made]}
        trail.record(by=by, verb="library.load_codes", subject="library.code_list:all", data=data)
    return made


@transaction.atomic
def add_code(
    *,
    by: User | None,
    code_list: CodeList,
    value: str,
    label: str,
    label_en: str = "",
    group: str = "",
    note: str = "",
    valid_from: date | None = None,
    reason: str,
) -> Code:
    """Add a code to the end of a list, offered from ``valid_from`` (today unless given)."""
    found = _locked(by, code_list)
    last = found.codes.order_by("-position").first()
    code = Code(
        key=f"{found.key}:{value}", list=found, value=value, label=label.strip(), label_en=label_en.strip(),
        group=group, note=note.strip(), position=last.position + 1 if last else 0,
        valid_from=valid_from or timezone.localdate(),
    )  # fmt: skip
    code.full_clean()
    code.save(force_insert=True)
    _change(by, found, reason, "library.add_code", {"value": value, "label": code.label})
    return code


@transaction.atomic
def revise_code(
    *, by: User | None, code: Code, label: str, label_en: str, group: str, note: str, reason: str
) -> Code:
    """Correct a code's words; its value stays, and projects that have it show the new words."""
    found = _locked(by, code.list)
    code = Code.objects.select_related("list").get(pk=code.pk)
    before = {"label": code.label, "label_en": code.label_en, "group": code.group, "note": code.note}
    code.label, code.label_en, code.group, code.note = label.strip(), label_en.strip(), group, note.strip()
    after = {"label": code.label, "label_en": code.label_en, "group": code.group, "note": code.note}
    if before == after:
        return code
    code.full_clean()
    code.save(update_fields=list(after))
    _change(
        by,
        found,
        reason,
        "library.revise_code",
        {"value": code.value, "label": code.label, "before": before, "after": after},
    )
    return code


@transaction.atomic
def retire_code(*, by: User | None, code: Code, retired_on: date | None, reason: str) -> Code:
    """Offer a code no more from a day on, or again (``retired_on`` None). Projects that have it keep it."""
    found = _locked(by, code.list)
    code = Code.objects.select_related("list").get(pk=code.pk)
    if code.retired_on == retired_on:
        return code
    code.retired_on = retired_on
    code.full_clean()
    code.save(update_fields=["retired_on"])
    verb = "library.retire_code" if retired_on else "library.restore_code"
    day = retired_on.isoformat() if retired_on else ""
    _change(by, found, reason, verb, {"value": code.value, "label": code.label, "day": day})
    return code


def _may(by: User | None) -> None:
    if by is not None:
        require(by, Permission.MANAGE_LIBRARIES)


def _locked(by: User | None, code_list: CodeList) -> CodeList:
    _may(by)
    return CodeList.objects.select_for_update().get(pk=code_list.pk)


def _change(by: User | None, code_list: CodeList, reason: str, verb: str, data: dict[str, Any]) -> None:
    if not reason.strip():
        raise ValidationError({"reason": _("请写明修改理由。")})
    code_list.version += 1
    code_list.save(update_fields=["version"])
    _version(by, code_list, reason.strip())
    trail.record(
        by=by,
        verb=verb,
        subject=f"library.code_list:{code_list.key}",
        data={"list": code_list.name, "version": code_list.version, "reason": reason.strip(), **data},
    )


def _version(by: User | None, code_list: CodeList, reason: str) -> None:
    content = [
        {
            "value": code.value,
            "label": code.label,
            "label_en": code.label_en,
            "group": code.group,
            "note": code.note,
            "valid_from": code.valid_from.isoformat(),
            "retired_on": code.retired_on.isoformat() if code.retired_on else None,
        }
        for code in Code.objects.filter(list=code_list).order_by("position", "key")
    ]
    CodeListVersion.objects.create(
        list=code_list, number=code_list.version, codes=content, reason=reason[:300], by=by
    )
