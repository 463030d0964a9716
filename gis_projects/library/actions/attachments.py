"""Files beside a project."""

from __future__ import annotations

from django.db import transaction

from gis_projects import files
from gis_projects.library.models import Attachment, Project
from gis_projects.library.subjects import subject as named
from gis_projects.people.models import User
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice, UnusableInput


@transaction.atomic
def attach(
    *, by: User | None, project: Project, purpose: str, name: str, content: bytes, subject: str = ""
) -> Attachment:
    """Put a file beside something that is said of a project (``subject``; the project itself unless given).

    The room that calls has asked whether ``by`` may.

    Raises
    ------
    UnusableInput
        The file is empty, too large, of a kind that isn't taken, or not what its name says; or there are too many.
    """
    beside = subject or named(project)
    plain = files.safe_name(name)
    kind = files.refuse_unknown(plain, content)
    if Attachment.objects.filter(subject=beside).count() >= files.MAX_FILES:
        raise UnusableInput(
            Notice(
                "too-many-attachments", "附件不能超过 %(limit)s 个", {"limit": files.MAX_FILES}, field="file"
            )
        )
    row = Attachment.objects.create(
        project=project,
        subject=beside,
        purpose=purpose,
        name=plain,
        kind=kind.code,
        size=len(content),
        sha256=files.keep(content),
        by=by,
    )
    trail.record(
        by=by,
        verb="library.attach_file",
        subject=named(project),
        data={"beside": beside, "purpose": purpose, "attachment": row.pk, "name": plain, "sha256": row.sha256,
              "size": row.size},
    )  # fmt: skip
    return row
