"""The public's questions inside: the queue, one question, its answer, its preview."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

import shapely
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.disclosure.models import QuestionKind
from gis_projects.disclosure.views import questions as public
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, require, visible
from gis_projects.publishing import answer_content, personal_data
from gis_projects.publishing.actions import comments as actions
from gis_projects.publishing.article_forms import AnswerForm
from gis_projects.publishing.models import Answer, AnswerState, Question, QuestionState
from gis_projects.publishing.queries import articles as article_queries
from gis_projects.publishing.queries import comments as queries

PAGE = 50
_EDITABLE = (AnswerState.DRAFT, AnswerState.RETURNED)


@login_required
@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """The queue: what came, what is overdue, what waits for approval."""
    user = _moderator(request)
    today = timezone.localdate()
    states = [*QuestionState.choices, (queries.OVERDUE, _("已逾期")), (queries.SUBMITTED, _("答复待审核"))]
    wanted = queries.Wanted(
        state=_known(request, "state", [value for value, _label in states]),
        kind=_known(request, "kind", QuestionKind.values),
        organisation=request.GET.get("organisation", "")[:12],
        q=request.GET.get("q", "")[:100].replace("\0", ""),
    )
    rows = queries.questions(user, wanted, today=today)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("公众来信"), _columns(), _rows(rows), kind=str(kind))
    filters = {name: value for name, value in vars(wanted).items() if value}
    counted = queries.counts(user)
    return render(
        request,
        "publishing/questions.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "states": states,
            "counts": [(value, label, counted.get(value, 0)) for value, label in QuestionState.choices],
            "kinds": QuestionKind.choices,
            "wanted": wanted,
            "filters": filters,
            "export_query": urlencode(filters) + "&" if filters else "",
            "today": today,
            "may_manage": may(user, Permission.MANAGE_PORTAL),
        },
    )


@login_required
@require_POST
def spam(request: HttpRequest) -> HttpResponse:
    """Put the ticked questions away as spam."""
    user = _moderator(request)
    require(user, Permission.MANAGE_PORTAL)
    keys = [
        int(key)
        for key in request.POST.getlist("question")
        if key.isascii() and key.isdecimal() and len(key) < 12
    ]
    rows = visible(user, Permission.MANAGE_PORTAL, Question.objects.filter(pk__in=keys[:500]))
    done = actions.mark_spam(by=user, questions=rows.order_by("pk"))
    messages.success(
        request, ngettext("%(n)s 封来信已列为垃圾信息。", "%(n)s 封来信已列为垃圾信息。", done) % {"n": done}
    )
    return redirect("publishing:questions")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """One question as it came, what was done with it, and the steps that can be taken."""
    user = _moderator(request)
    row = queries.question(user, pk)
    latest = row.answers.select_related("organisation").first()
    form = _answer_form(request, row, latest)
    status = 200
    if request.method == "POST":
        step = _STEPS.get(request.POST.get("step", ""))
        if step is None:
            raise Http404
        try:
            said = step(request, user, row, latest, form)
        except ValidationError as refused:
            for message in refused.messages:
                messages.error(request, message)
            status = 400
        else:
            messages.success(request, said)
            return redirect("publishing:question", pk)
        row = queries.question(user, pk)
        latest = row.answers.select_related("organisation").first()
    answers = list(row.answers.select_related("organisation", "drafted_by", "approved_by"))
    manages = may(user, Permission.MANAGE_PORTAL, row)
    return render(
        request,
        "publishing/question.html",
        {
            "question": row,
            "place": _place(row),
            "answers": answers,
            "latest": latest,
            "submitted": latest if latest and latest.state == AnswerState.SUBMITTED else None,
            "shown": any(one.state == AnswerState.SHOWN for one in answers),
            "form": form,
            "manages": manages,
            "may_answer": answer_content.may_answer(user, row)
            and row.state in (QuestionState.ASSIGNED, QuestionState.ANSWERED)
            and not (latest and latest.state == AnswerState.SUBMITTED),
            "own": latest is not None and latest.drafted_by_id == user.pk,
            "departments": article_queries.departments() if manages else [],
            "suspicious": answer_content.suspicious(latest) if latest else personal_data.find(row.text),
            "today": timezone.localdate(),
        },
        status=status,
    )


@login_required
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The public's own page of the newest answer as it would be."""
    row = queries.question(_moderator(request), pk)
    answer = row.answers.select_related("organisation").first()
    if answer is None:
        raise Http404
    answer.question = row
    return render(
        request,
        "disclosure/question.html",
        {**public.shown(answer_content.would_be(answer)), "preview": True},
    )


def _answer_form(request: HttpRequest, row: Question, latest: Answer | None) -> AnswerForm:
    said = (
        {"edited": latest.edited, "text": latest.text, "precision_m": latest.precision_m}
        if latest
        else {"edited": row.text, "text": "", "precision_m": 50}
    )
    posted = request.POST if request.POST.get("step") in ("draft", "submit") else None
    return AnswerForm(posted, initial=said, located=row.geometry is not None)


Step = Callable[[HttpRequest, User, Question, Answer | None, AnswerForm], str]


def _assign(request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm) -> str:
    key = request.POST.get("organisation", "")
    unit = (
        article_queries.departments().filter(pk=int(key) if key.isdecimal() and len(key) < 12 else 0).first()
    )
    if unit is None:
        raise ValidationError(_("请选择承办部门。"))
    actions.assign(by=user, question=row, organisation=unit)
    return _("已交办。")


def _reject(request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm) -> str:
    actions.reject(by=user, question=row, reason=request.POST.get("reason", ""))
    return _("已登记为不予受理。")


def _restore(request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm) -> str:
    actions.restore(by=user, question=row)
    return _("已恢复，待分办。")


def _spam(request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm) -> str:
    if not actions.mark_spam(by=user, questions=[row]):
        raise ValidationError(_("只有待分办的来信可以列为垃圾信息。"))
    return _("已列为垃圾信息。")


def _draft(request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm) -> str:
    _drafted(user, row, form)
    return _("答复已保存。")


def _submit(request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm) -> str:
    actions.submit_answer(by=user, answer=_drafted(user, row, form))
    return _("答复已提交，须由另一人审核公开。")


def _drafted(user: User, row: Question, form: AnswerForm) -> Answer:
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    said = form.cleaned_data
    return actions.draft_answer(
        by=user, question=row, edited=said["edited"], text=said["text"], precision_m=said.get("precision_m")
    )


def _return(request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm) -> str:
    actions.return_answer(by=user, answer=_read(request, latest), reason=request.POST.get("reason", ""))
    return _("答复已退回。")


def _publish(request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm) -> str:
    actions.publish_answer(
        by=user, answer=_read(request, latest), knowingly=request.POST.get("knowingly") == "1"
    )
    return _("答复已公开。")


def _withdraw(
    request: HttpRequest, user: User, row: Question, latest: Answer | None, form: AnswerForm
) -> str:
    actions.withdraw_answer(by=user, question=row, reason=request.POST.get("reason", ""))
    return _("已撤回。")


_STEPS: dict[str, Step] = {
    "assign": _assign,
    "reject": _reject,
    "restore": _restore,
    "spam": _spam,
    "draft": _draft,
    "submit": _submit,
    "return": _return,
    "publish": _publish,
    "withdraw": _withdraw,
}


def _read(request: HttpRequest, latest: Answer | None) -> Answer:
    """The newest answer, if it is the one that was on the page: a decision is about what was read."""
    if latest is None or request.POST.get("answer") != str(latest.number):
        raise ValidationError(_("答复已更换，请重新查看。"))
    return latest


def _moderator(request: HttpRequest) -> User:
    user = cast(User, request.user)
    if not queries.may_look(user):
        raise PermissionDenied(Permission.MANAGE_PORTAL)
    return user


def _place(row: Question) -> str:
    """Where it is about, in words: longitude and latitude of its point or of the middle of its ground."""
    if row.geometry is None:
        return ""
    exact = shapely.from_wkb(bytes(row.geometry.wkb))
    middle = shapely.centroid(exact)
    at = f"{middle.x:.5f}, {middle.y:.5f}"
    if exact.geom_type == "Point":
        return at
    corners = len(json.loads(shapely.to_geojson(exact))["coordinates"][0]) - 1
    return _("%(at)s（%(corners)s 个点围成的范围）") % {"at": at, "corners": corners}


def _known(request: HttpRequest, name: str, known: Any) -> str:
    value = request.GET.get(name, "")
    return value if value in known else ""


def _columns() -> list[str]:
    return [
        _("收到时间"),
        _("类型"),
        _("内容"),
        _("称呼"),
        _("联系方式"),
        _("所属地区"),
        _("项目"),
        _("承办部门"),
        _("状态"),
        _("到期日"),
        _("说明"),
    ]


def _rows(rows: Any) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=500):
        yield [
            row.received_at,
            row.get_kind_display(),
            row.text,
            row.nickname,
            row.contact,
            row.region.name,
            row.project.name if row.project else "",
            row.organisation.name if row.organisation else "",
            row.get_state_display(),
            row.clock.due_on if row.clock else "",
            row.reason,
        ]
