"""A unit's own internal units, posts, and who holds them: set up by its administrator, for this unit alone."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import (
    ApprovalChain,
    ChainLevel,
    InternalUnit,
    Organisation,
    Post,
    PostHolding,
    User,
)
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.trail import actions as trail


def may_run(by: User | None, organisation: Organisation) -> None:
    """Refuse whoever isn't this unit's own administrator."""
    if by is not None:
        require(by, Permission.MANAGE_UNIT, Scope(organisation=str(organisation.pk)))
    if organisation.closed_at is not None:
        raise ValidationError(_("该单位已注销。"), code="closed")


@transaction.atomic
def save_internal_unit(
    *,
    by: User | None,
    organisation: Organisation,
    name: str,
    parent: InternalUnit | None = None,
    position: int = 0,
    unit: InternalUnit | None = None,
) -> InternalUnit:
    """Set up an internal unit, or rename or move one (``unit``).

    Raises
    ------
    ValidationError
        There is one of that name below the same one, or it would come to lie below itself.
    """
    may_run(by, organisation)
    # Locked: two who move units below each other at once would tie a knot.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    row = unit or InternalUnit(organisation=organisation)
    _of(organisation, row)
    _of(organisation, parent)
    above = parent
    while above is not None:
        if row.pk is not None and above.pk == row.pk:
            raise ValidationError({"parent": _("不能把机构移到它自己的下级。")}, code="knot")
        above = above.parent
    row.name, row.parent, row.position = name.strip(), parent, position
    row.full_clean()
    row.save()
    _record(
        by, "people.save_internal_unit", organisation, name=row.name, parent=str(parent) if parent else None
    )
    return row


@transaction.atomic
def close_internal_unit(*, by: User | None, unit: InternalUnit) -> InternalUnit:
    """Close an internal unit that has neither units nor posts below it any more."""
    may_run(by, unit.organisation)
    row = InternalUnit.objects.select_for_update().get(pk=unit.pk)
    if row.children.filter(closed_at=None).exists() or row.posts.filter(closed_at=None).exists():
        raise ValidationError(_("请先撤销其下级机构和岗位。"), code="not-empty")
    if row.closed_at is None:
        row.closed_at = timezone.now()
        row.save(update_fields=["closed_at"])
        _record(by, "people.close_internal_unit", unit.organisation, name=row.name)
    return row


@transaction.atomic
def save_post(
    *,
    by: User | None,
    organisation: Organisation,
    name: str,
    unit: InternalUnit | None = None,
    position: int = 0,
    post: Post | None = None,
) -> Post:
    """Set up a post, or rename or move one (``post``)."""
    may_run(by, organisation)
    row = post or Post(organisation=organisation)
    _of(organisation, row)
    _of(organisation, unit)
    row.name, row.unit, row.position = name.strip(), unit, position
    row.full_clean()
    row.save()
    _record(by, "people.save_post", organisation, name=row.name, unit=str(unit) if unit else None)
    return row


@transaction.atomic
def close_post(*, by: User | None, post: Post) -> Post:
    """Close a post; who held it holds it no more.

    Raises
    ------
    ValidationError
        A chain in force asks for its holder.
    """
    may_run(by, post.organisation)
    row = Post.objects.select_for_update().get(pk=post.pk)
    newest = ApprovalChain.objects.filter(organisation=row.organisation).order_by("item", "-version")
    if ChainLevel.objects.filter(post=row, chain__in=newest.distinct("item").values("pk")).exists():
        raise ValidationError(_("审批流程中的层级还在使用这个岗位，请先修改流程。"), code="in-use")
    if row.closed_at is None:
        row.closed_at = timezone.now()
        row.save(update_fields=["closed_at"])
        row.holdings.filter(until=None).update(until=timezone.localdate())
        _record(by, "people.close_post", post.organisation, name=row.name)
    return row


@transaction.atomic
def appoint(*, by: User | None, post: Post, user: User) -> PostHolding:
    """Let somebody of the unit hold a post; who holds it already goes on."""
    may_run(by, post.organisation)
    if user.organisation_id != post.organisation_id or not user.is_active:
        raise ValidationError({"user": _("只能任命本单位的在职人员。")}, code="colleague")
    if post.closed_at is not None:
        raise ValidationError({"post": _("该岗位已撤销。")}, code="closed")
    Post.objects.select_for_update().get(pk=post.pk)
    row = PostHolding.objects.filter(post=post, user=user, until=None).first()
    if row is None:
        row = PostHolding.objects.create(post=post, user=user)
        _record(
            by, "people.appoint", post.organisation, post=post.name, name=str(user), username=user.username
        )
    return row


@transaction.atomic
def relieve(*, by: User | None, holding: PostHolding) -> PostHolding:
    """Let somebody hold a post no more, from now on."""
    may_run(by, holding.post.organisation)
    row = PostHolding.objects.select_for_update().get(pk=holding.pk)
    if row.until is None:
        row.until = timezone.localdate()
        row.save(update_fields=["until"])
        _record(
            by, "people.relieve", holding.post.organisation, post=holding.post.name, name=str(holding.user),
            username=holding.user.username,
        )  # fmt: skip
    return row


def _of(organisation: Organisation, row: InternalUnit | Post | None) -> None:
    if row is not None and (row.organisation_id != organisation.pk or row.closed_at is not None):
        raise ValidationError(_("该机构或岗位不属于本单位，或已撤销。"), code="another-unit")


def _record(by: User | None, verb: str, organisation: Organisation, **data: str | None) -> None:
    trail.record(by=by, verb=verb, subject=f"people.organisation:{organisation.code}", data=data)
