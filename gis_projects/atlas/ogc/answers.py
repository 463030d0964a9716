"""What every resource does alike: who asks, which parameters, JSON or HTML, links, and refusals that say why."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from gis_projects import problems
from gis_projects.atlas.ogc import pages
from gis_projects.people import tokens
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require

JSON = "application/json"
HTML = "text/html"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


class BadQuestion(Exception):
    """A parameter that can't be understood (/req/core/query-param-invalid and -unknown): status 400."""


@dataclass(frozen=True)
class Question:
    """A request whose asker may read layers at all."""

    request: HttpRequest
    user: User
    parameters: Mapping[str, str]

    def url(self, path: str = "", **query: Any) -> str:
        """An absolute address below /ogc/; parameters without a value are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        address = self.request.build_absolute_uri(f"/ogc/{path}")
        return f"{address}?{urlencode(given)}" if given else address

    def again(self, **changes: Any) -> str:
        """The very same address with other parameters; None takes one away."""
        query = {**self.parameters, **changes}
        given = {name: value for name, value in query.items() if value is not None}
        address = self.request.build_absolute_uri(self.request.path)
        return f"{address}?{urlencode(given)}" if given else address


@dataclass(frozen=True)
class Answer:
    """A document with its title. ``text`` writes the JSON around the body where a part of it is written already."""

    title: str
    body: dict[str, Any]
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    text: Callable[[dict[str, Any]], str] | None = None


def link(href: str, rel: str, media_type: str = JSON, title: str = "", **more: Any) -> dict[str, Any]:
    """A link as the standards write it."""
    return {"href": href, "rel": rel, "type": media_type, **({"title": title} if title else {}), **more}


def problem(status: int, detail: str) -> HttpResponse:
    """A refusal as a problem document."""
    body = json.dumps(problems.document(status, detail), ensure_ascii=False)
    return HttpResponse(body, status=status, content_type=problems.MEDIA_TYPE)


#: A view with path parameters: an answer, or a response where it isn't a document (a tile).
View = Callable[..., Answer | HttpResponse]


def resource(
    *parameters: str, also: Callable[..., Collection[str]] | None = None
) -> Callable[[View], Callable[..., HttpResponse]]:
    """A resource below /ogc/ with the names of its query parameters.

    ``also`` says, for the question and the path's parameters, which more there are (properties to filter by).
    """

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @tokens.accepted
        @require_safe
        @gzip_page
        @wraps(view)
        def answered(request: HttpRequest, **path: str) -> HttpResponse:
            html = _wants_html(request)
            if not request.user.is_authenticated:
                if html:
                    return redirect_to_login(request.get_full_path())
                return problem(401, _("请先登录，或使用访问令牌。"))
            question = Question(request, request.user, request.GET.dict())
            try:
                require(question.user, Permission.READ_LAYERS)
                names = {"f", *parameters}
                if not names.issuperset(question.parameters) and also is not None:
                    names.update(also(question, **path))
                _known(question, names)
                answer = view(question, **path)
            except BadQuestion as error:
                return problem(400, str(error))
            except PermissionDenied:
                return problem(403, _("您的角色或所属区划不允许进行这项操作。"))
            except Http404:
                return problem(404, _("没有这样的对象，或者您无权查看。"))
            return answer if isinstance(answer, HttpResponse) else _sent(question, answer, html=html)

        return answered

    return decorate


def _known(question: Question, names: Collection[str]) -> None:
    for name in question.parameters:
        if name not in names:
            if name == "token":
                raise BadQuestion(_("令牌只能放在请求头中，不能写进网址。"))
            raise BadQuestion(_("没有名为“%(name)s”的参数。") % {"name": name[:60]})
    for name, values in question.request.GET.lists():
        if len(values) > 1:
            raise BadQuestion(_("参数“%(name)s”只能给一次。") % {"name": name[:60]})
        if "\0" in values[0]:
            raise BadQuestion(_("参数“%(name)s”的值有误。") % {"name": name[:60]})
    if question.parameters.get("f", "json") not in ("json", "html"):
        raise BadQuestion(_("参数 f 只能是 json 或 html。"))


def _wants_html(request: HttpRequest) -> bool:
    asked = request.GET.get("f")
    if asked is not None:
        return asked == "html"
    return request.get_preferred_type([JSON, GEOJSON, SCHEMA, HTML]) == HTML


def _sent(question: Question, answer: Answer, *, html: bool) -> HttpResponse:
    """The document with links to itself and to its other form (/req/core/fc-links and their like)."""
    own = link(question.again(f="json"), "self", answer.media_type, _("本文档"))
    page = link(question.again(f="html"), "alternate", HTML, _("网页"))
    if html:
        own, page = {**own, "rel": "alternate"}, {**page, "rel": "self"}
    body = answer.body
    if answer.media_type not in (SCHEMA, OPENAPI):  # those have no place for links
        body = {**body, "links": [own, page, *body.get("links", [])]}
    text = answer.text(body) if answer.text else json.dumps(body, ensure_ascii=False)
    response: HttpResponse
    if html:
        shown = {"title": answer.title, "body": pages.nested(json.loads(text)), "json": own}
        response = render(question.request, "atlas/ogc.html", shown)
    else:
        response = HttpResponse(text, content_type=answer.media_type)
    for name, value in answer.headers.items():
        response[name] = value
    return response
