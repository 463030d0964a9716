"""What an article says: its fields checked, its digest, and the rows that the public would read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from gis_projects import files
from gis_projects.disclosure.article_fields import (
    FIELDS,
    MOST_LONG,
    MOST_SHORT,
    WITH_DEPARTMENT,
    WORDLESS,
    Field,
)
from gis_projects.disclosure.models import ArticleFile, ArticleKind, PublishedArticle
from gis_projects.people.models import Organisation
from gis_projects.publishing import markdown, personal_data
from gis_projects.publishing.models import ArticleVersion

MOST_WORDS = 60_000


@dataclass(frozen=True)
class Content:
    """What an author says. ``shown_from`` None: as soon as it is published."""

    title: str
    summary: str = ""
    body: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    organisation: Organisation | None = None
    shown_from: datetime | None = None
    until: date | None = None


def checked(kind: str, content: Content) -> dict[str, str]:
    """The kind's own fields of a content, tidied.

    Raises
    ------
    ValidationError
        By field: what is missing, too long or no date.
    """
    errors: dict[str, list[str]] = {}
    facts = _facts(kind, content.facts, errors)
    if not content.title.strip():
        errors["title"] = [_("请填写标题。")]
    if kind not in WORDLESS and not content.body.strip() and not any(one.long for one in FIELDS[kind]):
        errors["body"] = [_("请填写正文。")]
    if len(content.body) > MOST_WORDS:
        errors["body"] = [_("正文不得超过 %(most)s 字。") % {"most": MOST_WORDS}]
    if kind in WITH_DEPARTMENT and content.organisation is None:
        errors["organisation"] = [_("请选择责任部门。")]
    over = content.until is not None and content.shown_from is not None
    if over and content.until < timezone.localdate(content.shown_from):  # type: ignore[operator]
        errors["until"] = [_("公开期限不能早于公开时间。")]
    if errors:
        raise ValidationError(errors)
    return facts


def _facts(kind: str, given: Mapping[str, str], errors: dict[str, list[str]]) -> dict[str, str]:
    """The kind's own fields, tidied; what else was given is left out."""
    facts = {}
    for one in FIELDS[kind]:
        value = str(given.get(one.code, "") or "").strip()
        problem = _problem(one, value)
        if problem:
            errors[one.code] = [problem]
        elif value:
            facts[one.code] = value
    return facts


def _problem(one: Field, value: str) -> str:
    if not value:
        return _("请填写“%(field)s”。") % {"field": one.label} if one.required else ""
    if len(value) > (MOST_LONG if one.long else MOST_SHORT):
        return _("“%(field)s”过长。") % {"field": one.label}
    if one.number and not (value.isascii() and value.isdecimal()):
        return _("“%(field)s”须为整数。") % {"field": one.label}
    if one.day:
        try:
            right = parse_date(value) is not None
        except ValueError:
            right = False
        if not right:
            return _("“%(field)s”不是正确的日期。") % {"field": one.label}
    return ""


def would_be(version: ArticleVersion) -> tuple[PublishedArticle, list[ArticleFile]]:
    """The public rows of a version as they would be, unsaved and without the files' bytes: what a preview shows."""
    article = version.article
    now = timezone.now()
    public = PublishedArticle(
        slug=article.slug,
        kind=article.kind,
        title=version.title,
        summary=version.summary,
        html=markdown.html(version.body),
        text=markdown.plain(version.body),
        facts=version.facts,
        about_slug=article.about.slug if article.about else "",
        region_code=article.region.code,
        region_name=article.region.short_name,
        department=version.organisation.name if version.organisation else "",
        published_at=now,
        changed_at=now,
        until=version.until,
    )
    rows = [
        ArticleFile(
            article=public,
            name=row.public_name,
            title=row.name,
            media_type=files.KINDS[row.kind].media_type,
            size=row.size,
        )
        for row in version.attachments.all()
    ]
    return public, rows


def digest(version: ArticleVersion) -> str:
    """SHA-256 (hex) over all that a version says, its files and its period."""
    said = {
        "title": version.title,
        "summary": version.summary,
        "body": version.body,
        "facts": version.facts,
        "organisation": version.organisation_id,
        "shown_from": version.shown_from,
        "until": version.until,
        "files": sorted([row.name, row.sha256] for row in version.attachments.all()),
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def suspicious(version: ArticleVersion) -> list[personal_data.Found]:
    """What in a version looks like personal data. A contact's own fields are meant to be read."""
    facts = {} if version.article.kind == ArticleKind.CONTACT else version.facts
    texts = [version.title, version.summary, version.body, *(str(value) for value in facts.values())]
    return [hit for text in texts for hit in personal_data.find(text)]
