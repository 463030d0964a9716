"""How a form of this room is done: what is refused is said on the page that it came from, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict

from gis_projects import files
from gis_projects.argument.refusals import NotNow
from gis_projects.sentences import sentence
from siting.engine.notices import Notice, UnusableInput


def attempted(work: Callable[[], object]) -> list[str]:
    """Do it; why it was refused, in sentences. Nothing if it was done."""
    try:
        work()
    except UnusableInput as refusal:
        return [sentence(notice) for notice in refusal.notices]
    except ValidationError as error:
        return list(error.messages)
    return []


def done(
    request: HttpRequest,
    work: Callable[[], object],
    told: str,
    *,
    then: HttpResponse,
    again: Callable[[], HttpResponse],
) -> HttpResponse:
    """Do it and go ``then`` on; what is refused is said above the page shown ``again``, with the status for why."""
    conflict = False

    def watched() -> None:
        nonlocal conflict
        try:
            with transaction.atomic():  # a form that brings files and words is done as a whole
                work()
        except NotNow:
            conflict = True
            raise

    if problems := attempted(watched):
        for problem in problems:
            messages.error(request, problem)
        page = again()
        page.status_code = 409 if conflict else 400
        return page
    messages.success(request, told)
    return then


def conditions_of(given: QueryDict) -> list[dict[str, str]]:
    """The rows of conditions that a form brought, as `actions.conditions.demanded` takes them."""
    texts, days = given.getlist("condition"), given.getlist("condition_due")
    return [{"text": text, "due_on": day} for text, day in zip(texts, days + [""] * len(texts), strict=False)]


def files_of(request: HttpRequest, name: str = "file") -> Iterator[tuple[str, bytes]]:
    """The files that a form brought, each read when it is its turn; one that is too large isn't read at all."""
    for file in request.FILES.getlist(name):
        size = file.size or 0
        if size > files.MAX_BYTES:
            raise UnusableInput(
                Notice(
                    "attachment-too-large",
                    "文件有 %(size)s MB，超过上限 %(limit)s MB",
                    {"size": f"{size / 1024**2:.1f}", "limit": files.MAX_BYTES // 1024**2},
                    field=name,
                )
            )
        yield file.name or "", file.read()
