"""Questions and answers, the form to ask, and what became of one's own question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import shapely
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.disclosure import drawing, inbox
from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.inbox import Refusal, Refused
from gis_projects.disclosure.models import PublicQuestion, QuestionKind
from gis_projects.disclosure.queries import questions as queries
from gis_projects.disclosure.queries.outlines import outlines
from gis_projects.disclosure.questions_form import LONGEST, SHORTEST, QuestionForm

PAGE = 20
#: Status and sentence of each refusal. What was written stands in the form again, with a new token.
_SAID: dict[Refusal, tuple[int, Any]] = {
    Refusal.UNSIGNED: (400, gettext_lazy("表单不完整，请重新提交。您填写的内容仍在下面。")),
    Refusal.TOO_FAST: (400, gettext_lazy("提交得太快了，请核对内容后再次提交。")),
    Refusal.TOO_OLD: (400, gettext_lazy("页面打开时间过长，请再次提交。您填写的内容仍在下面。")),
    Refusal.TRAP: (400, gettext_lazy("请不要填写隐藏的一栏，清空后再次提交。")),
    Refusal.LINKS: (400, gettext_lazy("内容中的网址过多，最多 2 个。")),
    Refusal.SENT_BEFORE: (409, gettext_lazy("这份表单已经提交过。如要提交另一条，请修改内容后再次提交。")),
    Refusal.SAME_WORDS: (409, gettext_lazy("相同的内容今天已经收到，无需重复提交。")),
    Refusal.TOO_MANY: (429, gettext_lazy("从您所在的网络提交得过于频繁，请过一小时再试。")),
    Refusal.FULL: (503, gettext_lazy("待处理的来信过多，暂时不能提交，请明天再试。")),
}


@require_safe
@kept_public
def questions(request: HttpRequest) -> HttpResponse:
    """What was asked and answered, narrowed by kind, region, project and words."""
    kind = request.GET.get("kind", "")
    wanted = {
        "kind": kind if kind in QuestionKind.values else "",
        "region": _text(request, "region"),
        "project": _text(request, "project"),
        "q": _text(request, "q"),
    }
    rows = queries.questions(
        kind=wanted["kind"], region=wanted["region"], project=wanted["project"], words=wanted["q"]
    )
    if request.GET.get("format") == "csv":
        return exports.table(_("公众互动"), _columns(), _rows(rows), kind="csv")
    filters = {key: value for key, value in wanted.items() if value}
    return render(
        request,
        "disclosure/questions.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "kinds": QuestionKind.choices,
            "regions": queries.regions(),
            "project": queries.project(wanted["project"]),
            "wanted": wanted,
            "filters": filters,
            "query": urlencode(filters) + "&" if filters else "",
        },
    )


@require_safe
@kept_public
def question(request: HttpRequest, slug: str) -> HttpResponse:
    """One question with its answer and roughly where it is about."""
    row = queries.questions().filter(slug=slug).first()
    if row is None:
        raise Http404
    return render(request, "disclosure/question.html", shown(row))


def shown(row: PublicQuestion) -> dict[str, Any]:
    """What the page of a question shows; of one that isn't published yet too (the inside's preview)."""
    return {"question": row, "drawing": _drawing(row)}


def _drawing(row: PublicQuestion) -> drawing.Drawing | None:
    if row.position is None:
        return None
    place = shapely.from_wkb(bytes(row.position.wkb))
    centre = shapely.centroid(place)
    feature = {
        "geometry": json.loads(shapely.to_geojson(place)),
        "properties": {"region": row.region_code, "centre": (centre.x, centre.y)},
    }
    return drawing.locate(feature, outlines())


# No cookie goes with it and nobody's right stands behind it: there is nothing that another site could make use of.
@csrf_exempt
@sensitive_post_parameters("nickname", "contact")
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form, and what comes of it: a receipt, or the form again with what was written and why it wasn't taken."""
    if request.method != "POST":
        slug = _text(request, "project")
        return _form(request, QuestionForm(initial={"project": slug}), slug)
    form = QuestionForm(request.POST)
    slug = request.POST.get("project", "")[:20]
    if not form.is_valid():
        return _form(request, form, slug, status=400)
    token = request.POST.get("token", "")[:500]
    try:
        receipt = inbox.put(
            token=token,
            trap=request.POST.get("website", ""),
            sent=form.sent(),
            address=inbox.address_of(request),
        )
    except Refused as refused:
        status, sentence = _SAID[refused.why]
        earlier = inbox.receipt_of(inbox.key_of(token)) if refused.why is Refusal.SENT_BEFORE else ""
        return _form(request, form, slug, status=status, refusal=str(sentence), earlier=earlier)
    return _private(render(request, "disclosure/question_sent.html", {"receipt": receipt}))


@csrf_exempt
@sensitive_post_parameters("receipt")
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    """How far the question of a receipt is. The receipt comes in the body, so that no log and no history has it."""
    asked = request.POST.get("receipt", "")[:60].strip() if request.method == "POST" else ""
    found = queries.status(asked) if asked else None
    there = queries.questions().filter(slug=found.slug).exists() if found and found.slug else False
    return _private(
        render(
            request,
            "disclosure/receipt.html",
            {"asked": asked, "status": found, "shown": there},
            status=404 if asked and found is None else 200,
        )
    )


def _form(
    request: HttpRequest,
    form: QuestionForm,
    slug: str,
    *,
    status: int = 200,
    refusal: str = "",
    earlier: str = "",
) -> HttpResponse:
    answer = render(
        request,
        "disclosure/question_form.html",
        {
            "form": form,
            "refusal": refusal,
            "earlier": earlier,
            "token": inbox.new_token(),
            "project": queries.project(slug),
            "kinds": QuestionKind.choices,
            "shortest": SHORTEST,
            "longest": LONGEST,
            "extent": settings.LEAFLET_CONFIG["SPATIAL_EXTENT"],
        },
        status=status,
    )
    if status in (429, 503):
        answer["Retry-After"] = "3600"
    return _private(answer)


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "")[:100].replace("\0", "").strip()


def _columns() -> list[str]:
    return [
        _("类型"),
        _("问题"),
        _("答复"),
        _("答复部门"),
        _("所属地区"),
        _("项目"),
        _("提问日期"),
        _("答复日期"),
    ]


def _rows(rows: Any) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            row.get_kind_display(),
            row.question,
            row.answer,
            row.department,
            row.region_name,
            row.project.name if row.project else "",
            row.asked_on,
            row.answered_on,
        ]
