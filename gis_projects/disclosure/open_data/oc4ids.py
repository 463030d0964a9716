"""A project package of the Open Contracting for Infrastructure Data Standard (OC4IDS) 0.9.5.

Every value is one that was disclosed; a field that wasn't disclosed, or has no counterpart in the standard, is left
out. No field beside the standard's own is added. Moments carry the offset of China (+08:00); a day begins at midnight
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from gis_projects.disclosure.open_data.exact import dumps
from gis_projects.disclosure.open_data.holdings import Holding
from gis_projects.disclosure.open_data.mapping import mapping
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage

VERSION = "0.9"  # as the package schema wants it: major.minor
MEDIA_TYPE = "application/json"
_LANGUAGE = "zh"


class Empty(Exception):
    """Nothing is disclosed: the standard knows no package without a project."""


@dataclass(frozen=True)
class Place:
    """Where a package stands: its own address, and how the address of a project's page is made from its slug."""

    uri: str
    page: str

    def of(self, slug: str) -> str:
        return self.page.replace("{slug}", slug)


def lines(holdings: Iterable[Holding], place: Place, published: datetime) -> Iterator[str]:
    """The package's text, a project at a time.

    Raises
    ------
    Empty
        Before anything is given out, where there is no project.
    """
    rows = iter(holdings)
    first = next(rows, None)
    if first is None:
        raise Empty
    return _text(chain([first], rows), place, published)


def _text(holdings: Iterator[Holding], place: Place, published: datetime) -> Iterator[str]:
    head = dumps(head_of(place, published))
    yield f'{head[:-1]},"projects":['
    for number, holding in enumerate(holdings):
        yield (",\n" if number else "\n") + dumps(project(holding, place))
    yield "\n]}\n"


def head_of(place: Place, published: datetime) -> dict[str, Any]:
    """What a package says of itself, without its projects."""
    publisher = {"name": settings.OPEN_DATA["publisher"]}
    if settings.OPEN_DATA["publisher_url"]:
        publisher["uri"] = settings.OPEN_DATA["publisher_url"]
    head: dict[str, Any] = {
        "uri": place.uri,
        "publishedDate": moment(published),
        "version": VERSION,
        "publisher": publisher,
    }
    if settings.OPEN_DATA["licence_url"]:
        head["license"] = settings.OPEN_DATA["licence_url"]
    if settings.OPEN_DATA["policy_url"]:
        head["publicationPolicy"] = settings.OPEN_DATA["policy_url"]
    return head


def identifier(slug: str) -> str:
    """The project's identifier in the standard: the publisher's registered prefix and the public slug."""
    return f"{settings.OPEN_DATA['oc4ids_prefix']}-{slug}"


def project(holding: Holding, place: Place) -> dict[str, Any]:
    """One project of the package; texts in Chinese whatever the reader's language, as ``language`` says."""
    with translation.override("zh-hans"):
        parties = _parties(holding)
        return _filled(
            {
                "id": identifier(holding.slug),
                "updated": moment(holding.changed_at),
                "language": _LANGUAGE,
                "identifiers": [{"id": holding["code"], "scheme": mapping().schemes["code"]}]
                if holding["code"]
                else [],
                "publicAuthority": next(
                    (
                        {"id": party["id"], "name": party["name"]}
                        for party in parties
                        if party.get("roles") == ["publicAuthority"]
                    ),
                    {},
                ),
                "title": holding["name"],
                "description": holding["content"],
                "budget": _filled({"amount": _value(holding.planned_yuan)}),
                "period": _filled(
                    {
                        "startDate": day(holding.starts_on),
                        "endDate": day(holding.ends_on),
                    }
                ),
                "locations": [_location(holding)],
                "status": mapping().status.get(holding["stage"], ""),
                "sector": mapping().sector.get(holding["industry"], []),
                "additionalClassifications": _classifications(holding),
                "parties": parties,
                "metrics": _progress(holding),
                "milestones": [
                    {
                        "id": str(number),
                        "title": event.text,
                        "dateMet": day(event.on),
                        "status": "met",
                    }
                    for number, event in enumerate(holding.events, start=1)
                    if event.text
                ],
                "documents": _documents(holding, place),
            }
        )


def moment(at: datetime) -> str:
    """RFC 3339 to the second, with the offset of China."""
    return timezone.localtime(at).replace(microsecond=0).isoformat()


def day(on: date | None) -> str:
    """A day as the standard has it: the moment at which it begins."""
    return moment(timezone.make_aware(datetime.combine(on, time()))) if on else ""


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", [], {}, None)}


def _value(yuan: Decimal | None) -> dict[str, Any]:
    return {} if yuan is None else {"amount": yuan, "currency": "CNY"}


def _location(holding: Holding) -> dict[str, Any]:
    place = f"{holding['region_name']}{holding['township']}"
    return _filled(
        {
            "id": holding.slug,
            "description": place,
            "geometry": holding.geometry,
            "gazetteer": {
                "scheme": mapping().schemes["region"],
                "identifiers": [holding["region_code"]],
            },
            "address": _filled({"locality": holding["township"], "region": holding["region_name"]}),
        }
    )


def _classifications(holding: Holding) -> list[dict[str, str]]:
    schemes = mapping().schemes
    found = [
        *((schemes["kind"], kind, ProjectKind(kind).label) for kind in holding.kinds),
        *((schemes["industry"], code, Industry(code).label) for code in [holding["industry"]] if code),
        *((schemes["level"], code, Level(code).label) for code in [holding["level"]] if code),
        *((schemes["stage"], code, Stage(code).label) for code in [holding["stage"]] if code),
    ]
    return [{"scheme": scheme, "id": code, "description": str(label)} for scheme, code, label in found]


def _parties(holding: Holding) -> list[dict[str, Any]]:
    """The project's unit and the department over it. Only with public money is the unit a public authority."""
    parties: list[dict[str, Any]] = []
    if holding["owner"]:
        roles = {"roles": ["publicAuthority"]} if ProjectKind.GOVERNMENT in holding.kinds else {}
        parties.append({"id": "owner", "name": holding["owner"], **roles})
    if holding["authority"] and holding["authority"] != holding["owner"]:
        parties.append({"id": "authority", "name": holding["authority"]})
    return parties


def _progress(holding: Holding) -> list[dict[str, Any]]:
    if holding.completed_yuan is None:
        return []
    observation = {"id": holding.slug, "value": _value(holding.completed_yuan), "notes": "累计完成投资"}
    return [{"id": "financialProgress", "observations": [observation]}]


def _documents(holding: Holding, place: Place) -> list[dict[str, Any]]:
    page = {
        "id": "page",
        "title": holding["name"],
        "url": place.of(holding.slug),
        "datePublished": moment(holding.published_at),
        "dateModified": moment(holding.changed_at),
        "format": "text/html",
        "language": _LANGUAGE,
    }
    evaluations = [
        _filled(
            {
                "id": f"evaluation-{number}",
                "documentType": "projectEvaluation",
                "title": f"{result.year}年绩效评价结果",
                "description": "\n\n".join(filter(None, (result.target, result.result, result.grade))),
                "datePublished": day(result.released_on),
                "language": _LANGUAGE,
            }
        )
        for number, result in enumerate(holding.results, start=1)
        if result.result
    ]
    return [page, *evaluations]
