"""A review as documents: the record that programs read, the report that people file (PDF, Word)."""

from __future__ import annotations

import io
from typing import Any

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.models import ExpertReview, Reading, VisitPhoto
from gis_projects.argument.queries.experts import draw_data
from gis_projects.argument.queries.review_gates import materials, seats, submitted
from gis_projects.argument.review_subjects import beside
from gis_projects.library.databases import specialities
from gis_projects.library.models import Attachment
from gis_projects.sites.reports import paper


def files_of(review: ExpertReview) -> list[Attachment]:
    """Every file of a review: read by the experts, photographed on the ground, signed on paper."""
    visits = [f"argument.visit:{key}" for key in review.visits.values_list("pk", flat=True)]
    return list(
        Attachment.objects.filter(
            Q(subject=beside(review)) | Q(subject__startswith=f"{beside(review)}:") | Q(subject__in=visits)
        ).order_by("pk")
    )


def record(review: ExpertReview) -> dict[str, Any]:
    """All that was planned, said, scored and decided, as JSON; times in ISO 8601, amounts in 元 as text."""
    return {
        "review": review.pk,
        "project": {"code": review.project.code, "name": review.project.name},
        "title": review.title,
        "purpose": review.purpose,
        "procedure": review.procedure,
        "mandatory": list(review.mandatory),
        "requested_yuan": str(review.requested_yuan),
        "period": [_text(review.starts_on), _text(review.ends_on)],
        "steps": [
            {"number": row.number, "code": row.code, "state": row.state, "note": row.note, "content": row.content,
             "by": _name(row.by), "at": row.at.isoformat()}
            for row in review.steps.select_related("by")
        ],
        "plan": {
            "method": review.method,
            "averaging": review.averaging,
            "wanted": review.wanted,
            "criteria": [[row.name, row.guide, str(row.weight)] for row in review.criteria.all()],
        },
        "recusals": [
            {"expert": row.expert.code, "reason": row.reason, "by": _name(row.by), "at": row.at.isoformat()}
            for row in review.recusals.select_related("expert", "by")
        ],
        "draws": [draw_data(draw) for draw in review.draws.all()],
        "seats": [
            {"expert": row.expert.code, "name": row.expert.name, "speciality": row.speciality, "state": row.state,
             "reason": row.reason, "replaces": row.replaces.expert.code if row.replaces else None}
            for row in review.seats.select_related("expert", "replaces__expert")
        ],
        "readings": [
            {"file": row.attachment.name, "sha256": row.attachment.sha256, "by": _name(row.by),
             "at": row.at.isoformat()}
            for row in Reading.objects.filter(review=review).select_related("attachment", "by")
        ],
        "messages": [
            {"id": row.pk, "kind": row.kind, "answers": row.answers_id, "text": row.text, "by": _name(row.by),
             "at": row.at.isoformat()}
            for row in review.messages.select_related("by")
        ],
        "visits": [
            {"on": str(row.visited_on), "attended": row.attended, "text": row.text, "by": _name(row.by),
             "photos": [_photo(photo) for photo in row.photos.select_related("attachment")]}
            for row in review.visits.select_related("by")
        ],
        "sheets": [
            {"expert": row.seat.expert.code, "total": _text(row.total), "recommendation": row.recommendation,
             "opinion": row.opinion, "by": _name(row.by),
             "at": _text(row.submitted_at and row.submitted_at.isoformat()),
             "scores": {item.criterion.name: str(item.score) for item in row.items.select_related("criterion")}}
            for row in submitted(review).select_related("seat__expert", "by")
        ],
        "score": _text(review.score),
        "conclusion": review.conclusion,
        "opinion": review.opinion,
        "use": review.use,
        "use_note": review.use_note,
        "approved_yuan": _text(review.approved_yuan),
        "applied": review.applied,
    }  # fmt: skip


def _photo(photo: VisitPhoto) -> dict[str, Any]:
    return {
        "file": photo.attachment.name,
        "sha256": photo.attachment.sha256,
        "location": [photo.location.x, photo.location.y] if photo.location else None,
        "source": photo.source,
        "accuracy_m": photo.accuracy_m,
        "taken_at": _text(photo.taken_at and photo.taken_at.isoformat()),
    }


def _name(user: Any) -> str:
    return str(user) if user is not None else ""


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


# --- the report --------------------------------------------------------------------------------------


def context(review: ExpertReview) -> dict[str, Any]:
    """What the report prints. Experts' scores stand there without their names."""
    sheets = list(submitted(review).select_related("seat__expert").prefetch_related("items__criterion"))
    names = specialities()
    done = {row.number: row for row in review.steps.select_related("by")}
    return {
        "review": review,
        "project": review.project,
        "criteria": list(review.criteria.all()),
        "sheets": [
            {
                "label": gettext("专家 %(n)s") % {"n": number},
                "sheet": sheet,
                "scores": [item.score for item in sheet.items.all()],
            }
            for number, sheet in enumerate(sheets, start=1)
        ],
        "steps": [(step, done.get(step.number)) for step in workflow.steps()],
        "panel": [
            (seat, names[seat.speciality].label if seat.speciality in names else seat.speciality)
            for seat in seats(review)
        ],
        "materials": list(materials(review)),
        "messages": [
            (row, list(row.answered_by.all()))
            for row in review.messages.filter(answers=None).prefetch_related("answered_by")
        ],
        "visits": list(review.visits.prefetch_related("photos__attachment")),
        "procedure": workflow.procedures().get(review.procedure),
        "printed_at": timezone.now(),
    }


def report_pdf(review: ExpertReview) -> bytes:
    """评审报告 as PDF (A4)."""
    return paper.pdf(render_to_string("argument/review_report.html", context(review)))


def report_word(review: ExpertReview) -> bytes:
    """评审报告 as a Word file, for staff who go on writing."""
    from docx import Document

    told = context(review)
    document = Document()
    document.add_heading(review.title, level=0)
    document.add_paragraph(f"{review.project.code} {review.project.name}")
    _table(document, [gettext("事项"), gettext("内容")], facts(review))
    document.add_heading(gettext("评审意见"), level=1)
    document.add_paragraph(review.opinion or gettext("尚未作出结论。"))
    document.add_heading(gettext("评分"), level=1)
    head = [gettext("专家"), *(f"{row.name}（{row.weight}%）" for row in told["criteria"]), gettext("总分")]
    rows = [[row["label"], *map(str, row["scores"]), str(row["sheet"].total)] for row in told["sheets"]]
    _table(document, head, rows)
    document.add_heading(gettext("专家意见"), level=1)
    for row in told["sheets"]:
        document.add_paragraph(f"{row['label']}：{row['sheet'].opinion}")
    document.add_heading(gettext("评审过程"), level=1)
    _table(
        document,
        [gettext("环节"), gettext("状态"), gettext("时间"), gettext("说明")],
        [
            [
                step.label,
                str(row.get_state_display()) if row else gettext("未办"),
                timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M") if row else "",
                row.note if row else "",
            ]
            for step, row in told["steps"]
        ],
    )
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def facts(review: ExpertReview) -> list[list[str]]:
    """The review in a few lines: what was asked, what was found, what becomes of it."""
    yuan = gettext("元")
    rows = [
        [gettext("评审用途"), str(review.get_purpose_display())],
        [gettext("评审期限"), f"{review.starts_on or '—'} – {review.ends_on or '—'}"],
        [gettext("申报金额"), f"{review.requested_yuan:,} {yuan}"],
        [gettext("综合得分"), "—" if review.score is None else str(review.score)],
        [gettext("评审结论"), str(review.get_conclusion_display()) or "—"],
        [gettext("结果运用"), str(review.get_use_display()) or "—"],
    ]
    if review.approved_yuan is not None:
        rows.append([gettext("核定金额"), f"{review.approved_yuan:,} {yuan}"])
        rows.append([gettext("核减金额"), f"{review.cut_yuan:,} {yuan}"])
    return rows


def _table(document: Any, head: list[str], rows: list[list[str]]) -> None:
    table = document.add_table(rows=1, cols=len(head), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.text = text
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
