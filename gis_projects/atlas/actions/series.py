"""Print series: asked for, drawn by a job in the asker's name, called off."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pypdf import PdfReader, PdfWriter

from gis_projects.atlas.actions import exports
from gis_projects.atlas.printing import drawing, pdf
from gis_projects.atlas.printing.content import Wanted
from gis_projects.atlas.printing.pdf import Order, Place
from gis_projects.atlas.printing.series import overview
from gis_projects.atlas.queries import marks
from gis_projects.atlas.queries import series as queries
from gis_projects.atlas.queries.catalogue import visible_codes
from gis_projects.atlas.queries.exports import folder
from gis_projects.atlas.queries.marks import Above, Selection, Shown, above
from gis_projects.atlas.queries.series import Asked, Plan, Planned
from gis_projects.library.models import Project
from gis_projects.library.selecting import Misunderstood
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, require, visible
from gis_projects.sentences import listed
from gis_projects.trail import actions as trail
from gis_projects.trail.jobs import OPEN, cancel, start
from gis_projects.trail.models import Job

KEPT: timedelta = exports.KEPT
LIMIT_SECONDS = 2 * 3600
MAX_OPEN = 2  # series of one person that wait or run
#: So many names of what was left out are said on paper.
_NAMED = 4


@transaction.atomic
def request_series(*, by: User, asked: Asked) -> Job:
    """Queue a series; its file waits for whoever asked for some days.

    Raises
    ------
    ValidationError
        As `queries.plan`; or too many of theirs are under way; or finished files fill the room that is theirs.
    """
    from gis_projects.atlas.series_jobs import print_series

    require(by, Permission.READ_LAYERS)
    exports.sweep()
    sweep()
    User.objects.select_for_update().get(pk=by.pk)  # two requests at once count each other
    if Job.objects.filter(kind=queries.KIND, actor_id=str(by.pk), state__in=OPEN).count() >= MAX_OPEN:
        raise ValidationError(
            _("您已有 %(count)d 项系列图在排队或进行，请等它们完成或取消。"), params={"count": MAX_OPEN}, code="many"
        )  # fmt: skip
    exports.refuse_full()
    queries.plan(by, asked)  # the dearest question last
    return start(
        print_series, by=by, kind=queries.KIND, subject=f"atlas.series:{asked.way}",
        limit_seconds=LIMIT_SECONDS, user=by.pk, asked=asdict(asked), language=get_language() or "zh-hans",
    )  # fmt: skip


def cancel_series(*, by: User, job: Job) -> bool:
    """Call one's own series off; whether it was still under way.

    Raises `PermissionDenied` for somebody else's.
    """
    require(by, Permission.READ_LAYERS)
    if job.kind != queries.KIND or job.actor_id != str(by.pk):
        raise PermissionDenied
    return cancel(job)


class Drawing:
    """A series on its way: its sheets one after the other as files in a folder, then all of them as one.

    What may be read is asked as ``by`` at each sheet, so a right that goes while it is drawn counts.
    """

    def __init__(self, by: User, asked: Asked, plan: Plan, place: Path) -> None:
        self.by, self.asked, self.plan, self.place = by, asked, plan, place
        self._left_out: set[str] = set()
        self._printed: set[tuple[str, int]] = set()  # code and version of layers
        self._marked: dict[Shown, set[int]] = {}  # `Above.keys` of all sheets
        self._numbers: dict[Shown, int] = {}
        self._confidential: set[int] = set()
        self._selected: tuple[Any, Selection] | None = None  # what was asked last, and the answer
        place.mkdir(parents=True, exist_ok=True, mode=0o700)

    def ask_again(self) -> None:
        """Look who asks, and what they may, as it is now: this user object remembers both from when it was read.

        Raises `PermissionDenied` where they may read no layers any more.
        """
        self.by.refresh_from_db()
        self.by.borrowed_now = None
        require(self.by, Permission.READ_LAYERS)

    def draw(self, between: Callable[[int], None]) -> Path:
        """Draw every sheet and join them behind the overview; ``between`` is told how many are done before each.

        A sheet that a run before this one has finished isn't drawn again, unless something else is to be on it now.
        """
        first = self._overview_pages() + 1
        pages: list[int] = []
        sheets: list[Path] = []
        for number, planned in enumerate(self.plan.sheets, 1):
            between(number - 1)
            self.ask_again()
            order = self._order(planned, Place(number, len(self.plan.sheets), first))
            path = self.place / f"{number:03}-{_digest(order)}.pdf"
            if not path.exists():
                _whole(path, pdf.written(pdf.context(order, self.by)))
            sheets.append(path)
            pages.append(first)
            first += len(PdfReader(path).pages)
        between(len(self.plan.sheets))
        self.ask_again()
        front = self.place / "000.pdf"
        _whole(front, pdf.written(pdf.context(self._overview(pages), self.by)))
        return self._joined(front, sheets)

    @property
    def printed(self) -> dict[str, Any]:
        """What was printed: the layers as code@version, their codes, the projects that have a sheet or are named, those
        whose symbols are on sheets (`Above.keys`), and what was asked for with how many there are.
        """
        drawn = [one.project for one in self.plan.sheets if one.project is not None]
        return {
            "layers": [f"{code}@{number}" for code, number in sorted(self._printed)],
            "codes": sorted({code for code, _number in self._printed}),
            "projects": sorted({*drawn, *(pk for pk, _name in self.plan.unplaced)}),
            "marked": sorted(set().union(*self._marked.values())),
            "shown": [{**asdict(shown), "number": number} for shown, number in self._numbers.items()],
            "confidential": sorted(self._confidential),
        }

    def _layers(self, planned: Planned) -> tuple[list[Wanted], list[Wanted], list[str]]:
        """What lies on a sheet and below it, and what is to be said of it on the sheet."""
        asked: Sequence[Any] = self.asked.layers
        day: date | None = None
        if planned.bookmark is not None:
            asked, day = queries.bookmarked(self.by, planned.bookmark, asked)
        wanted, missing = queries.layers_of(self.by, asked, day)
        later = [] if day is None else visible_codes(self.by, missing)
        self._left_out.update(set(missing).difference(later))
        notes = (
            [_("%(n)s 个图层在 %(day)s 没有生效的版本，未印。") % {"n": len(later), "day": day}]
            if later
            else []
        )
        return self._noted(wanted), self._base(day), notes

    def _base(self, day: date | None = None) -> list[Wanted]:
        return self._noted(queries.base_of(self.by, day) if self.asked.base else [])

    def _noted(self, layers: list[Wanted]) -> list[Wanted]:
        """Layers that go on a sheet, written down for `printed`."""
        for wanted in layers:
            require(self.by, Permission.READ_LAYERS, Scope(secrecy=wanted.version.layer.secrecy))
            self._printed.add((wanted.version.layer.code, wanted.version.number))
        return layers

    def _order(self, planned: Planned, place: Place) -> Order:
        layers, base, notes = self._layers(planned)
        over: list[str] = []
        legend: list[dict[str, Any]] = []
        if planned.project is not None:
            over, legend = self._project(planned)
        above = self._above(planned)
        over, legend, notes = [*above.svg, *over], [*legend, *above.legend], [*notes, *above.notes]
        return Order(
            self.asked.sheet, planned.frame, planned.title, self.asked.approval, layers, base, over, legend, notes,
            place,
        )  # fmt: skip

    def _above(self, planned: Planned) -> Above:
        """The projects that the map shows, written down for `printed`."""
        shown = queries.marked(self.by, planned.bookmark, self.asked.projects)
        if shown is None:
            return Above()
        try:
            made = above(self.by, shown, planned.frame, self._select(shown))
        except Misunderstood:  # a region or a list that a filter names is no more
            return Above(notes=[_("项目的筛选条件有误，未绘制项目。")])
        keys = self._marked.setdefault(shown, set())
        keys.update(made.keys)
        self._numbers[shown] = max(self._numbers.get(shown, 0), made.number, len(keys))
        self._confidential.update(made.confidential)
        return made

    def _select(self, shown: Shown) -> Selection:
        """Once for all sheets that show the same, as long as just these projects are the user's to know of."""
        asked = (shown, timezone.localdate(), marks.known(self.by))
        if self._selected is None or self._selected[0] != asked:
            self._selected = (asked, marks.select(self.by, shown))
        return self._selected[1]

    def _project(self, planned: Planned) -> tuple[list[str], list[dict[str, Any]]]:
        """The site of a sheet's project, or its place.

        Raises `PermissionDenied` where the project isn't the user's to know any more.
        """
        assert planned.project is not None
        known = visible(self.by, Permission.READ_PROJECTS, Project.objects.filter(pk=planned.project))
        if not known.exists():
            raise PermissionDenied(Permission.READ_PROJECTS)
        shape = queries.sites(self.by, [planned.project]).get(planned.project)
        label = _("项目选址界线") if shape is not None else _("项目位置")
        if shape is None:
            shape = drawing.point(planned.frame.lon, planned.frame.lat)
        swatch = mark_safe(drawing.swatch(drawing.SITE, "site"))  # noqa: S308 - drawn by us
        block = {
            "name": _("项目"),
            "entries": [{"swatch": swatch, "label": label}],
            "empty": False,
        }
        return [drawing.outlined(shape, planned.frame, drawing.SITE)], [block]

    def _overview_pages(self) -> int:
        """How many pages the overview takes: as many as with its true page numbers."""
        shown = pdf.context(self._overview([0] * len(self.plan.sheets), drawn=False), self.by)
        return 1 + len(shown["pages"])

    def _overview(self, pages: Sequence[int], *, drawn: bool = True) -> Order:
        sheets = self.plan.sheets
        frame = overview([one.frame for one in sheets], self.asked.sheet)
        entries = [
            {
                "swatch": mark_safe(drawing.number_badge(number)),  # noqa: S308 - drawn by us
                "label": _("%(title)s · 1:%(scale)s · 第 %(page)s 页")
                % {"title": one.title, "scale": f"{one.frame.scale:,}", "page": page},
            }
            for number, (one, page) in enumerate(zip(sheets, pages, strict=True), 1)
        ]
        over = [drawing.numbered(one.frame.ground, frame, at) for at, one in enumerate(sheets, 1)]
        title = _("%(title)s：图幅总览") % {"title": self.asked.title or _("一张图")}
        return Order(
            self.asked.sheet, frame, title, self.asked.approval, [], self._base() if drawn else [], over,
            [{"name": _("共 %(n)s 幅") % {"n": len(sheets)}, "entries": entries, "empty": False}],
            self._notes(), Place(0, len(sheets), 1), _("图幅索引"),
        )  # fmt: skip

    def _notes(self) -> list[str]:
        notes = []
        if self.plan.unplaced:
            names = listed(name for _pk, name in self.plan.unplaced[:_NAMED])
            notes.append(
                _("%(n)s 个项目没有位置，未成图：%(names)s%(more)s") % {
                    "n": len(self.plan.unplaced), "names": names,
                    "more": "…" if len(self.plan.unplaced) > _NAMED else "",
                }
            )  # fmt: skip
        if self._left_out:
            notes.append(_("%(n)s 个图层无权查看或已撤下，未印。") % {"n": len(self._left_out)})
        return notes

    def _joined(self, front: Path, sheets: Sequence[Path]) -> Path:
        writer = PdfWriter()
        writer.append(str(front), outline_item=_("图幅总览"), import_outline=False)
        for number, (planned, sheet) in enumerate(zip(self.plan.sheets, sheets, strict=True), 1):
            writer.append(str(sheet), outline_item=f"{number} {planned.title}", import_outline=False)
        writer.add_metadata({"/Title": self.asked.title or _("一张图")})
        joined = self.place / "whole.pdf"
        with joined.open("wb") as file:
            writer.write(file)
        return joined


def keep(*, by: User, made: Drawing, whole: Path) -> dict[str, Any]:
    """Put a finished series among the files that wait for their owners, and write the step. Returns what the job's row
    keeps.
    """
    sha256 = hashlib.sha256(whole.read_bytes()).hexdigest()
    name = f"{secrets.token_hex(16)}.pdf"
    with transaction.atomic():
        made.ask_again()
        trail.record(
            by=by,
            verb="atlas.print_series",
            subject=f"atlas.series:{made.asked.way}",
            data={
                "title": made.asked.title or _("一张图"),
                "sheets": len(made.plan.sheets),
                "layers": made.printed["layers"],
                "projects": made.printed["projects"],
                "shown": made.printed["shown"],
                "confidential": made.printed["confidential"],
                "approval": made.asked.approval,
                "sha256": sha256,
            },
        )
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(whole, folder() / name)
    return {
        "file": name,
        "name": f"{made.asked.title or _('一张图')}.pdf",
        "sheets": len(made.plan.sheets),
        "size": (folder() / name).stat().st_size,
        "sha256": sha256,
        "codes": made.printed["codes"],
        "projects": sorted({*made.printed["projects"], *made.printed["marked"]}),
        "expires_at": (timezone.now() + KEPT).isoformat(),
    }


def sweep() -> int:
    """Delete the folders of series that never came to their end; returns how many went."""
    oldest = (timezone.now() - KEPT).timestamp()
    gone = [path for path in folder().glob("series-*") if path.is_dir() and path.stat().st_mtime < oldest]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)


def note_download(*, by: User, sha256: str) -> None:
    """Record that a finished series was fetched."""
    trail.record(by=by, verb="atlas.download_series", subject="atlas.series", data={"sha256": sha256})


def _digest(order: Order) -> str:
    """What is on a sheet, as a name: another version, look, right or page number makes another."""
    shown = [
        [one.version.layer.code, one.version.number, one.opacity, sorted(one.hidden), one.style]
        for one in (*order.layers, *order.base)
    ]
    said = [shown, len(order.layers), list(order.over), [str(block) for block in order.over_legend],
            list(order.notes), asdict(order.place) if order.place else None]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _whole(path: Path, content: bytes) -> None:
    """A file that is there is whole, though a worker be killed while it writes."""
    draft = path.with_suffix(".part")
    draft.write_bytes(content)
    draft.replace(path)
