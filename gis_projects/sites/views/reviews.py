"""The reviewer's inbox, the review of one check, and what can be downloaded from it."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote, urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports, files
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.sites import presenting
from gis_projects.sites.models.reviews import ReviewState
from gis_projects.sites.queries import reviews as queries
from gis_projects.sites.reviewing import data, inbox, sign_offs
from gis_projects.sites.reviewing.reading import reading
from siting.engine.verdict import Severity, Verdict
from siting.models import Check

PAGE = 50


def wanted(request: HttpRequest) -> queries.Wanted:
    """What of the inbox an address asks for; what it can't mean is left out."""

    def one_of(name: str, known: list[str]) -> str:
        value = request.GET.get(name, "")
        return value if value in known else ""

    return queries.Wanted(
        verdict=one_of("verdict", list(Verdict)),
        severity=one_of("severity", list(Severity)),
        rule=request.GET.get("rule", "")[:60].replace("\0", ""),
        region=request.GET.get("region", "")[:6].replace("\0", ""),
        state=one_of("state", [*ReviewState.values, queries.OUTDATED, queries.ALL]),
        whose=one_of("whose", ["mine", "free"]),
        q=request.GET.get("q", "")[:100].replace("\0", ""),
    )


@login_required
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """Checks that wait for a review, or are under way, or are signed."""
    user = cast(User, request.user)
    require(user, Permission.READ_SITES)
    asked = wanted(request)
    rows = queries.inbox(user, asked)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("复核"), inbox.columns(), inbox.export_rows(rows), kind=str(kind))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    filters = {name: value for name, value in vars(asked).items() if value}
    counts = queries.counts(user, asked)
    rules = inbox.rule_names(queries.rules_found(user))
    return render(
        request,
        "sites/reviews.html",
        {
            "page": page,
            "rows": list(inbox.rows_data(page.object_list)),
            "wanted": asked,
            "filtered": bool(filters.keys() - {"state"}),
            "states": _states(asked, counts),
            "verdicts": list(Verdict),
            "severities": list(Severity),
            "rules": rules,
            "regions": Region.objects.filter(projects__site__current__isnull=False).distinct(),
            "reviews": has(user, Permission.REVIEW_CHECKS),
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


def _states(asked: queries.Wanted, counts: dict[str, int]) -> list[dict[str, object]]:
    """The states as tabs: value, label, how many, the address, and whether it is the one shown."""
    labels = {
        "": _("未办结"),
        **dict(ReviewState.choices),
        queries.OUTDATED: _("签发已过期"),
        queries.ALL: _("全部"),
    }
    n = {
        **counts,
        "": sum(counts[state] for state in queries.OPEN),
        queries.ALL: sum(counts[state] for state in ReviewState.values),
    }
    rest = {name: value for name, value in vars(asked).items() if value and name != "state"}
    return [
        {
            "label": label,
            "count": n[value],
            "query": urlencode({**rest, "state": value} if value else rest),
            "shown": asked.state == value,
        }
        for value, label in labels.items()
    ]


@login_required
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One check finding by finding: the map, what was said, what changed, the signature."""
    user = cast(User, request.user)
    check = queries.check(user, pk)
    earlier = queries.earlier(check)
    against = compared_with(request, check, earlier)
    read = reading(user, check)
    return render(
        request,
        "sites/review.html",
        {
            "check": check,
            "project": check.site_version.site.project,
            "site_version": check.site_version,
            "review": data.review_data(user, check, against),
            "earlier": earlier,
            "against": against,
            "findings": [finding for finding in read.document["findings"] if finding["geometry"]],
            "geometry": presenting.site_geojson(check.site_version),
            "endings": ",".join(files.ENDINGS),
            "max_mb": files.MAX_BYTES // 1024**2,
        },
    )


def compared_with(request: HttpRequest, check: Check, earlier: list[Check]) -> Check | None:
    """The earlier check that the address names, else the last that was reviewed."""
    named = request.GET.get("against", "")
    if named.isascii() and named.isdigit():
        return next((row for row in earlier if row.pk == int(named[:18])), None) or _gone()
    return queries.last_reviewed(check, earlier)


def _gone() -> Check:
    raise Http404


@login_required
@require_safe
def attachment(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    """A file beside a finding, as a download: of a type from our own list, never shown in the page."""
    user = cast(User, request.user)
    row = queries.attachment(user, pk, attachment)
    read = reading(user, row.answer)
    if any(item.rule == row.rule and item.layer in read.hidden for item in read.items):
        raise Http404
    content = files.stored(row.sha256)
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type=files.KINDS[row.kind].media_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def sign_off(request: HttpRequest, pk: int) -> HttpResponse:
    """The sealed sign-off of a check, for `verify_check`; without what the user may not read of its layers."""
    user = cast(User, request.user)
    found = queries.sign_off(user, pk)
    document = data.sign_off_document(user, found, sign_offs.sealed(found))
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="sign-off-{pk}.json"'
    return response
