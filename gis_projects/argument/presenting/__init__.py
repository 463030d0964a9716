"""Cases, tasks and opinions as the pages show them, in the reader's language."""

from gis_projects.argument.presenting.cases import case_columns, case_page, case_rows, listed, plan_data
from gis_projects.argument.presenting.tasks import (
    lane,
    opinion_data,
    reasons,
    task_columns,
    task_page,
    task_rows,
)

__all__ = [
    "case_columns",
    "case_page",
    "case_rows",
    "lane",
    "listed",
    "opinion_data",
    "plan_data",
    "reasons",
    "task_columns",
    "task_page",
    "task_rows",
]
