"""Articles as staff write them: versions that one person writes and another one publishes."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models import ArticleKind
from gis_projects.people.permissions import Scoped, ScopePaths


class Article(Scoped, models.Model):
    """One article through all its versions. ``slug`` is drawn by lot and is its public address."""

    SCOPE: ClassVar[ScopePaths] = ScopePaths(region="region_id")  # type: ignore[misc]

    slug = models.CharField(max_length=20, unique=True)
    kind = models.CharField(_("类别"), max_length=16, choices=ArticleKind)
    region = models.ForeignKey(
        "people.Region", on_delete=models.PROTECT, related_name="+", verbose_name=_("适用地区")
    )
    about = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="interpretations",
        verbose_name=_("所解读的政策"),
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ArticleKind.values), name="publishing_article_kind"),
            models.CheckConstraint(
                condition=Q(kind="interpretation", about__isnull=False)
                | (~Q(kind="interpretation") & Q(about=None)),
                name="publishing_interprets_a_policy",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"


class VersionState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待发布")
    SCHEDULED = "scheduled", _("已排期")
    SHOWN = "shown", _("已公开")
    REPLACED = "replaced", _("已更替")
    WITHDRAWN = "withdrawn", _("已撤回")
    DROPPED = "dropped", _("已作废")


#: What is still on its way; an article has one such version at most.
UNDER_WAY = (VersionState.DRAFT, VersionState.SUBMITTED, VersionState.SCHEDULED)


class ArticleVersion(models.Model):
    """One version of an article: Markdown, the kind's own fields, the period in which it is shown.

    ``written_by`` is whoever wrote it last; another person publishes it (constraint). Its words change only while it is
    a draft, and none is deleted (trigger ``publishing_articleversion_fixed``). ``shown_from`` None: as soon as it is
    published. ``until`` is the last day on which it is shown.
    """

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版本"))
    state = models.CharField(_("状态"), max_length=10, choices=VersionState, default=VersionState.DRAFT)
    title = models.CharField(_("标题"), max_length=200)
    summary = models.CharField(_("摘要"), max_length=300, blank=True)
    body = models.TextField(_("正文"), blank=True)
    facts = models.JSONField(default=dict, blank=True)
    organisation = models.ForeignKey(
        "people.Organisation",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("责任部门"),
    )
    shown_from = models.DateTimeField(_("公开时间"), null=True, blank=True)
    until = models.DateField(_("公开至"), null=True, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("理由"), max_length=300, blank=True)

    class Meta:
        ordering = ["article_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="publishing_article_versions"),
            models.UniqueConstraint(
                fields=["article"],
                condition=Q(state__in=["draft", "submitted", "scheduled"]),
                name="publishing_one_version_under_way",
            ),
            models.UniqueConstraint(
                fields=["article"], condition=Q(state="shown"), name="publishing_one_version_shown"
            ),
            models.CheckConstraint(
                condition=Q(state__in=VersionState.values), name="publishing_version_state"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | (Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("written_by"))),
                name="publishing_two_people_publish_an_article",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["scheduled", "shown", "replaced", "withdrawn"])
                | Q(approved_by__isnull=False),
                name="publishing_shown_article_is_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(shown_from__isnull=False),
                name="publishing_scheduled_article_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class ArticleAttachment(models.Model):
    """A file beside one version; its bytes lie where `gis_projects.files` keeps them."""

    version = models.ForeignKey(ArticleVersion, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    public_name = models.CharField(max_length=20)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "sha256"], name="publishing_article_file_once")
        ]

    def __str__(self) -> str:
        return self.name
