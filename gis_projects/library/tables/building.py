"""What of a project's row building decides, so that no table does: when it begins and ends, and how long it takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gis_projects.library.models import ChangeKind, Project
from gis_projects.library.queries.building import shut
from gis_projects.library.queries.starts import begins, completes, reopens
from gis_projects.library.tables.specification import Change, Problem, Row
from siting.engine.notices import Notice

_STAGES = (
    (begins, Notice("cell-starts-otherwise", "开工须先在实施库登记开工，不能直接改为在建")),
    (
        completes,
        Notice("cell-completed-otherwise", "已登记开工的项目通过联合或自行验收后竣工，不能直接改为竣工"),
    ),
    (reopens, Notice("cell-completed-for-good", "竣工日期已登记，项目状态不能再改")),
)
_FINISH = Notice("cell-changed-otherwise", "在建项目的计划竣工须申请工期变更，不能直接修改")


def check(change: Change, before: Row, names: Collection[str]) -> Iterator[Problem]:
    """What is wrong with a row that changes these fields of a project that is there."""
    if "stage" in names:
        for asks, notice in _STAGES:
            if asks(before["pk"], before["stage"], change.values["stage"]):
                yield Problem("stage", notice)
    if "planned_finish" in names and shut(Project.objects.get(pk=before["pk"]), ChangeKind.SCHEDULE):
        yield Problem("planned_finish", _FINISH)
