"""A page of a feed as Atom (RFC 4287), RSS 2.0 or JSON Feed 1.1.

Atom's pages are linked by RFC 5005, and what was withdrawn is a deleted entry of RFC 6721.

RSS and JSON Feed know no withdrawal: there it is an item with the id, the time and the word for it, in the category
``withdrawn``.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, rfc2822_date, rfc3339_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gis_projects.disclosure.feeds.feeds import Page
from gis_projects.disclosure.feeds.sources import Entry

WITHDRAWN = "withdrawn"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class FeedForm(StrEnum):
    ATOM = "atom"
    RSS = "rss"
    JSON = "json"

    @property
    def media_type(self) -> str:
        return {
            FeedForm.ATOM: "application/atom+xml; charset=utf-8",
            FeedForm.RSS: "application/rss+xml; charset=utf-8",
            FeedForm.JSON: "application/feed+json",
        }[self]


@dataclass(frozen=True)
class Links:
    """Whole addresses of the feed's own pages; ``root`` is put before the paths of entries."""

    root: str
    home: str
    own: str
    first: str
    before: str
    after: str


def written(page: Page, form: FeedForm, links: Links) -> bytes:
    if form is FeedForm.JSON:
        return _json(page, links)
    kind = _Atom if form is FeedForm.ATOM else _Rss
    feed = kind(
        title=_clean(str(page.feed.title)),
        link=links.home,
        description=_clean(str(page.feed.about)),
        language=_language(),
        author_name=settings.OPEN_DATA["publisher"],
        feed_url=links.own,
        feed_guid=f"urn:gis-projects:{settings.REGION_CODE}:feed:{page.feed.name}",
        feed_copyright=settings.OPEN_DATA["licence"],
        page_links=links,
        changed=page.changed,
    )
    for entry in page.entries:
        feed.add_item(
            title=_clean(entry.title),
            link=f"{links.root}{entry.path}",
            description=_clean(entry.summary),
            unique_id=entry.id,
            unique_id_is_permalink=False,
            pubdate=timezone.localtime(entry.published or entry.updated),
            updateddate=timezone.localtime(entry.updated),
            categories=[_clean(category) for category in entry.categories],
            withdrawn=entry.withdrawn,
        )
    out = io.BytesIO()
    feed.write(out, "utf-8")
    return out.getvalue()


class _Paged:
    """What Django's feeds don't write: links to the other pages, and the time of a feed without entries."""

    feed: dict[str, Any]

    def latest_post_date(self) -> datetime:
        changed: datetime = self.feed["changed"]
        return changed

    def _page_links(self, handler: Any, element: str) -> None:
        links: Links = self.feed["page_links"]
        for relation, address in (("first", links.first), ("previous", links.before), ("next", links.after)):
            if address:
                handler.addQuickElement(element, "", {"rel": relation, "href": address})


class _Atom(_Paged, Atom1Feed):
    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xmlns:at": "http://purl.org/atompub/tombstones/1.0"}

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        self._page_links(handler, "link")

    def write_items(self, handler: Any) -> None:
        for item in self.items:
            if item["withdrawn"]:
                gone = {"ref": item["unique_id"], "when": rfc3339_date(item["updateddate"])}
                handler.addQuickElement("at:deleted-entry", "", gone)
            else:
                handler.startElement("entry", self.item_attributes(item))
                self.add_item_elements(handler, item)
                handler.endElement("entry")


class _Rss(_Paged, Rss201rev2Feed):
    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        self._page_links(handler, "atom:link")

    def write_items(self, handler: Any) -> None:
        for item in self.items:
            handler.startElement("item", self.item_attributes(item))
            if item["withdrawn"]:
                handler.addQuickElement("title", _("已撤回"))
                handler.addQuickElement("pubDate", rfc2822_date(item["updateddate"]))
                handler.addQuickElement("guid", item["unique_id"], {"isPermaLink": "false"})
                handler.addQuickElement("category", WITHDRAWN)
            else:
                self.add_item_elements(handler, item)
                handler.addQuickElement("atom:updated", rfc3339_date(item["updateddate"]))
            handler.endElement("item")


def _json(page: Page, links: Links) -> bytes:
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": str(page.feed.title),
        "home_page_url": links.home,
        "feed_url": links.own,
        "description": str(page.feed.about),
        "language": _language(),
        "authors": [{"name": settings.OPEN_DATA["publisher"]}],
    }
    if links.after:
        feed["next_url"] = links.after
    feed["items"] = [_item(entry, links) for entry in page.entries]
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _item(entry: Entry, links: Links) -> dict[str, Any]:
    moment = rfc3339_date(timezone.localtime(entry.updated))
    if entry.withdrawn:
        return {"id": entry.id, "content_text": _("已撤回"), "date_modified": moment, "tags": [WITHDRAWN]}
    return {
        "id": entry.id,
        "url": f"{links.root}{entry.path}",
        "title": entry.title,
        "content_text": entry.summary or entry.title,
        "date_published": rfc3339_date(timezone.localtime(entry.published or entry.updated)),
        "date_modified": moment,
        "tags": list(entry.categories),
    }


def _language() -> str:
    return "en" if get_language() == "en" else "zh-CN"


def _clean(text: str) -> str:
    """Without the characters that XML can't hold."""
    return _NOT_IN_XML.sub("", text)
