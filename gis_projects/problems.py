"""Errors as people and programs meet them: a page, or below /api/ a problem document (RFC 9457), in their
language.
"""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from gis_projects.sentences import sentence

MEDIA_TYPE = "application/problem+json"
PROGRAMS = ("/api/", "/ogc/")  # below these, errors are documents
PUBLIC = "/public/"  # below this, errors stand in the public pages' frame
UNUSABLE = "urn:gis-projects:problem:unusable-input"
INVALID = "urn:gis-projects:problem:invalid-fields"


def _title(status: int) -> str:
    titles = {
        400: _("请求有误"),
        401: _("请先登录"),
        403: _("没有权限"),
        404: _("没有找到"),
        405: _("不支持这种请求方法"),
        406: _("不支持所要求的格式"),
        409: _("与现有数据冲突"),
        413: _("内容过大"),
        415: _("不支持这种内容类型"),
        429: _("请求过于频繁"),
        500: _("服务器内部错误"),
        503: _("服务暂不可用"),
        507: _("存储空间不足"),
    }
    return titles.get(status) or HTTPStatus(status).phrase


def document(
    status: int, detail: str = "", *, errors: list[dict[str, Any]] | None = None, kind: str = "about:blank"
) -> dict[str, Any]:
    """The body of a problem document; ``errors`` entries have field, line, place, message and code."""
    body: dict[str, Any] = {"type": kind, "title": _title(status), "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    return body


def notice_error(notice: Any) -> dict[str, Any]:
    """One notice of the lower floors (`siting.engine.notices.Notice` and its like) as an ``errors`` entry."""
    return {
        "field": notice.field,
        "line": notice.line,
        "place": list(notice.place) if notice.place else None,
        "message": sentence(notice),
        "code": notice.code,
    }


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None lets an unforeseen error become a 500, logged with its trace."""
    headers: dict[str, str] = {}
    if isinstance(error, Http404 | ObjectDoesNotExist):
        body = document(404, _("没有这样的对象，或者您无权查看。"))
    elif isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        body = document(403, _("您的角色或所属区划不允许进行这项操作。"))
    elif isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        body = document(error.status_code, _("请先登录。"))
    elif isinstance(error, RequestDataTooBig):
        body = document(413, _("提交的内容过大。"))
    elif isinstance(error, ValidationError):
        body = document(400, _("提交的内容有误。"), errors=_django_errors(error), kind=INVALID)
    elif isinstance(error, exceptions.ValidationError):
        errors = _drf_errors(error.get_full_details())
        body = document(400, _("提交的内容有误。"), errors=errors, kind=INVALID)
    elif isinstance(error, exceptions.APIException):
        body = document(error.status_code, str(error.detail))
        wait = getattr(error, "wait", None)  # seconds, of a throttled request
        if wait is not None:
            headers["Retry-After"] = str(math.ceil(wait))
    elif getattr(error, "notices", None):
        # The lower floors refuse what they can't use with notices; they know no status codes. What goes against how
        # things stand says so itself.
        errors = [notice_error(notice) for notice in error.notices]  # type: ignore[attr-defined]
        body = document(getattr(error, "status", 400), errors[0]["message"], errors=errors, kind=UNUSABLE)
    else:
        return None
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def _django_errors(error: ValidationError) -> list[dict[str, Any]]:
    by_field = error.error_dict if hasattr(error, "error_dict") else {"__all__": error.error_list}
    return [
        {
            "field": None if field == "__all__" else field,
            "line": None,
            "place": None,
            "message": message,
            "code": item.code or "invalid",
        }
        for field, items in by_field.items()
        for item in items
        for message in item.messages
    ]


def _drf_errors(details: Any, field: str | None = None) -> list[dict[str, Any]]:
    """Flatten DRF's nested details; a nested field is named by its path: ``facts.kind``."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        return [
            {
                "field": field,
                "line": None,
                "place": None,
                "message": details["message"],
                "code": details["code"],
            }
        ]
    if isinstance(details, dict):
        return [
            entry
            for name, inner in details.items()
            for entry in _drf_errors(
                inner,
                field
                if name == api_settings.NON_FIELD_ERRORS_KEY
                else (f"{field}.{name}" if field else str(name)),
            )
        ]
    return [entry for inner in details for entry in _drf_errors(inner, field)]


# --- Django's own errors --------------------------------------------------------------------------


def response(status: int, detail: str) -> JsonResponse:
    """A problem document as the answer of a plain view."""
    return JsonResponse(
        document(status, detail),
        status=status,
        content_type=MEDIA_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def _answer(request: HttpRequest, status: int, detail: str, template: str) -> HttpResponse:
    if request.path.startswith(PROGRAMS):
        return response(status, detail)
    if settings.PUBLIC_ONLY or request.path.startswith(PUBLIC):
        template = "errors/public.html"
    page = render_to_string(
        template, {"status": status, "problem": _title(status), "detail": detail}, request
    )
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page stands alone: a request that is refused this early has no session and no user."""
    return _alone(request, 400, _("这个请求无法处理。"))


def too_large(request: HttpRequest, limit_mb: int) -> HttpResponse:
    return _alone(request, 413, _("提交的内容超过 %(limit)s MB。") % {"limit": limit_mb})


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = _("您的角色或所属区划不允许进行这项操作。如果工作需要，请联系管理员调整。")
    return _answer(request, 403, detail, "errors/problem.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _("页面停留过久或浏览器拒绝了 Cookie，提交未被接受。请返回上一页，刷新后重试。")
    return _answer(request, 403, detail, "errors/problem.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = _("这个地址没有内容，或者您无权查看。")
    return _answer(request, 404, detail, "errors/problem.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """The page stands alone: whatever failed may be what other pages need."""
    return _alone(request, 500, _("服务器处理时出错，已记入日志。您的数据没有改动，请稍后重试。"))


def _alone(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    if request.path.startswith(PROGRAMS):
        return _answer(request, status, detail, "errors/alone.html")
    page = render_to_string(
        "errors/alone.html", {"status": status, "problem": _title(status), "detail": detail}
    )
    return HttpResponse(page, status=status)
