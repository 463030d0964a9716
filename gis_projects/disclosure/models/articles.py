"""What a bureau says to the public in words: items, guides, rules, policies, notices, contacts."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ArticleKind(models.TextChoices):
    """What an article is. Which fields each has beside its words: `gis_projects.disclosure.article_fields`."""

    ITEM = "item", _("事项清单")
    GUIDE = "guide", _("办事指南")
    SYSTEM = "system", _("相关制度")
    REQUIREMENTS = "requirements", _("办事须知")
    POLICY = "policy", _("政策法规")
    INTERPRETATION = "interpretation", _("政策解读")
    NOTICE = "notice", _("通知公告")
    DELEGATION = "delegation", _("委托下放事项")
    CONTACT = "contact", _("论证联系方式")


class PublishedArticle(models.Model):
    """One article as the public reads it.

    ``slug`` is drawn by lot and stays when the article is withdrawn and published again. ``html`` is what the author's
    Markdown became after sanitising, ``text`` the same without any mark, for searching. ``facts`` are the kind's own
    fields (code → text). An interpretation names the policy that it explains by its slug in ``about_slug``. ``until``
    is the last day on which it is shown.
    """

    slug = models.CharField(max_length=20, unique=True)
    kind = models.CharField(_("类别"), max_length=16, choices=ArticleKind)
    title = models.CharField(_("标题"), max_length=200)
    summary = models.CharField(_("摘要"), max_length=300, blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)
    about_slug = models.CharField(max_length=20, blank=True, db_index=True)
    region_code = models.CharField(_("区划代码"), max_length=6)
    region_name = models.CharField(_("所属地区"), max_length=60)
    department = models.CharField(_("责任部门"), max_length=120, blank=True)
    published_at = models.DateTimeField(_("公开时间"), default=timezone.now)
    changed_at = models.DateTimeField(_("更新时间"), default=timezone.now)
    until = models.DateField(_("公开至"), null=True, blank=True)

    class Meta:
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(fields=["kind", "-published_at"], name="disclosure_article_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ArticleKind.values), name="disclosure_article_kind"),
            models.CheckConstraint(
                condition=Q(about_slug="") | Q(kind="interpretation"), name="disclosure_interprets_a_policy"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ArticleFile(models.Model):
    """A file that goes with an article, as a copy of its own: it is gone with the article's row.

    ``name`` is drawn by lot and is its address; ``title`` is what it is called when it is saved.
    """

    article = models.ForeignKey(
        PublishedArticle, to_field="slug", db_column="slug", on_delete=models.CASCADE, related_name="files"
    )
    name = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=120)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title
