"""A review as one file: its record, its report and its files, with the SHA-256 of each in a list that is part of it.

The same content gives the same bytes: members are sorted, and carry no time of their own.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from gis_projects import files
from gis_projects.argument.models import Archive, ExpertReview
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.review_documents import files_of, record, report_pdf
from gis_projects.library.subjects import subject as of_project
from gis_projects.people.models import User
from gis_projects.trail.models import Step
from siting.engine.notices import Notice

MANIFEST = "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def keep_archive(by: User | None, review: ExpertReview) -> Archive:
    """Make the archive and store it.

    Raises
    ------
    NotNow
        A file's bytes are gone, or no longer those that were brought.
    """
    content, manifest = packed(members(review))
    return Archive.objects.create(
        review=review, name=f"expert-review-{review.pk}.zip", size=len(content), sha256=files.keep(content),
        manifest=manifest, by=by,
    )  # fmt: skip


def members(review: ExpertReview) -> dict[str, bytes]:
    """What the archive holds, by name."""
    found = {
        "review.json": _json(record(review)),
        "trail.json": _json(
            [
                {"number": step.number, "at": step.at.isoformat(), "actor": step.actor, "verb": step.verb,
                 "data": step.data, "digest": step.digest}
                for step in Step.objects.filter(subject=of_project(review.project), data__review=review.pk).order_by(
                    "number"
                )
            ]
        ),
        "report.pdf": report_pdf(review),
    }  # fmt: skip
    for number, row in enumerate(files_of(review), start=1):
        content = files.stored(row.sha256)
        if content is None:
            raise NotNow(
                Notice("archive-file-gone", "文件“%(name)s”已丢失或被改动，不能归档。", {"name": row.name})
            )
        found[f"files/{number:03d}-{row.name}"] = content
    return found


def packed(found: Mapping[str, bytes]) -> tuple[bytes, list[dict[str, Any]]]:
    """The members as a zip, and the list of them (name, size, SHA-256) that is in it too."""
    manifest = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(found.items())
    ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*sorted(found.items()), (MANIFEST, _json(manifest))]:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, content)
    return out.getvalue(), manifest


def faults(content: bytes) -> list[str]:
    """The members of an archive that are not what its list says, or missing, or not on it; empty where it is whole."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        listed = {row["name"]: row["sha256"] for row in json.loads(archive.read(MANIFEST))}
        wrong = {
            name
            for name, sha256 in listed.items()
            if name not in names or hashlib.sha256(archive.read(name)).hexdigest() != sha256
        }
        return sorted(wrong | (names - listed.keys() - {MANIFEST}))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
