"""The pages of uploads: bring files, answer what they leave open, and see one's jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.atlas import questions, workflow
from gis_projects.atlas.actions import uploads as actions
from gis_projects.atlas.api.uploads import data
from gis_projects.atlas.models import Upload
from gis_projects.atlas.queries import uploads as queries
from gis_projects.atlas.queries import versions
from gis_projects.atlas.workflow import State
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.sentences import listed, sentence
from layers.models import Layer
from layers.notices import Refused

LISTED = 100


@login_required
@require_safe
def uploads_page(request: HttpRequest) -> HttpResponse:
    """Files on their way: new ones, unfinished ones to go on with, and versions that wait for a second person."""
    user = cast(User, request.user)
    brings = has(user, Permission.UPLOAD_LAYERS)
    if not brings:
        require(user, Permission.PUBLISH_LAYERS)
    state = request.GET.get("state", "")
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found = queries.found(user, state=state, words=words)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return _uploads_table(found, str(kind))
    rows = [data(row) for row in found[:LISTED]]
    return render(
        request,
        "atlas/uploads.html",
        {
            "brings": brings,
            "uploads": rows,
            "states": State.choices,
            "state": state,
            "q": words,
            "query": urlencode({name: value for name, value in (("state", state), ("q", words)) if value}),
            "layers": queries.layers_for(user),
            "waiting": versions.waiting(user),
            "limits": {
                "chunk_bytes": settings.UPLOAD_CHUNK_BYTES,
                "max_bytes": settings.UPLOAD_MAX_BYTES,
                "days": settings.UPLOAD_DAYS,
            },
            "max_gb": settings.UPLOAD_MAX_BYTES / 1024**3,
        },
    )


def _uploads_table(rows: Iterable[Upload], kind: str) -> HttpResponse:
    header = [
        _("文件"), _("大小（字节）"), _("已收到（字节）"), _("图层"), _("版本号"), _("状态"), _("说明"), _("提交时间"),
        _("更新时间"), "SHA-256",
    ]  # fmt: skip
    table = [
        [
            row.filename, row.size, row.received, row.layer, row.number, row.get_state_display(),
            listed(queries.sentences(row.notices)), row.created_at, row.changed_at, row.sha256,
        ]
        for row in rows
    ]  # fmt: skip
    return exports.table(_("提交的文件"), header, table, kind=kind)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """One file: what is in it, what it leaves open, how far it is, and why it was refused."""
    user = cast(User, request.user)
    require(user, Permission.UPLOAD_LAYERS)
    row = queries.upload(user, key)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            row = _act(user, row, request)
            _tell_open(request, row)
            return redirect("atlas:upload", key=row.uuid)
        except Refused as refusal:
            problems = {notice.field or "": sentence(notice) for notice in refusal.notices}
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("atlas:upload", key=row.uuid)
    return render(
        request, "atlas/upload.html", _shown(user, row, request, problems), status=400 if problems else 200
    )


def _act(user: User, row: Upload, request: HttpRequest) -> Upload:
    step = request.POST.get("step")
    if step == "cancel":
        return actions.cancel(by=user, key=row.uuid)
    if step == "retry":
        return actions.retry(by=user, key=row.uuid)
    return actions.answer(by=user, key=row.uuid, given=_given(request))


def _tell_open(request: HttpRequest, row: Upload) -> None:
    """Name what is still to be answered after some of it was."""
    if row.state == workflow.State.ASKING:
        names = [str(question["label"]) for question in queries.questions_of(row)]
        messages.warning(request, _("还有未答的：%(names)s。") % {"names": listed(names)})


def _given(request: HttpRequest) -> dict[str, Any]:
    """The form's fields as answers; a field that the form doesn't have isn't answered."""
    form = request.POST
    names = (
        "layer",
        "file_layer",
        "epsg",
        "band",
        "coverage",
        "source_date",
        "legal_source",
        "valid_from",
        "valid_to",
    )
    given: dict[str, Any] = {name: form[name].replace("\0", "") for name in names if name in form}
    if "epsg" in given:
        # A candidate is a system and an order of its axes: "4490" or "4490-swapped".
        given["epsg"], _dash, order = given["epsg"].partition("-")
        given["swap_axes"] = order == "swapped"
    if form.get("swap_axes") in ("yes", "no"):
        given["swap_axes"] = form["swap_axes"] == "yes"
    if given.get("epsg") == "other":
        given["epsg"] = form.get("epsg_other", "").strip()
        if not given["epsg"]:
            del given["epsg"]
    if form.get("has_mapping"):
        given["mapping"] = {
            name.removeprefix("map_"): str(value).replace("\0", "")
            for name, value in form.items()
            if name.startswith("map_") and value
        }
    return given


def _shown(user: User, row: Upload, request: HttpRequest, problems: dict[str, str]) -> dict[str, Any]:
    layer = queries.layer_of(row)
    open_ = questions.open_questions(row.inspection, layer, row.answers) if row.inspection else []
    answerable = row.state in workflow.ANSWERABLE and bool(row.inspection)
    chosen = questions.chosen(row.inspection, row.answers) if row.inspection else None
    wants_crs = chosen is not None and chosen.crs is None
    return {
        "row": row,
        "upload": data(row),
        "layer": layer,
        "layers": queries.layers_for(user),
        "content": queries.content(row),
        "chosen": chosen,
        "answerable": answerable,
        "open": open_,
        "problems": problems,
        "asked": request.POST if problems else row.answers,
        "candidates": queries.candidates(row) if wants_crs else [],
        "mapping": _mapping_rows(layer, chosen, row.answers) if answerable and layer and chosen else [],
        "coverages": _coverages(layer) if layer else [],
        "chosen_problems": queries.sentences([dict(each) for each in chosen.problems]) if chosen else [],
        "remarks": queries.sentences(row.inspection.get("notices") or []),
        "may_retry": row.state in (workflow.State.REFUSED, workflow.State.FAILED) and not open_,
    }


def _coverages(layer: Layer) -> list[tuple[str, str]]:
    words = {
        "before": _("沿用上一版给定的覆盖范围"),
        "features": _("各要素所在的范围，其余地方视为未核查"),
        "region": _("整个行政区，没有要素的地方视为没有"),
    }
    return [(value, words[value]) for value in questions.coverages(layer)]


def _mapping_rows(layer: Layer, chosen: questions.FileLayer, answers: dict[str, Any]) -> list[dict[str, Any]]:
    """The standard's fields, each with the file's field that it is."""
    standard = questions.standard_of(layer)
    if standard is None:
        return []
    mapping = answers.get("mapping") or questions.mapping_of(layer, chosen)
    return [
        {
            "name": field.name,
            "label": field.label,
            "required": field.required,
            "chosen": mapping.get(field.name, ""),
            "remembered": layer.mapping.get(field.name, ""),
        }
        for field in standard.fields
    ]


@login_required
@require_safe
def jobs_page(request: HttpRequest) -> HttpResponse:
    """One's own jobs: running and ended ones."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    return render(request, "atlas/jobs.html", {"jobs": queries.job_rows(user)})
