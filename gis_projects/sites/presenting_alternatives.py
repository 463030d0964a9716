"""The comparison of alternatives as the page and the API show it, each reader's own, in their language."""

from __future__ import annotations

from typing import Any

import shapely

from gis_projects.people.models import User
from gis_projects.sentences import sentence, word
from gis_projects.sites import presenting
from gis_projects.sites.models import Alternative
from gis_projects.sites.queries import alternatives as queries
from gis_projects.sites.withholding import for_reader
from siting import wording
from siting.engine.notices import Notice
from siting.engine.verdict import Verdict


def alternative_data(user: User, row: Alternative) -> dict[str, Any]:
    """One alternative for the map: its shape, and its findings as its reader may see them."""
    document = presenting.translated(for_reader(user, row.document))
    return {
        "id": row.pk,
        "name": row.name,
        "source": row.source,
        "area_m2": round(row.area_m2, 2),
        "verdict": row.verdict,
        "checked_at": row.checked_at.isoformat(),
        "digest": row.document["digest"],
        "geometry": shapely.geometry.mapping(shapely.from_wkb(bytes(row.geometry.wkb))),
        "findings": document["findings"],
        "not_checked": document["not_checked"],
    }


def comparison_data(user: User, compared: queries.ProjectComparison) -> dict[str, Any]:
    """The table, the drafts behind it and what is newer than it."""
    table = compared.table
    names = {row.key: row.name for row in table.rows}
    return {
        "criteria": [
            {
                "code": criterion.code,
                "name": word(criterion.name),
                "unit": criterion.unit,
                "weight": table.weights[criterion.code],
            }
            for criterion in table.criteria
        ],
        "required_m2": table.required_m2,
        "rows": [
            {
                "id": row.key,
                "name": row.name,
                "area_m2": round(row.area_m2, 2),
                "verdict": row.verdict,
                "verdict_word": str(wording.VERDICTS[Verdict(row.verdict)]),
                "score": row.score,
                "rank": row.rank,
                "cells": [
                    {
                        "criterion": cell.criterion,
                        "value": cell.value,
                        "share": cell.share,
                        "score": cell.score,
                        "reason": None if cell.reason is None else sentence(cell.reason),
                        "withheld": cell.reason is not None and cell.reason.code == queries.WITHHELD,
                    }
                    for cell in row.cells
                ],
            }
            for row in table.rows
        ],
        "steady": table.steady,
        "sways": [
            {"criterion": sway.criterion, "factor": sway.factor, "first": names[sway.first]}
            for sway in table.sways
            if sway.changes
        ],
        "rulebook": compared.rulebook,
        "stale": stale_words(user, compared),
        "alternatives": [alternative_data(user, row) for row in compared.alternatives],
    }


def stale_words(user: User, compared: queries.ProjectComparison) -> list[str]:
    """What is newer than the table, without the layers that the reader may not know of."""
    hidden = Notice("stale-withheld", "有涉密图层已更新")
    open_ = queries.readable_codes(user, compared.stale)
    told = [notice if notice.field is None or notice.field in open_ else hidden for notice in compared.stale]
    return list(dict.fromkeys(sentence(notice) for notice in told))
