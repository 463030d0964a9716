"""What the API says of itself: the OpenAPI document, and the same as a plain page that needs no other host."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

METHODS = ("get", "post", "put", "patch", "delete")

PROBLEM = {
    "type": "object",
    "description": "Problem document (RFC 9457), texts in the user's language.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "nullable": True},
                    "line": {"type": "integer", "nullable": True},
                    "place": {"type": "array", "items": {"type": "number"}, "nullable": True},
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}


def describe_problems(result: dict[str, Any], **_unused: Any) -> dict[str, Any]:
    """drf-spectacular hook: every operation may answer with a problem document."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "problem document",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result["paths"].values():
        for method, operation in operations.items():
            if method in METHODS:
                for status in ("400", "403", "404", "405", "406", "415", "429"):
                    operation["responses"].setdefault(status, answer)
    return result


class Described(SchemaGenerator):
    """The document says the same to everybody: it is made once for each language, not for each who reads it."""

    def get_schema(self, request: HttpRequest | None = None, public: bool = True) -> dict[str, Any]:
        return _described(get_language() or "")


@lru_cache(maxsize=4)
def _described(language: str) -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


class Document(SpectacularAPIView):
    """The OpenAPI document, as YAML or JSON."""

    generator_class = Described


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every operation in one table, from the OpenAPI document."""
    schema = Described().get_schema()
    operations = [
        {
            "path": path,
            "method": method.upper(),
            "summary": operation.get("summary") or operation.get("description", "").split("\n\n")[0],
            "parameters": [
                (parameter["name"], parameter["in"], parameter.get("description", ""))
                for parameter in operation.get("parameters", [])
            ],
        }
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    return render(request, "library/api.html", {"operations": operations, "info": schema["info"]})
