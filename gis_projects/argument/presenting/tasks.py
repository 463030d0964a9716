"""A department's task: why it is asked, what it is asked to state, what it said, and what the reader may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from gis_projects.argument import statements
from gis_projects.argument.actions.conditions import condition_subject
from gis_projects.argument.models import Case, Opinion, Task, Verdict
from gis_projects.argument.presenting.conditions import condition_data, escalation_data
from gis_projects.argument.queries.quotas import account_of, remaining
from gis_projects.argument.queries.routing import facts_of, table
from gis_projects.argument.routing.reading import Table, said
from gis_projects.argument.scopes import HANDLING
from gis_projects.argument.subjects import opinion_subject
from gis_projects.argument.workflow import EFFECTIVE, LIVE_CASE
from gis_projects.clock.queries import clocks
from gis_projects.library.models import Attachment, Code
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, visible
from gis_projects.people.queries import chains
from gis_projects.people.queries.delegations import same_person
from gis_projects.sentences import listed, word
from gis_projects.sites.queries.boundaries import CHECK_SCOPE
from gis_projects.sites.reviewing.reading import Reading, reading
from siting import wording
from siting.engine.verdict import Outcome, Severity
from siting.models import Check


def read_check(user: User, case: Case) -> Reading | None:
    """The check that a case is argued on, as the reader may have it; None where there is none, or they may not."""
    if case.answer_id is None:
        return None
    rows = Check.objects.select_related("site_version__site__project__region", "rulebook")
    found = visible(user, Permission.READ_SITES, rows, CHECK_SCOPE).filter(pk=case.answer_id).first()
    return None if found is None else reading(user, found)


def reasons(task: Task, read: Reading | None) -> dict[str, list[dict[str, Any]]]:
    """Why a department is asked: items of the table, findings and rules left open, names it has nobody for."""
    rules = table(task.case.routing)
    open_reasons = (
        {} if read is None else {each["rule"]: each["reason"] for each in read.document["not_checked"]}
    )
    items = [
        {"code": entry["item"], "name": str(rules.item(entry["item"])), "row": rules.item(entry["item"]).row}
        for entry in task.reasons
        if entry["why"] == "item"
    ]
    findings = [
        {
            **entry,
            "name": entry["rule"] if read is None else word(read.name_of(entry["rule"])),
            "outcome_label": str(wording.OUTCOMES[Outcome(entry["outcome"])]),
            "severity_label": str(wording.SEVERITIES[Severity(entry["severity"])])
            if entry["severity"]
            else "",
            "reason": (open_reasons.get(entry["rule"]) or {}).get("text", ""),
        }
        for entry in task.reasons
        if entry["why"] == "finding"
    ]
    unnamed = [{"name": word(entry["name"])} for entry in task.reasons if entry["why"] == "unnamed"]
    return {"items": items, "findings": findings, "unnamed": unnamed}


def lane(
    user: User,
    task: Task,
    read: Reading | None,
    *,
    files: Mapping[str, list[Attachment]],
    decisions: Mapping[int, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A task as its lane in the case shows it; ``decisions``: forms that weren't done, by what was put before whom."""
    mine = user.organisation_id == task.organisation_id
    shown = [row for row in task.opinions.all() if row.effective_at is not None or mine]
    in_force = [row for row in shown if row.state in EFFECTIVE]
    return {
        "task": task,
        "mine": mine,
        "why": reasons(task, read),
        "state_label": task.get_state_display(),
        "result_label": task.get_result_display() if task.result else "",
        "opinion": opinion_data(user, in_force[-1], files) if in_force else None,
        "earlier": [opinion_data(user, row, files) for row in in_force[:-1]],
        "escalations": [
            escalation_data(user, row, files, typed=(decisions or {}).get(row.pk))
            for row in task.escalations.all()
        ],
        "returned": next((row for row in reversed(in_force) if row.verdict == Verdict.RETURN), None)
        if task.state == "returned"
        else None,
    }


def opinion_data(user: User, row: Opinion, files: Mapping[str, list[Attachment]]) -> dict[str, Any]:
    """One opinion: its words, what it states, its files, signatures and conditions."""
    task = row.task
    rules = table(task.case.routing)
    return {
        "row": row,
        "verdict_label": row.get_verdict_display(),
        "state_label": row.get_state_display(),
        "stated": list(stated(rules, task, row.fields)),
        "points": [
            {"item": str(item), "name": str(point), "answer": _answer(row.fields.get(key, ""))}
            for key, item, point in statements.points(rules, task.items)
            if key in row.fields
        ],
        "files": files.get(opinion_subject(row), []),
        "approvals": list(row.approvals.all()),
        "conditions": [condition_data(user, each, files) for each in row.conditions.all()],
        "asked": row.conditions_asked if row.effective_at is None else [],
    }


def _answer(code: str) -> str:
    return next((str(each) for each in statements.ANSWERS if each.code == code), "")


def stated(rules: Table, task: Task, kept: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """What an opinion states, in words: name, value with its unit, whether a ratio is too low.

    By what is kept, not by what the project's sources are now.
    """
    sources = {key.split(".")[2] for key in kept if key.count(".") == 2 and not key.startswith("point.")}
    names = source_names(sources)
    for each in statements.asked(rules, task.items, sorted(sources)):
        value = kept.get(each.key)
        if value is None:
            if each.field.kind == "ratio":
                yield {
                    "item": str(each.item),
                    "name": str(each.field),
                    "value": gettext("无还本付息或未填，不计算"),
                    "low": False,
                }
            continue
        if each.field.kind == "choice":
            shown = next((str(option) for option in each.options if option.code == value), value)
        elif each.field.kind == "text":
            shown = value
        else:
            places = value.rpartition(".")[2] if "." in value else ""
            shown = f"{digits(value, len(places))} {each.field.unit}".strip()
        yield {
            "item": str(each.item),
            "name": f"{each.field}（{names[each.source]}）" if each.source else str(each.field),
            "value": shown,
            "low": statements.too_low(each, kept),
        }


def digits(value: str, places: int) -> str:
    """A number kept as text, with its thousands separated and none of its digits lost."""
    return f"{Decimal(value):,.{places}f}"


def source_names(codes: Iterable[str]) -> dict[str, str]:
    """What sources of funds are called: by the code list, and by the code itself where that doesn't have it."""
    rows = Code.objects.filter(list_id="fund_source", value__in=list(codes))
    known = {row.value: row.shown for row in rows}
    return {code: known.get(code, code) for code in codes}


def files_beside(subjects: Iterable[str]) -> dict[str, list[Attachment]]:
    """The files beside each of these things. One query."""
    found: dict[str, list[Attachment]] = {}
    for file in Attachment.objects.filter(subject__in=list(subjects)).order_by("pk"):
        found.setdefault(file.subject, []).append(file)
    return found


def form_fields(task: Task, kept: Mapping[str, Any], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the form of an opinion asks, item by item."""
    rules = table(task.case.routing)
    sources = facts_of(task.case.project).sources
    names = source_names(sources)
    fields = list(statements.asked(rules, task.items, sources))
    answered = list(statements.points(rules, task.items))
    return [
        {
            "code": code,
            "name": str(rules.item(code)),
            "fields": [
                {
                    "key": each.key,
                    "id": each.key.replace(".", "-"),
                    "name": f"{each.field}（{names[each.source]}）" if each.source else str(each.field),
                    "kind": each.field.kind,
                    "unit": each.field.unit,
                    "optional": each.field.optional,
                    "options": [(option.code, str(option)) for option in each.options],
                    "value": kept.get(each.key, ""),
                    "error": errors.get(each.key, ""),
                    "left": _left(task, each.field.quota) if each.field.kind == "quota" else None,
                }
                for each in fields
                if each.item.code == code and each.field.kind != "ratio"
            ],
            "points": [
                {
                    "key": key,
                    "id": key.replace(".", "-"),
                    "name": str(point),
                    "value": kept.get(key, ""),
                    "error": errors.get(key, ""),
                }
                for key, item, point in answered
                if item.code == code
            ],
        }
        for code in task.items
    ]


def _left(task: Task, kind: str) -> dict[str, Any]:
    account = account_of(kind, task.case.project.region, timezone.localdate().year)
    return {"account": account, "left": None if account is None else remaining(account)}


def task_page(
    user: User, task: Task, *, given: Mapping[str, Any] | None = None, errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """All that a task's page shows; ``given`` and ``errors`` are a refused form's."""
    case = task.case
    read = read_check(user, case)
    opinions = list(
        task.opinions.select_related("drafted_by")
        .prefetch_related("approvals__by", "conditions__claimed_by", "conditions__confirmed_by")
        .order_by("version")
    )
    escalations = list(
        task.escalations.select_related("organisation", "by", "decided_by").prefetch_related(
            "conditions__claimed_by", "conditions__confirmed_by"
        )
    )
    mine = visible(user, Permission.GIVE_OPINIONS, Task.objects.filter(pk=task.pk), HANDLING).exists()
    own = user.organisation_id == task.organisation_id
    shown = [row for row in opinions if row.effective_at is not None or own]
    for row in shown:
        row.task = task
    demands = [each for row in shown for each in row.conditions.all()]
    demands += [each for row in escalations for each in row.conditions.all()]
    for each in demands:
        each.task = task
    draft = next((row for row in opinions if row.state == "draft"), None) if own else None
    waiting = next((row for row in opinions if row.state == "approving"), None)
    files = files_beside(
        [opinion_subject(row) for row in shown] + [condition_subject(each) for each in demands]
    )
    escalated = any(not row.decision for row in escalations)
    writable = (
        mine
        and case.state in LIVE_CASE
        and task.state in ("waiting", "given")
        and not waiting
        and not escalated
    )
    level = None if waiting is None else len(waiting.approvals.all()) + 1
    in_force = [row for row in shown if row.state in EFFECTIVE]
    begin = draft or (in_force[-1] if in_force else None)
    kept: Mapping[str, Any] = given if given is not None else (begin.fields if begin else {})
    return {
        "task": task,
        "case": case,
        "project": case.project,
        "clock": clocks.read(task.clock),
        "why": reasons(task, read),
        "read": read,
        "has_map": read is not None
        and any(table(case.routing).item(code).map or task.reasons for code in task.items),
        "opinions": [opinion_data(user, row, files) for row in reversed(shown) if row.state != "draft"],
        "escalations": [escalation_data(user, row, files) for row in escalations],
        "draft": draft,
        "draft_files": files.get(opinion_subject(draft), []) if draft else [],
        "writable": writable,
        "revises": bool(in_force),
        "fields": form_fields(task, kept, errors or {}) if writable else [],
        "form": {
            "verdict": _given(given, "verdict", begin.verdict if begin else ""),
            "text": _given(given, "text", begin.text if begin else ""),
            "conditions": (given or {}).get("conditions") or [*(begin.conditions_asked if begin else []), {}],
        },
        "errors": errors or {},
        "verdicts": Verdict.choices,
        "signing": None if waiting is None or level is None else _signing(user, task, waiting, level),
        "may_supplement": task.state == "returned"
        and case.state in LIVE_CASE
        and (
            may(user, Permission.START_ARGUMENTS, case.project)
            or may(user, Permission.EDIT_PROJECTS, case.project)
        ),
    }


def _given(given: Mapping[str, Any] | None, name: str, kept: str) -> str:
    return kept if given is None else str(given.get(name, ""))


def _signing(user: User, task: Task, row: Opinion, level: int) -> dict[str, Any]:
    """The level that an opinion waits at, whether it is the reader's to sign, and if not, why."""
    step = task.chain_levels[level - 1]
    wanted = chains.Level(step["number"], step["post"], step["name"])
    department = visible(
        user, Permission.APPROVE_OPINIONS, Task.objects.filter(pk=task.pk), HANDLING
    ).exists()
    drafted = same_person(user, row.drafted_by_id, timezone.localdate(row.drafted_at))
    before = any(same_person(user, each.by_id, timezone.localdate(each.at)) for each in row.approvals.all())
    return {
        "opinion": row,
        "level": level,
        "of": len(task.chain_levels),
        "name": word(step["name"]),
        "may": department
        and not drafted
        and not before
        and chains.may_decide(user, task.organisation_id, wanted),
        "drafted": department and drafted,
        "before": department and before,
    }


def task_columns() -> list[str]:
    """The heads of the list of tasks as an export."""
    return [
        gettext("编号"), gettext("项目代码"), gettext("项目名称"), gettext("论证类型"), gettext("承办部门"),
        gettext("事项"), gettext("状态"), gettext("意见"), gettext("送达时间"), gettext("办理期限"), gettext("经办人"),
    ]  # fmt: skip


def task_rows(rows: Iterable[Task]) -> Iterator[list[Any]]:
    """The list of tasks as an export's rows."""
    for task in rows:
        rules = table(task.case.routing)
        yield [
            task.pk,
            task.case.project.code,
            task.case.project.name,
            task.case.get_kind_display(),
            task.organisation.name,
            listed(str(rules.item(code)) for code in task.items),
            task.get_state_display(),
            task.get_result_display() if task.result else "",
            timezone.localtime(task.dispatched_at).replace(tzinfo=None),
            task.due_on,
            str(task.handler) if task.handler else "",
        ]


def titled(rules: Table) -> str:
    return said(rules.name, rules.name_en)
