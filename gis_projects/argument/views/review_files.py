"""What can be taken away from a review: its files (each opening noted), its report, its draws, its archive."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import files
from gis_projects.argument import drawing
from gis_projects.argument.actions.review_records import open_file
from gis_projects.argument.models import Draw
from gis_projects.argument.queries import experts as experts_of
from gis_projects.argument.queries import reviews as queries
from gis_projects.argument.review_documents import files_of, report_pdf, report_word
from gis_projects.argument.views.reviews import found
from gis_projects.library.models import Attachment
from gis_projects.people.models import User
from gis_projects.sites.reports.word import DOCX

ZIP = "application/zip"


def given_out(content: bytes, name: str, media_type: str) -> HttpResponse:
    """A download: never shown in the page, never guessed at, kept by nobody on the way."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def attached(row: Attachment) -> HttpResponse:
    """A file beside a project, or 404 where its bytes are gone or no longer those that were brought."""
    content = files.stored(row.sha256)
    if content is None:
        raise Http404
    return given_out(content, row.name, files.KINDS[row.kind].media_type)


@login_required
@require_safe
def review_file(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    """A file of a review; that it was opened, by whom and when, is noted. Signed score sheets are the organiser's."""
    user = cast(User, request.user)
    review = found(user, pk)
    row = next((each for each in files_of(review) if each.pk == attachment), None)
    if row is None or (row.purpose == "score_sheet" and not queries.reader(user, review).organises):
        raise Http404
    answer = attached(row)
    if request.method == "GET":
        open_file(by=user, review=review, attachment=row)
    return answer


@login_required
@require_safe
def report(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """评审报告, once there is a conclusion."""
    review = found(cast(User, request.user), pk)
    if kind not in ("pdf", "docx") or not review.conclusion:
        raise Http404
    name = f"{review.title}-{_('评审报告')}.{kind}"
    if kind == "pdf":
        return given_out(report_pdf(review), name, "application/pdf")
    return given_out(report_word(review), name, DOCX)


@login_required
@require_safe
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """The archive: for whoever organises reviews here."""
    user = cast(User, request.user)
    review = found(user, pk)
    row = getattr(review, "archive", None)
    if row is None or not queries.reader(user, review).organises:
        raise Http404
    content = files.stored(row.sha256)
    if content is None:
        raise Http404
    return given_out(content, row.name, ZIP)


@login_required
@require_safe
def draw(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One draw, drawn again before the reader's eyes: the candidates in their order, each with its place."""
    user = cast(User, request.user)
    row = _draw(user, pk, number)
    chosen = {each["key"]: each["speciality"] for each in row.chosen}
    ordered = drawing.order(experts_of.kept_candidates(row), row.seed)
    names = {seat.expert.code: seat.expert.name for seat in row.seats.select_related("expert")}
    return render(
        request,
        "argument/draw.html",
        {
            "draw": row,
            "review": row.review,
            "holds": experts_of.holds(row),
            "rows": [
                (each, drawing.place(row.seed, each.key), chosen.get(each.key), names.get(each.key, ""))
                for each in ordered
            ],
        },
    )


@login_required
@require_safe
def draw_data(request: HttpRequest, pk: int, number: int) -> JsonResponse:
    """One draw as JSON, for whoever draws it again with a program of their own."""
    row = _draw(cast(User, request.user), pk, number)
    return JsonResponse(experts_of.draw_data(row), json_dumps_params={"ensure_ascii": False, "indent": 1})


def _draw(user: User, pk: int, number: int) -> Draw:
    review = found(user, pk)
    row = review.draws.select_related("review__project", "by").filter(number=number).first()
    if row is None or not queries.reader(user, review).is_inside:
        raise Http404
    return row
