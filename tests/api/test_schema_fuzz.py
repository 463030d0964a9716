"""Every operation that the API describes, asked what its description allows and what it doesn't: never a server's
error, and every refusal is a problem document.

The cases are drawn from the OpenAPI description by schemathesis, the same ones in every run.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from gis_projects.people.permissions import Role
from tests.api.conftest import geojson, signed_in
from tests.thorough import many

pytestmark = pytest.mark.django_db(databases=["default", "public"])
EXAMPLES = many(2, 12)  # of each kind, for each operation


def operations() -> list[Any]:
    described = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(described)))
    return [found.ok() for found in schema.get_all_operations()]


def drawn(operation: Any) -> list[Any]:
    """Cases that the description allows, and cases that it doesn't; the same in every run.

    An open operation without parameters can't be asked wrongly: of it there are allowed cases only.
    """
    cases: list[Any] = []
    described = operation.definition.raw
    may_be_wrong = (
        any(described.get("security", [{}]))
        or "requestBody" in described
        or bool(described.get("parameters"))
    )
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if may_be_wrong else [])]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(some=st.tuples(*(operation.as_strategy(generation_mode=mode) for mode in modes)))
    def draw(some: tuple[Any, ...]) -> None:
        cases.extend(some)

    draw()
    assert len(cases) >= (EXAMPLES if may_be_wrong else 1)
    return cases


def send(client: Client, case: Any) -> Any:
    """Send a case as drawn; what no client can put on the wire (a header that isn't Latin-1) is left out."""
    options: dict[str, Any] = {"query_params": dict(case.query or {})}
    if isinstance(case.body, dict) and case.media_type == "multipart/form-data":
        options["data"] = {name: value for name, value in case.body.items() if value is not None}
    elif case.media_type is not None:
        options |= {"data": json.dumps(case.body, default=str), "content_type": case.media_type}
    # `generic` sends any method; `post` also knows how to write a form.
    if case.method == "POST":
        return client.post(case.formatted_path, **options)
    return client.generic(case.method, case.formatted_path, query_params=options["query_params"])


@pytest.fixture
def asked(published_land, project) -> Client:
    """A planner with one project that has a site and a check: the ids that cases may hit."""
    client = signed_in(Role.PLANNER)
    client.raise_request_exception = False
    body = json.dumps({"geometry": geojson()})
    saved = client.post(f"/api/v1/projects/{project.pk}/site-versions/", body, "application/json")
    assert client.post(saved.json()["checks_url"]).status_code == 201
    return client


def test_no_question_breaks_the_server(asked):
    broken = []
    for operation in operations():
        for case in drawn(operation):
            answer = send(asked, case)
            problem = answer["Content-Type"] == "application/problem+json"
            if answer.status_code >= 500 or (answer.status_code >= 400 and not problem):
                broken.append(f"{answer.status_code} {operation.label} {case.query} {case.body!r}"[:500])
    assert not broken, "\n".join(broken)
