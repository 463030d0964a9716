"""Standards of enforcement, drafted by one person and published by another."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from gis_projects.library.actions import standards
from gis_projects.library.models import EnforcementStandard
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from tests.factories.people import user_of

POINTS = (
    standards.Point("项目建议书说明项目建设的必要性", "政府投资条例", "第九条"),
    standards.Point("资金来源及落实情况已说明", "政府投资条例", "第十条"),
)


def manager(username: str) -> User:
    """Somebody who keeps the libraries."""
    found = User.objects.filter(username=username).first()
    return found or user_of(Role.ADMISSION, username=username)


def drafted(item: str = "setup", valid_from: date | None = None, **more: object) -> EnforcementStandard:
    number = f"ZF-{item}-{EnforcementStandard.objects.count() + 1}"
    return standards.save_draft(
        **{
            "by": manager("drafter"),
            "item": item,
            "number": number,
            "name": f"{item} 执法规范",
            "valid_from": valid_from or timezone.localdate(),
            "source": "本局编制",
            "points": POINTS,
            **more,
        }
    )


def published(item: str = "setup", valid_from: date | None = None, **more: object) -> EnforcementStandard:
    draft = drafted(item, valid_from, **more)
    return standards.publish(by=manager("publisher"), standard=draft, revision=draft.revision)
