"""The only writers of articles: one person writes, another publishes; taking back takes one.

A version's words change while it is a draft. What is published is copied into `PublishedArticle` and `ArticleFile`,
in the same transaction as the step of the trail and the line of the change log.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects import files
from gis_projects.disclosure.article_fields import MOST_SHORT, WORDLESS
from gis_projects.disclosure.models import ArticleFile, ArticleKind, ChangeKind, PublishedArticle
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.publishing import attachments
from gis_projects.publishing.actions.changes import note
from gis_projects.publishing.article_content import Content, checked, digest, suspicious, would_be
from gis_projects.publishing.models import (
    UNDER_WAY,
    Article,
    ArticleAttachment,
    ArticleVersion,
    VersionState,
)
from gis_projects.trail import actions as trail

MOST_FILES = 20
MOST_BYTES = 10 * 1024 * 1024


@transaction.atomic
def draft_article(
    *, by: User, kind: str, region: Region, content: Content, about: Article | None = None
) -> ArticleVersion:
    """Begin an article with its first version, as a draft.

    Raises
    ------
    ValidationError
        By field: what is missing, too long or no date.
    """
    require(by, Permission.MANAGE_PORTAL, Scope(region=region.code))
    if kind not in ArticleKind.values:
        raise ValidationError({"kind": _("没有这种类别。")})
    if kind == ArticleKind.INTERPRETATION and (about is None or about.kind != ArticleKind.POLICY):
        raise ValidationError({"about": _("请选择所解读的政策。")})
    article = Article.objects.create(
        slug=secrets.token_hex(6),
        kind=kind,
        region=region,
        about=about if kind == ArticleKind.INTERPRETATION else None,
    )
    version = ArticleVersion(article=article, number=1)
    _write(by, version, content)
    _record(by, "publishing.draft_article", version)
    return version


@transaction.atomic
def revise_article(*, by: User, version: ArticleVersion, content: Content) -> ArticleVersion:
    """Write a draft anew; whoever does is its author from then on."""
    version = _locked(by, version)
    _demand(version, VersionState.DRAFT)
    _write(by, version, content)
    _record(by, "publishing.revise_article", version)
    return version


@transaction.atomic
def correct_article(*, by: User, article: Article) -> ArticleVersion:
    """Begin the next version with what the last one says; what is shown stays until that is published."""
    require(by, Permission.MANAGE_PORTAL, article)
    article = Article.objects.select_for_update().get(pk=article.pk)
    if article.versions.filter(state__in=UNDER_WAY).exists():
        raise ValidationError(_("该内容已有在办的新版本。"), code="under-way")
    last = article.versions.order_by("-number").first()
    assert last is not None, "an article begins with its first version"
    copied = ("title", "summary", "body", "facts", "organisation", "until")
    version = ArticleVersion.objects.create(
        article=article,
        number=last.number + 1,
        written_by=by,
        **{name: getattr(last, name) for name in copied},
    )
    for row in last.attachments.all():
        ArticleAttachment.objects.create(
            version=version,
            name=row.name,
            kind=row.kind,
            size=row.size,
            sha256=row.sha256,
            public_name=row.public_name,
        )
    _record(by, "publishing.correct_article", version)
    return version


def attach_to_article(*, by: User, version: ArticleVersion, name: str, content: bytes) -> ArticleAttachment:
    """Put a file beside a draft, without its author's and its program's properties (`attachments.bare`).

    Raises
    ------
    UnusableInput
        It is no file that is taken (`gis_projects.files`), or its properties can't be taken away.
    ValidationError
        It is too large for the public side, one too many, or there already.
    """
    require(by, Permission.MANAGE_PORTAL, version.article)
    kind = files.refuse_unknown(name, content)
    name = files.safe_name(name)
    if len(content) > MOST_BYTES:
        raise _too_large()
    content = attachments.bare(kind.code, content)  # before any row is locked: it takes a moment
    if len(content) > MOST_BYTES:
        raise _too_large()
    return _attach(by, version, name, kind, content)


@transaction.atomic
def _attach(
    by: User, version: ArticleVersion, name: str, kind: files.FileKind, content: bytes
) -> ArticleAttachment:
    version = _locked(by, version)
    _demand(version, VersionState.DRAFT)
    if version.attachments.count() >= MOST_FILES:
        raise ValidationError({"file": _("附件不得超过 %(limit)s 个。") % {"limit": MOST_FILES}})
    sha256 = files.keep(content)
    if version.attachments.filter(sha256=sha256).exists():
        raise ValidationError({"file": _("这个文件已经在附件中。")})
    row = ArticleAttachment.objects.create(
        version=version,
        name=name,
        kind=kind.code,
        size=len(content),
        sha256=sha256,
        public_name=secrets.token_hex(8),
    )
    _author(by, version)
    _record(by, "publishing.attach_to_article", version, name=name, sha256=sha256)
    return row


def _too_large() -> ValidationError:
    return ValidationError({"file": _("公开附件不得超过 %(limit)s MB。") % {"limit": MOST_BYTES // 1024**2}})


@transaction.atomic
def detach_from_article(*, by: User, attachment: ArticleAttachment) -> None:
    """Take a file away from a draft; its bytes stay for the versions that have it."""
    version = _locked(by, attachment.version)
    _demand(version, VersionState.DRAFT)
    attachment.delete()
    _author(by, version)
    _record(by, "publishing.detach_from_article", version, name=attachment.name, sha256=attachment.sha256)


@transaction.atomic
def submit_article(*, by: User, version: ArticleVersion) -> ArticleVersion:
    """Hand a draft on to somebody else, who publishes it or sends it back."""
    version = _locked(by, version)
    _demand(version, VersionState.DRAFT)
    _move(version, VersionState.SUBMITTED)
    _record(by, "publishing.submit_article", version)
    return version


@transaction.atomic
def return_article(*, by: User, version: ArticleVersion, reason: str) -> ArticleVersion:
    """Make a submitted or scheduled version a draft again, with the reason."""
    version = _locked(by, version)
    _demand(version, VersionState.SUBMITTED, VersionState.SCHEDULED)
    version.approved_by, version.approved_at = None, None
    _move(version, VersionState.DRAFT, reason=_because(reason))
    _record(by, "publishing.return_article", version, reason=version.reason)
    return version


@transaction.atomic
def drop_article(*, by: User, version: ArticleVersion) -> ArticleVersion:
    """Give a version up that is not shown; what is shown stays."""
    version = _locked(by, version)
    _demand(version, *UNDER_WAY)
    _move(version, VersionState.DROPPED, ended=True)
    _record(by, "publishing.drop_article", version)
    return version


@transaction.atomic
def publish_article(
    *, by: User, version: ArticleVersion, seen: str, knowingly: bool = False
) -> ArticleVersion:
    """Show a submitted version to the public, or at its time.

    Parameters
    ----------
    seen
        The digest (`digest`) of what the person read: another word since then is not what they approved.
    knowingly
        They were shown what looks like personal data in it, and let it stand.

    Raises
    ------
    ValidationError
        For who wrote it, a text changed meanwhile, a period that is over, personal data not looked at, or a file that
        can't be made public (`attachments.published`).
    """
    version = _locked(by, version)
    _demand(version, VersionState.SUBMITTED)
    if by.pk == version.written_by_id:
        raise ValidationError(_("须由撰写人以外的人员发布。"), code="one-person")
    if seen != digest(version):
        raise ValidationError(_("内容在您阅读后有改动，请重新查看。"), code="changed")
    if version.until is not None and version.until < timezone.localdate():
        raise ValidationError({"until": _("公开期限已过。")})
    if suspicious(version) and not knowingly:
        raise ValidationError(_("内容中疑似有个人信息，请核对后确认。"), code="personal-data")
    contents = _contents(version)  # before anybody relies on the day
    version.approved_by, version.approved_at = by, timezone.now()
    if version.shown_from is not None and version.shown_from > timezone.now():
        _move(version, VersionState.SCHEDULED)
        _record(by, "publishing.schedule_article", version, starts_at=version.shown_from.isoformat())
        return version
    return _show(by, version, contents)


@transaction.atomic
def show_due_article(*, version: ArticleVersion) -> ArticleVersion | None:
    """The platform shows a scheduled version whose time has come; None where somebody was faster.

    None too where a file of it can't be made public: it is a draft again, with the reason.
    """
    row = ArticleVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if row.state != VersionState.SCHEDULED or row.shown_from is None or row.shown_from > timezone.now():
        return None
    try:
        contents = _contents(row)
    except ValidationError as refused:
        row.approved_by, row.approved_at = None, None
        _move(row, VersionState.DRAFT, reason=" ".join(refused.messages)[:MOST_SHORT])
        _record(None, "publishing.return_article", row, reason=row.reason)
        return None
    return _show(None, row, contents)


@transaction.atomic
def withdraw_article(*, by: User | None, article: Article, reason: str) -> ArticleVersion:
    """Take an article back: page, files, lists and feeds are without it at once. None is the platform."""
    if by is not None:
        require(by, Permission.MANAGE_PORTAL, article)
    version = (
        ArticleVersion.objects.select_for_update(of=("self",))
        .select_related("article")
        .filter(article=article, state=VersionState.SHOWN)
        .first()
    )
    if version is None:
        raise ValidationError(_("该内容没有公开。"), code="not-shown")
    PublishedArticle.objects.filter(slug=version.article.slug).delete()
    note(f"{article.kind}:{article.slug}", ChangeKind.WITHDRAWN)
    _move(version, VersionState.WITHDRAWN, reason=_because(reason), ended=True)
    _record(by, "publishing.withdraw_article", version, reason=version.reason)
    return version


def _contents(version: ArticleVersion) -> list[bytes]:
    return [attachments.published(row) for row in version.attachments.all()]


def _show(by: User | None, version: ArticleVersion, contents: list[bytes]) -> ArticleVersion:
    article = version.article
    before = PublishedArticle.objects.filter(slug=article.slug).first()
    shown = article.versions.filter(state=VersionState.SHOWN).first()
    if shown is not None:
        _move(shown, VersionState.REPLACED, ended=True)
    public, rows = would_be(version)
    if before is not None:
        public.pk, public.published_at = before.pk, before.published_at
    public.full_clean(validate_unique=False, validate_constraints=True)
    public.save()
    ArticleFile.objects.filter(article=public).delete()
    for row, content in zip(rows, contents, strict=True):
        row.article, row.content, row.size = public, content, len(content)
        row.save(force_insert=True)
    note(
        f"{article.kind}:{article.slug}",
        ChangeKind.PUBLISHED if before is None else ChangeKind.CORRECTED,
        version.title,
    )
    _move(version, VersionState.SHOWN)
    approved_by = version.approved_by.get_username() if version.approved_by else ""
    _record(
        by,
        "publishing.publish_article",
        version,
        written_by=version.written_by.get_username(),
        approved_by=approved_by,
        digest=digest(version),
    )
    return version


def _write(by: User, version: ArticleVersion, content: Content) -> None:
    facts = checked(version.article.kind, content)
    version.title, version.summary = content.title.strip(), content.summary.strip()
    version.body = "" if version.article.kind in WORDLESS else content.body
    version.facts, version.organisation = facts, content.organisation
    version.shown_from, version.until = content.shown_from, content.until
    version.written_by, version.written_at = by, timezone.now()
    version.full_clean(validate_constraints=False)
    version.save()


def _locked(by: User, version: ArticleVersion) -> ArticleVersion:
    require(by, Permission.MANAGE_PORTAL, version.article)
    return (
        ArticleVersion.objects.select_for_update(of=("self",))
        .select_related("article__region", "article__about", "organisation", "written_by")
        .get(pk=version.pk)
    )


def _demand(version: ArticleVersion, *states: str) -> None:
    if version.state not in states:
        raise ValidationError(
            _("该版本处于“%(state)s”状态，不能这样操作。") % {"state": version.get_state_display()},
            code="state",
        )


def _author(by: User, version: ArticleVersion) -> None:
    version.written_by, version.written_at = by, timezone.now()
    version.save(update_fields=["written_by", "written_at"])


def _move(
    version: ArticleVersion, state: VersionState, *, reason: str | None = None, ended: bool = False
) -> None:
    version.state = state
    if reason is not None:
        version.reason = reason
    if ended:
        version.ended_at = timezone.now()
    version.save(update_fields=["state", "reason", "ended_at", "approved_by", "approved_at"])


def _because(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("请填写理由。")})
    if len(reason) > MOST_SHORT:
        raise ValidationError({"reason": _("理由过长。")})
    return reason


def _record(by: User | None, verb: str, version: ArticleVersion, **more: Any) -> None:
    trail.record(
        by=by,
        verb=verb,
        subject=f"publishing.article:{version.article_id}",
        data={
            "title": version.title,
            "kind": version.article.kind,
            "version": version.number,
            "slug": version.article.slug,
            **more,
        },
    )
