"""What can be done in a review from its page: each name with what it does and what is said when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects import files
from gis_projects.argument.actions import draws, review_records, reviews, score_sheets, seats
from gis_projects.argument.models import ExpertReview, Message, PositionSource, Seat
from gis_projects.library.databases import specialities
from gis_projects.library.models import Expert
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from siting.engine.notices import Notice, UnusableInput

Work = Callable[[HttpRequest, User, ExpertReview], object]
MAX_ROWS = 40
MAX_DIGITS = 20


@dataclass(frozen=True)
class Act:
    work: Work
    said: str | Promise

    def told(self) -> str:
        return str(self.said)


# --- what a form says ---------------------------------------------------------------------------------------


def text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\r\n", "\n")


def number(request: HttpRequest, name: str, *, needed: bool = True) -> Decimal | None:
    typed = request.POST.get(name, "").replace(",", "").replace("\uff0c", "").strip()
    if not typed and not needed:
        return None
    try:
        found = Decimal(typed)
    except InvalidOperation as error:
        raise UnusableInput(Notice("not-a-number", "请填写数字。", field=name)) from error
    if not found.is_finite() or abs(found.adjusted()) > MAX_DIGITS:  # NaN, Infinity and 1e999999 are Decimals
        raise UnusableInput(Notice("not-a-number", "请填写数字。", field=name))
    return found


def day(request: HttpRequest, name: str) -> date:
    try:
        return date.fromisoformat(request.POST.get(name, ""))
    except ValueError as error:
        raise UnusableInput(Notice("not-a-day", "请填写日期。", field=name)) from error


def key(request: HttpRequest, name: str) -> int:
    value = request.POST.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Http404
    return int(value)


def file(request: HttpRequest, name: str) -> tuple[str, bytes]:
    uploaded = request.FILES.get(name)
    if not isinstance(uploaded, UploadedFile):
        raise UnusableInput(Notice("no-file", "请选择文件。", field=name))
    return _read(uploaded)


def several(request: HttpRequest, name: str) -> list[tuple[str, bytes]]:
    return [_read(uploaded) for uploaded in request.FILES.getlist(name) if isinstance(uploaded, UploadedFile)]


def _read(uploaded: UploadedFile) -> tuple[str, bytes]:
    if (uploaded.size or 0) > files.MAX_BYTES:
        raise UnusableInput(
            Notice(
                "attachment-too-large",
                "文件有 %(size)s MB，超过上限 %(limit)s MB",
                {"size": f"{(uploaded.size or 0) / 1024**2:.1f}", "limit": files.MAX_BYTES // 1024**2},
                field="file",
            )
        )
    return uploaded.name or "", uploaded.read()


def _scores(request: HttpRequest, review: ExpertReview) -> Mapping[int, Decimal | None]:
    return {row.pk: number(request, f"score-{row.pk}", needed=False) for row in review.criteria.all()}


# --- the acts -------------------------------------------------------------------------------------------------


def _accept(request: HttpRequest, by: User, review: ExpertReview) -> object:
    return reviews.accept(
        by=by, review=review, starts_on=day(request, "starts_on"), ends_on=day(request, "ends_on"),
        remark=text(request, "remark"),
    )  # fmt: skip


def _plan(request: HttpRequest, by: User, review: ExpertReview) -> object:
    names, guides = request.POST.getlist("criterion")[:MAX_ROWS], request.POST.getlist("guide")[:MAX_ROWS]
    weights = request.POST.getlist("weight")[:MAX_ROWS]
    if not len(names) == len(guides) == len(weights):
        raise UnusableInput(Notice("plan-rows", "评分指标没有填完整。", field="criteria"))
    rows = []
    for name, guide, weight in zip(names, guides, weights, strict=True):
        if not (name.strip() or weight.strip()):
            continue  # a row left empty
        try:
            rows.append((name, guide, Decimal(weight.strip())))
        except InvalidOperation as error:
            raise UnusableInput(Notice("not-a-number", "请填写数字。", field="weight")) from error
    wanted = {code: _count(request, f"wanted-{code}") for code in specialities()}
    return reviews.settle_plan(
        by=by, review=review, method=text(request, "method"), averaging=request.POST.get("averaging", ""),
        criteria=rows, wanted=wanted,
    )  # fmt: skip


def _count(request: HttpRequest, name: str) -> int:
    value = request.POST.get(name, "").strip()
    if not value:
        return 0
    if not (value.isascii() and value.isdigit() and len(value) < 4):
        raise UnusableInput(Notice("not-a-number", "请填写数字。", field=name))
    return int(value)


def _recuse(request: HttpRequest, by: User, review: ExpertReview) -> object:
    expert = (
        visible(by, Permission.HOLD_REVIEWS, Expert.objects.all()).filter(pk=key(request, "expert")).first()
    )
    if expert is None:
        raise Http404
    return draws.recuse(by=by, review=review, expert=expert, reason=text(request, "reason"))


def _seat(request: HttpRequest, review: ExpertReview) -> Seat:
    row = review.seats.filter(pk=key(request, "seat")).first()
    if row is None:
        raise Http404
    return row


def _answer(request: HttpRequest, by: User, review: ExpertReview) -> object:
    accepts = request.POST.get("answer") == "accept"
    return seats.answer(by=by, seat=_seat(request, review), accepts=accepts, reason=text(request, "reason"))


def _reply(request: HttpRequest, by: User, review: ExpertReview) -> object:
    question = Message.objects.filter(review=review, pk=key(request, "question")).first()
    if question is None:
        raise Http404
    return review_records.reply(by=by, question=question, text=text(request, "text"))


def _material(request: HttpRequest, by: User, review: ExpertReview) -> object:
    name, content = file(request, "file")
    return review_records.bring_material(by=by, review=review, name=name, content=content)


def _visit(request: HttpRequest, by: User, review: ExpertReview) -> object:
    lon, lat, accuracy = (_float(request, name) for name in ("lon", "lat", "accuracy_m"))
    device = request.POST.get("source", "") == PositionSource.DEVICE
    source = PositionSource.DEVICE if device else PositionSource.TYPED
    return review_records.record_visit(
        by=by, review=review, visited_on=day(request, "visited_on"), attended=text(request, "attended"),
        text=text(request, "text"),
        photos=[
            review_records.Photo(name, content, lon, lat, accuracy, source)
            for name, content in several(request, "photos")
        ],
    )  # fmt: skip


def _float(request: HttpRequest, name: str) -> float | None:
    found = number(request, name, needed=False)
    return None if found is None else float(found)


def _draft(request: HttpRequest, by: User, review: ExpertReview) -> object:
    return score_sheets.save_draft(
        by=by, review=review, scores=_scores(request, review),
        recommendation=request.POST.get("recommendation", ""), opinion=text(request, "opinion"),
    )  # fmt: skip


def _submit(request: HttpRequest, by: User, review: ExpertReview) -> object:
    return score_sheets.submit(
        by=by, review=review, scores=_scores(request, review),
        recommendation=request.POST.get("recommendation", ""), opinion=text(request, "opinion"),
    )  # fmt: skip


def _paper(request: HttpRequest, by: User, review: ExpertReview) -> object:
    name, content = file(request, "file")
    return score_sheets.submit_paper(
        by=by, seat=_seat(request, review), scores=_scores(request, review),
        recommendation=request.POST.get("recommendation", ""), opinion=text(request, "opinion"), name=name,
        content=content,
    )  # fmt: skip


def _use(request: HttpRequest, by: User, review: ExpertReview) -> object:
    return reviews.use_result(
        by=by, review=review, use=request.POST.get("use", ""),
        approved_yuan=number(request, "approved_yuan", needed=False), applied=request.POST.get("applied") == "1",
        remark=text(request, "remark"),
    )  # fmt: skip


ACTS: dict[str, Act] = {
    "accept": Act(_accept, _("已接收评审。")),
    "return": Act(
        lambda request, by, review: reviews.send_back(by=by, review=review, reason=text(request, "reason")),
        _("已退回。"),
    ),
    "extend": Act(
        lambda request, by, review: reviews.extend(
            by=by, review=review, ends_on=day(request, "ends_on"), reason=text(request, "reason")
        ),
        _("已调整评审期限。"),
    ),
    "plan": Act(_plan, _("评审方案已确定。")),
    "recuse": Act(_recuse, _("已列入回避名单。")),
    "draw": Act(
        lambda request, by, review: draws.draw(by=by, review=review, reason=text(request, "reason")),
        _("已抽取专家并发出邀请。"),
    ),
    "answer": Act(_answer, _("已答复邀请。")),
    "withdraw-seat": Act(
        lambda request, by, review: seats.withdraw(
            by=by, seat=_seat(request, review), reason=text(request, "reason")
        ),
        _("已撤换专家。"),
    ),
    "complete": Act(
        lambda request, by, review: reviews.complete(
            by=by, review=review, code=request.POST.get("step", ""), remark=text(request, "remark")
        ),
        _("环节已办完。"),
    ),
    "skip": Act(
        lambda request, by, review: reviews.skip(
            by=by, review=review, code=request.POST.get("step", ""), reason=text(request, "reason")
        ),
        _("已跳过该环节，原因已记录。"),
    ),
    "material": Act(_material, _("资料已上传。")),
    "statement": Act(
        lambda request, by, review: review_records.state(by=by, review=review, text=text(request, "text")),
        _("陈述已提交。"),
    ),
    "question": Act(
        lambda request, by, review: review_records.ask(by=by, review=review, text=text(request, "text")),
        _("问题已提出。"),
    ),
    "reply": Act(_reply, _("已答复。")),
    "visit": Act(_visit, _("勘查记录已保存。")),
    "draft": Act(_draft, _("评分草稿已保存，只有您自己能看到。")),
    "submit": Act(_submit, _("评分已提交。")),
    "paper": Act(_paper, _("评分表已录入。")),
    "conclude": Act(
        lambda request, by, review: reviews.conclude(
            by=by,
            review=review,
            conclusion=request.POST.get("conclusion", ""),
            opinion=text(request, "opinion"),
        ),
        _("已作出评审结论。"),
    ),
    "use": Act(_use, _("结果运用已确定。")),
    "archive": Act(lambda request, by, review: reviews.close(by=by, review=review), _("评审已归档。")),
}
