"""A package held against the vendored schemas of OC4IDS 0.9.5, without any network.

Beside the schemas: formats (RFC 3339 moments with an offset, absolute addresses), codes of closed codelists as the
schemas list them, and that identifiers are unique within the package, which its description asks and no schema can.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from gis_projects.disclosure.open_data.mapping import DATA

SCHEMAS = DATA / "oc4ids-0.9.5"
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    return _RFC_3339.fullmatch(value) is not None and bool(datetime.fromisoformat(value))


@_FORMATS.checks("uri", raises=ValueError)
def _is_address(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    return bool(parts.scheme and (parts.netloc or parts.path)) and value.isascii() and " " not in value


def errors(package: Any, *, most: int = 100) -> list[str]:
    """What is wrong with a package, each with its place, at most so many; none for a valid one."""
    wrong = islice(_validator().iter_errors(package), most)
    found = [f"{error.json_path}: {error.message[:300]}" for error in wrong]
    if not found:
        ids = Counter(project["id"] for project in package["projects"])
        found = [
            f"$.projects: {name!r} is there {number} times" for name, number in ids.items() if number > 1
        ]
    return found


@cache
def _validator() -> Any:
    schemas = {
        name: json.loads((SCHEMAS / f"{name}.json").read_text())
        for name in ("project-package-schema", "project-schema")
    }
    registry: Registry[Any] = Registry().with_resources(
        (schema["id"], DRAFT4.create_resource(schema)) for schema in schemas.values()
    )
    return Draft4Validator(schemas["project-package-schema"], registry=registry, format_checker=_FORMATS)
