"""A staged version comes into force by a second person, or is sent back; and how one in force is withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.atlas import jobs, upload_files, workflow
from gis_projects.atlas.actions import staging
from gis_projects.atlas.models import Publication, Upload
from gis_projects.atlas.queries import versions as queries
from gis_projects.atlas.workflow import State
from gis_projects.people.permissions import Permission, Scope, may
from gis_projects.trail.actions import record
from layers import withdrawal
from layers.models import Layer, LayerVersion, Status
from layers.notices import Notice, UnusableLayer
from layers.publishing import LoadReport, discard, publish

if TYPE_CHECKING:
    from gis_projects.people.models import User

MAX_REASON = 200
#: A staged version without a word about who brought it: its process was killed in between.
ORPHANED_AFTER = timedelta(hours=1)


def layer_of(code: str) -> Layer:
    layer = Layer.objects.filter(code=code).first()
    if layer is None:
        raise UnusableLayer(Notice("layer-unknown", "没有代码为 %(code)s 的图层。", {"code": code}))
    return layer


def may_bring(by: User, secrecy: str, *also: Permission) -> None:
    scope = Scope(secrecy=secrecy)
    if not any(may(by, permission, scope) for permission in (Permission.UPLOAD_LAYERS, *also)):
        raise PermissionDenied(_("%(user)s 没有提交图层的权限。") % {"user": by.get_username()})


def may_approve(by: User, secrecy: str) -> None:
    if not may(by, Permission.PUBLISH_LAYERS, Scope(secrecy=secrecy)):
        raise PermissionDenied(_("%(user)s 没有批准图层发布的权限。") % {"user": by.get_username()})


def require_quality(version: LayerVersion, reason: str) -> None:
    """Whether the version's quality lets it through, and with a reason where one is asked for.

    Raises
    ------
    UnusableLayer
        It doesn't; the notices say what is wrong.
    """
    outcome, because = queries.decision(version)
    place = {"layer": version.layer.code, "number": version.number}
    if outcome == "refuse":
        raise UnusableLayer(
            Notice("quality-refuses", "图层 %(layer)s 第 %(number)d 版的质量不合格，不能发布。", place),
            *because,
        )
    if outcome == "reason" and not reason.strip():
        raise UnusableLayer(
            Notice("quality-asks", "图层 %(layer)s 第 %(number)d 版的质量问题须写明理由才能发布。", place),
            *because,
        )


def put_in_force(publication: Publication, version: LayerVersion, *, by: User, reason: str) -> LoadReport:
    """Make the version the one in force and write who let it through; in the caller's transaction."""
    report = publish(version)
    publication.approver, publication.reason, publication.published_at = by, reason, timezone.now()
    publication.save()
    verb = "atlas.withdraw_layer" if version.withdraws_id else "atlas.publish_layer"
    record(
        by=by,
        verb=verb,
        subject=f"layers.version:{report.layer}@{report.version}",
        data={
            **report.to_json(),
            "brought_by": publication.uploader.get_username(),
            "approved_by": by.get_username(),
            "reason": reason,
        },
    )
    return report


def _waiting(version: LayerVersion) -> tuple[LayerVersion, Publication]:
    """The staged version with who brought it, held until the transaction ends.

    Raises
    ------
    UnusableLayer
        It doesn't wait (any more): someone else published it or sent it back.
    """
    row = LayerVersion.objects.select_related("layer").defer("coverage").filter(pk=version.pk).first()
    # select_for_update: of two persons who decide at once, the second sees what the first did.
    publication = (
        Publication.objects.select_for_update(of=("self",))
        .select_related("uploader")
        .filter(version=version)
        .first()
    )
    if (
        row is None
        or row.status != Status.STAGED
        or publication is None
        or publication.approver_id is not None
    ):
        raise UnusableLayer(
            Notice(
                "version-not-staged", "图层 %(layer)s 的第 %(number)d 版不在待发布状态。",
                {"layer": version.layer.code, "number": version.number},
            )
        )  # fmt: skip
    return row, publication


def publish_version(*, by: User, version: LayerVersion, reason: str = "") -> LoadReport:
    """Let a staged version through: the second person's part.

    Raises
    ------
    PermissionDenied
        This person may not, or brought it.
    UnusableLayer
        It doesn't wait any more, or its quality asks for a reason or forbids it.
    """
    reason = reason.strip()[:MAX_REASON]
    with transaction.atomic():
        row, publication = _waiting(version)
        may_approve(by, str(row.layer.secrecy))
        if publication.uploader_id == by.pk:
            raise PermissionDenied(_("提交人和批准人必须是不同的人。"))
        require_quality(row, reason)
        report = put_in_force(publication, row, by=by, reason=reason)
        upload = Upload.objects.select_for_update().filter(version=row).first()
        if upload is not None:
            workflow.move(upload, State.PUBLISHED)
            upload.save()
            transaction.on_commit(lambda: _remove(upload))
    return report


def _remove(upload: Upload) -> None:
    upload_files.remove(upload.uuid)


def send_back(*, by: User, version: LayerVersion, reason: str) -> None:
    """Take a staged version out again; whoever brought it is told why, and may answer anew or bring another file.

    Raises
    ------
    PermissionDenied
        Neither brought by this person nor theirs to decide.
    UnusableLayer
        It doesn't wait any more, or no reason is given.
    """
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise UnusableLayer(Notice("reason-missing", "请写明理由。", field="reason"))
    with transaction.atomic():
        row, publication = _waiting(version)
        if publication.uploader_id != by.pk:
            may_approve(by, str(row.layer.secrecy))
        record(
            by=by,
            verb="atlas.send_back_layer",
            subject=f"layers.version:{row.layer.code}@{row.number}",
            data={
                "brought_by": publication.uploader.get_username(),
                "root_hash": row.root_hash,
                "source": row.source_name,
                "reason": reason,
            },
        )
        notice = Notice("sent-back", "已被 %(by)s 退回：%(reason)s", {"by": str(by), "reason": reason})
        Upload.objects.filter(version=row).update(
            version=None, state=State.REFUSED, notices=[staging.kept(notice)], changed_at=timezone.now()
        )
        publication.delete()
        discard(row)


def request_withdrawal(*, by: User, code: str, reason: str, number: int | None = None) -> LayerVersion:
    """Bring the content before the version in force as the next version; a second person publishes it as any other.

    Parameters
    ----------
    number
        The version in force that is meant, so that nobody takes back one that they haven't seen.

    Raises
    ------
    PermissionDenied
        This person may not.
    UnusableLayer
        No reason is given, there is nothing before it, another version waits, or another is in force.
    """
    reason = reason.strip()[:MAX_REASON]
    with transaction.atomic():
        layer = layer_of(code)
        may_bring(by, str(layer.secrecy), Permission.PUBLISH_LAYERS)
        if not reason:
            raise UnusableLayer(Notice("reason-missing", "请写明理由。", field="reason"))
        version = withdrawal.stage(layer)
        withdrawn = version.withdraws
        if number is not None and (withdrawn is None or withdrawn.number != number):
            raise UnusableLayer(
                Notice(
                    "version-not-in-force", "图层 %(layer)s 的第 %(number)d 版已不是现行版本。",
                    {"layer": code, "number": number},
                )
            )  # fmt: skip
        staging.submitted(
            version, by=by, request=reason, verb="atlas.request_withdrawal",
            withdraws=withdrawn.number if withdrawn else None,
        )  # fmt: skip
        jobs.follow_with_overviews(version, by=by)
    return version


def withdraw_layer(*, by: User, approved_by: User, code: str, reason: str) -> LoadReport:
    """`request_withdrawal` and `publish_version` in one go, by two persons.

    Raises
    ------
    PermissionDenied, layers.notices.UnusableLayer
        As those two; nothing was kept.
    """
    with transaction.atomic():
        layer = layer_of(code)
        if by.pk == approved_by.pk:
            raise PermissionDenied(_("提交人和批准人必须是不同的人。"))
        may_approve(approved_by, str(layer.secrecy))
        version = request_withdrawal(by=by, code=code, reason=reason)
        return publish_version(by=approved_by, version=version, reason=reason)


def discard_orphans() -> int:
    """Discard staged versions that nobody brought: whoever staged them was killed before they could say so."""
    orphans = LayerVersion.objects.filter(
        status=Status.STAGED, staged_at__lt=timezone.now() - ORPHANED_AFTER
    ).exclude(pk__in=Publication.objects.values("version"))
    count = 0
    for version in orphans.select_related("layer").defer("coverage"):
        discard(version)
        count += 1
    return count
