"""The editor of the portal's articles: list, draft, preview as the public sees it, publishing by a second person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports, files
from gis_projects.disclosure import article_fields
from gis_projects.disclosure.models import ArticleKind
from gis_projects.disclosure.views import articles as public
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, require
from gis_projects.publishing import article_content
from gis_projects.publishing.actions import articles as actions
from gis_projects.publishing.article_forms import ArticleForm
from gis_projects.publishing.models import UNDER_WAY, Article, ArticleVersion, VersionState
from gis_projects.publishing.queries import articles as queries
from gis_projects.sentences import sentence
from siting.engine.notices import UnusableInput

PAGE = 50


@login_required
@require_safe
def articles(request: HttpRequest) -> HttpResponse:
    """The articles within reach, each with its newest version."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_PORTAL)
    wanted = queries.Wanted(
        kind=_known(request, "kind", ArticleKind.values),
        state=_known(request, "state", VersionState.values),
        region=request.GET.get("region", "")[:12],
        q=request.GET.get("q", "")[:100].replace("\0", ""),
    )
    rows = queries.latest(user, wanted)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("门户内容"), _columns(), _rows(rows), kind=str(kind))
    filters = {name: value for name, value in vars(wanted).items() if value}
    return render(
        request,
        "publishing/articles.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "kinds": ArticleKind.choices,
            "states": VersionState.choices,
            "regions": queries.regions(user),
            "wanted": wanted,
            "filters": filters,
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Begin an article of a kind; a contact may begin with what a department's own record says (``from``)."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_PORTAL)
    if kind not in ArticleKind.values:
        raise Http404
    form = ArticleForm(
        kind, user, request.POST if request.method == "POST" else None, initial=_prefilled(request, kind)
    )
    if request.method == "POST" and form.is_valid():
        try:
            version = actions.draft_article(
                by=user,
                kind=kind,
                region=form.cleaned_data["region"],
                about=form.about(),
                content=form.content(),
            )
        except ValidationError as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("草稿已保存。"))
            return redirect("publishing:article", version.article_id)
    return render(
        request,
        "publishing/article_form.html",
        {"form": form, "kind": kind, "kind_label": ArticleKind(kind).label, "version": None},
        status=400 if form.errors else 200,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a draft anew."""
    user = cast(User, request.user)
    article = queries.article(user, pk)
    version = article.versions.filter(state=VersionState.DRAFT).select_related("organisation").first()
    if version is None:
        raise Http404
    form = ArticleForm(
        article.kind,
        user,
        request.POST if request.method == "POST" else None,
        initial=ArticleForm.of(version),
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.revise_article(by=user, version=version, content=form.content())
        except ValidationError as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("草稿已保存。"))
            return redirect("publishing:article", pk)
    return render(
        request,
        "publishing/article_form.html",
        {"form": form, "kind": article.kind, "kind_label": article.get_kind_display(), "version": version},
        status=400 if form.errors else 200,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """One article: its versions, and the steps that can be taken."""
    user = cast(User, request.user)
    row = queries.article(user, pk)
    versions = queries.versions(row)
    status = 200
    if request.method == "POST":
        step = _STEPS.get(request.POST.get("step", ""))
        if step is None:
            raise Http404
        try:
            said = step(request, user, row, versions[0])
        except ValidationError as refused:
            for message in refused.messages:
                messages.error(request, message)
            status = 400
        except UnusableInput as refused:
            for notice in refused.notices:
                messages.error(request, sentence(notice))
            status = 400
        else:
            messages.success(request, said)
            return redirect("publishing:article", pk)
        row = queries.article(user, pk)
        versions = queries.versions(row)
    latest = versions[0]
    return render(
        request,
        "publishing/article.html",
        {
            "article": row,
            "latest": latest,
            "versions": versions,
            "shown": next((one for one in versions if one.state == VersionState.SHOWN), None),
            "facts": article_fields.said(row.kind, latest.facts),
            "under_way": latest.state in UNDER_WAY,
            "own": latest.written_by_id == user.pk,
            "seen": article_content.digest(latest),
            "suspicious": article_content.suspicious(latest) if latest.state in UNDER_WAY else [],
            "endings": ",".join(files.ENDINGS),
        },
        status=status,
    )


@login_required
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The public's own page of the newest version as it would be."""
    user = cast(User, request.user)
    version = queries.versions(queries.article(user, pk))[0]
    row, attached = article_content.would_be(version)
    return render(request, "disclosure/article.html", {**public.shown(row, attached), "preview": True})


@login_required
@require_safe
def contacts(request: HttpRequest) -> HttpResponse:
    """Departments with what their own record says, to choose contacts from."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_PORTAL)
    words = request.GET.get("q", "")[:100].replace("\0", "")
    rows = queries.departments().prefetch_related("internal_units")
    for word in words.split():
        rows = rows.filter(name__icontains=word)
    return render(
        request,
        "publishing/contacts.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "q": words,
            "filters": {"q": words} if words else {},
        },
    )


def _attach(request: HttpRequest, user: User, row: Article, version: ArticleVersion) -> str:
    upload = request.FILES.get("file")
    if upload is None:
        raise ValidationError(_("请选择文件。"))
    actions.attach_to_article(by=user, version=version, name=upload.name or "", content=upload.read())
    return _("附件已上传，其中的作者等属性已清除。")


def _detach(request: HttpRequest, user: User, row: Article, version: ArticleVersion) -> str:
    key = request.POST.get("attachment", "")
    attachment = get_object_or_404(version.attachments, pk=int(key) if key.isdecimal() else 0)
    actions.detach_from_article(by=user, attachment=attachment)
    return _("附件已删除。")


def _submit(request: HttpRequest, user: User, row: Article, version: ArticleVersion) -> str:
    actions.submit_article(by=user, version=version)
    return _("已提交，须由另一人发布。")


def _return(request: HttpRequest, user: User, row: Article, version: ArticleVersion) -> str:
    actions.return_article(by=user, version=version, reason=request.POST.get("reason", ""))
    return _("已退回为草稿。")


def _drop(request: HttpRequest, user: User, row: Article, version: ArticleVersion) -> str:
    actions.drop_article(by=user, version=version)
    return _("该版本已作废。")


def _publish(request: HttpRequest, user: User, row: Article, version: ArticleVersion) -> str:
    done = actions.publish_article(
        by=user,
        version=version,
        seen=request.POST.get("seen", ""),
        knowingly=request.POST.get("knowingly") == "1",
    )
    return _("已排期，到时自动公开。") if done.state == VersionState.SCHEDULED else _("已公开。")


def _correct(request: HttpRequest, user: User, row: Article, version: ArticleVersion) -> str:
    actions.correct_article(by=user, article=row)
    return _("已起草更正的版本；公布之前，公众看到的仍是原来的内容。")


def _withdraw(request: HttpRequest, user: User, row: Article, version: ArticleVersion) -> str:
    actions.withdraw_article(by=user, article=row, reason=request.POST.get("reason", ""))
    return _("已撤回。")


_STEPS: dict[str, Callable[[HttpRequest, User, Article, ArticleVersion], str]] = {
    "attach": _attach,
    "detach": _detach,
    "submit": _submit,
    "return": _return,
    "drop": _drop,
    "publish": _publish,
    "correct": _correct,
    "withdraw": _withdraw,
}


def _prefilled(request: HttpRequest, kind: str) -> dict[str, Any]:
    """What a department's own record says, for a contact."""
    key = request.GET.get("from", "")
    if kind != ArticleKind.CONTACT or not (key.isascii() and key.isdecimal() and len(key) < 12):
        return {}
    unit: Organisation | None = queries.departments().filter(pk=int(key)).first()
    if unit is None:
        return {}
    return {
        "organisation": unit.pk,
        "region": unit.region_id,
        "title": request.GET.get("office", "")[:60],
        "fact_person": unit.contact,
        "fact_telephone": unit.phone,
        "fact_address": unit.address,
    }


def _known(request: HttpRequest, name: str, known: Any) -> str:
    value = request.GET.get(name, "")
    return value if value in known else ""


def _columns() -> list[str]:
    return [
        _("类别"),
        _("标题"),
        _("适用地区"),
        _("责任部门"),
        _("状态"),
        _("版本"),
        _("撰写人"),
        _("发布人"),
        _("公开至"),
    ]


def _rows(rows: Any) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=500):
        yield [
            row.article.get_kind_display(),
            row.title,
            row.article.region.name,
            row.organisation.name if row.organisation else "",
            row.get_state_display(),
            row.number,
            str(row.written_by),
            str(row.approved_by or ""),
            row.until or "",
        ]
