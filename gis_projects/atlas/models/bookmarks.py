"""Views of the one map that somebody keeps: by name, in an order, for oneself or for one's unit."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: What fits: a map with sixty layers on both sides, each with classes switched off, stays below it.
MOST_HASH = 16_000
MOST_QUERY = 2_000
MOST_NOTE = 4_000


class Bookmark(models.Model):
    """A view of the one map, kept by its address; a slide of a presentation, a sheet of a print series.

    ``query`` and ``hash`` are what stands behind ``?`` and ``#`` in the map's address (without these signs): the
    filters of the projects (`library.filters.ProjectFilter`), and place, zoom, layers, symbols and days of one or two
    sides (`atlas.permalink.parse` reads it). It names layers and keeps none of their content, so each opening asks the
    permission question anew; whoever hands a bookmark on to a reader takes `atlas.queries.bookmarks.hash_for`, which
    leaves out the layers that this reader may not know of.

    It is its owner's; ``shared`` shows it, to read, to the people of the unit that the owner belongs to now. ``series``
    (专题) gathers bookmarks of one owner into a presentation; empty for none. ``position`` orders all of one owner's,
    from 1 upwards and perhaps with gaps; no two have the same one at the end of a transaction. ``note`` is what the
    speaker wants to say. No triggers: bookmarks are changed and deleted, and the trail keeps what was done.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="bookmarks", verbose_name=_("所有人")
    )
    name = models.CharField(_("名称"), max_length=80)
    series = models.CharField(pgettext_lazy("bookmarks", "专题"), max_length=40, blank=True, default="")
    note = models.TextField(_("备注"), max_length=MOST_NOTE, blank=True, default="")
    query = models.TextField(max_length=MOST_QUERY, blank=True, default="")
    hash = models.TextField(max_length=MOST_HASH)
    shared = models.BooleanField(_("本单位共享"), default=False)
    position = models.PositiveIntegerField(_("顺序"))
    created_at = models.DateTimeField(_("建立时间"), default=timezone.now)
    changed_at = models.DateTimeField(_("最近变化"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("地图书签")
        ordering: ClassVar[list[str]] = ["owner", "position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["owner", "position"],
                name="bookmark_one_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="bookmark_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
