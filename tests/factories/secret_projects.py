"""Projects whose every word and figure can be told from all others, to be looked for where they may not be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import shapely

from gis_projects.library.models import Project
from tests.factories.disclosed import boundary, project_with_site
from tests.factories.library import InvestmentFactory


@dataclass
class Secret:
    """A project with its words and figures, none of which occurs anywhere else, and where it lies."""

    project: Project
    marks: dict[str, str]
    places: np.ndarray


def secret(number: int, **fields: Any) -> Secret:
    """A project some ten kilometres from the last one, with marks in all that it has."""
    lon, lat = 109.60 + 0.11 * number, 40.30 + 0.037 * number
    where = boundary(lon + 0.0001234567, lat + 0.0007654321)
    words = {
        "name": f"秘名{number}瀚",
        "content": f"秘容{number}瀚",
        "code": f"2601-150207-04-01-97{number:02}13",
    }
    project = project_with_site(where, **words, **fields)
    money = Decimal(f"7319{number:02}4.57")
    InvestmentFactory(project=project, planned_yuan=money, recorded_on="2026-01-05")
    marks = {f"{key} of {number}": word for key, word in words.items()}
    marks |= {f"money of {number}": str(money), f"money in groups of {number}": f"{money:,}"}
    return Secret(project, marks, shapely.get_coordinates(where))
