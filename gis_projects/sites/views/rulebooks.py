"""The pages of rulebooks: versions in words, drafts, trials, and the way to publication."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects import exports
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.problems import too_large
from gis_projects.sentences import sentence
from gis_projects.sites import rulebook_presenting as presenting
from gis_projects.sites.actions import rulebooks as actions
from gis_projects.sites.models import RulebookPublication
from gis_projects.sites.queries import rulebooks as queries
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Severity, Verdict
from siting.models import RuleBook, RulebookDraft
from siting.rulebook import NoRulebook, in_force, parse
from siting.rulebook.content import as_toml, content_of

PAGE = 50
MAX_FILE_BYTES = 4 * 1024 * 1024


def _words(request: HttpRequest, name: str, length: int) -> str:
    return request.GET.get(name, "")[:length].replace("\0", "")


def _toml(text: str, filename: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_safe
def rulebooks(request: HttpRequest) -> HttpResponse:
    """Published versions, the one in force named, and drafts on their way."""
    user = cast(User, request.user)
    require(user, Permission.READ_SITES)
    rows = list(queries.rulebooks(user))
    today = timezone.localdate()
    in_force_now = set()
    for code in {row.code for row in rows}:
        try:
            in_force_now.add(in_force(code, today).id)
        except NoRulebook:
            continue
    return render(
        request,
        "sites/rulebooks.html",
        {
            "rulebooks": rows,
            "in_force": in_force_now,
            "today": today,
            "drafts": queries.drafts(user)[:PAGE],
            "edits": has(user, Permission.EDIT_RULES),
        },
    )


@login_required
@require_safe
def rulebook(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: each rule in words with its basis, dates and exemptions, and what differs from another version."""
    user = cast(User, request.user)
    row = queries.rulebook(user, pk)
    content = content_of(row)
    catalogue = queries.catalogue_of(user)
    others = [other for other in queries.rulebooks(user).filter(code=row.code) if other.pk != row.pk]
    wanted = _words(request, "compare", 12)
    other = next((each for each in others if str(each.pk) == wanted), None)
    words, severity = _words(request, "q", 100), _words(request, "severity", 1)
    rules = presenting.rule_rows(content, catalogue, timezone.localdate())
    shown = [rule for rule in rules if _matches(rule, words, severity)]
    return render(
        request,
        "sites/rulebook.html",
        {
            "rulebook": row,
            "rules": shown,
            "count": len(rules),
            "q": words,
            "severity": severity,
            "severities": list(Severity),
            "others": others,
            "other": other,
            "differences": presenting.comparison(content_of(other), content, catalogue) if other else [],
            "to_confirm": sum(rule["basis_status"] == "to-confirm" for rule in rules),
            "edits": has(user, Permission.EDIT_RULES),
        },
    )


def _matches(rule: dict[str, Any], words: str, severity: str) -> bool:
    text = " ".join(str(rule[name]) for name in ("code", "name", "layer", "layer_name", "basis", "authority"))
    return (not severity or rule["severity"] == severity) and all(word in text for word in words.split())


@login_required
@require_safe
def rulebook_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A version as a file (TOML)."""
    row = queries.rulebook(cast(User, request.user), pk)
    return _toml(as_toml(content_of(row), version=row.version), f"{row.code}-{row.version}.toml")


@login_required
@require_POST
def begin_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a draft from a version."""
    user = cast(User, request.user)
    draft = actions.begin_draft(by=user, rulebook=queries.rulebook(user, pk))
    return redirect("sites:rulebook-draft", pk=draft.pk)


@login_required
@require_safe
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft: the form for each rule for who may edit; for all, what it changes, its trials and its proposal."""
    user = cast(User, request.user)
    return _draft_page(request, user, queries.draft(user, pk), [])


def _draft_page(request: HttpRequest, user: User, row: RulebookDraft, faults: list[str]) -> HttpResponse:
    catalogue = queries.catalogue_of(user)
    against = _against(row)
    trial = queries.latest_trial(row)
    outdated = (
        [sentence(notice) for notice in queries.stale_for(user, trial, row)] if trial and row.is_open else []
    )
    waiting = queries.waiting(row)
    return render(
        request,
        "sites/rulebook_draft.html",
        {
            "draft": row,
            "faults": faults,
            "against": against,
            "differences": presenting.comparison(content_of(against), row.content, catalogue)
            if against
            else [],
            "trial": trial,
            "trials": row.trials.order_by("-pk")[:20],
            "job": queries.job_of(trial) if trial else None,
            "outdated": outdated,
            "waiting": waiting,
            "publications": row.publications.select_related("proposer", "approver")[:20],
            "revisions": row.revisions.select_related("saved_by").defer("content")[:20],
            "acts": {
                "edit": row.is_open and has(user, Permission.EDIT_RULES),
                "approve": waiting is not None
                and has(user, Permission.PUBLISH_RULES)
                and user.pk not in {waiting.proposer_id, *queries.writers(row)},
                "own": waiting is not None and user.pk == waiting.proposer_id,
                "wrote": waiting is not None
                and has(user, Permission.PUBLISH_RULES)
                and user.pk in queries.writers(row),
            },
            "content": row.content,
            "editor": presenting.editor_data(catalogue),
        },
        status=400 if faults else 200,
    )


def _against(row: RulebookDraft) -> RuleBook | None:
    """What a draft is compared with: the newest version of its code beside itself."""
    versions = RuleBook.objects.filter(code=row.code).order_by("-version")
    return versions.exclude(pk=row.published_as_id).first() if row.published_as_id else versions.first()


@login_required
@require_safe
def draft_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft as a file (TOML)."""
    row = queries.draft(cast(User, request.user), pk)
    return _toml(as_toml(row.content), f"{row.code}-draft-{row.revision}.toml")


def _done(request: HttpRequest, row: RulebookDraft, act: Callable[[], object], told: str) -> HttpResponse:
    """Do something to a draft; what is refused is said on its page."""
    try:
        act()
    except UnusableInput as refusal:
        return _draft_page(
            request,
            cast(User, request.user),
            queries.draft(cast(User, request.user), row.pk),
            [sentence(notice) for notice in refusal.notices],
        )
    except actions.DraftMoved as moved:
        said = _("草案现为第 %(now)s 次修改，请看过后再操作。") % {"now": moved.draft.revision}
        return _draft_page(request, cast(User, request.user), moved.draft, [said])
    messages.success(request, told)
    return redirect("sites:rulebook-draft", pk=row.pk)


def _based_on(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isdigit() and len(text) < 9 else 0


def _given(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "")[: actions.REASON_LENGTH].replace("\0", "")


@login_required
@require_POST
def import_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file's content as the draft's next revision."""
    user = cast(User, request.user)
    row = queries.draft(user, pk, Permission.EDIT_RULES)
    file = request.FILES.get("file")
    if file is not None and (file.size or 0) > MAX_FILE_BYTES:
        return too_large(request, MAX_FILE_BYTES // 1024**2)

    def act() -> None:
        content = parse(file.read() if file else b"")
        actions.save_draft(by=user, draft=row, content=content, based_on=_based_on(request))

    return _done(request, row, act, _("已导入。"))


@login_required
@require_POST
def try_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Try the draft against all live sites."""
    user = cast(User, request.user)
    row = queries.draft(user, pk, Permission.EDIT_RULES)
    try:
        trial = actions.try_draft(by=user, draft=row)
    except UnusableInput as refusal:
        return _draft_page(request, user, row, [sentence(notice) for notice in refusal.notices])
    return redirect("sites:rulebook-trial", pk=trial.pk)


@login_required
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose the draft for publication."""
    user = cast(User, request.user)
    row = queries.draft(user, pk, Permission.EDIT_RULES)
    return _done(
        request,
        row,
        lambda: actions.propose(
            by=user,
            draft=row,
            based_on=_based_on(request),
            trial=queries.latest_trial(row),
            reason=_given(request, "reason"),
        ),
        _("已申请发布，等待另一人批准。"),
    )


@login_required
@require_POST
def discard_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the draft up."""
    user = cast(User, request.user)
    row = queries.draft(user, pk, Permission.EDIT_RULES)
    return _done(request, row, lambda: actions.discard_draft(by=user, draft=row), _("草案已作废。"))


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish what another person proposed, or send it back."""
    user = cast(User, request.user)
    publication: RulebookPublication = queries.publication(user, pk, Permission.PUBLISH_RULES)
    words = _given(request, "words")
    if request.POST.get("step") == "refuse":
        return _done(
            request,
            publication.draft,
            lambda: actions.refuse(by=user, publication=publication, words=words),
            _("已退回。"),
        )
    return _done(
        request,
        publication.draft,
        lambda: actions.approve(by=user, publication=publication, words=words),
        _("已发布。"),
    )


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own proposal back."""
    user = cast(User, request.user)
    publication = queries.publication(user, pk, Permission.EDIT_RULES)
    return _done(
        request,
        publication.draft,
        lambda: actions.withdraw(by=user, publication=publication),
        _("已撤回申请。"),
    )


@login_required
@require_safe
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """A trial: how far it is, which verdicts would change and why, as a list with filter and export."""
    user = cast(User, request.user)
    row = queries.trial(user, pk)
    chosen = queries.TriedFilter(
        change=change if (change := _words(request, "change", 10)) in queries.CHANGES else "changed",
        after=after if (after := _words(request, "after", 20)) in set(Verdict) else "",
        rule=_words(request, "rule", 60),
        q=_words(request, "q", 100),
    )
    names = presenting.rule_names(content_of(row.against), row.content)
    rows = queries.tried(user, row, chosen)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(
            _("规则库草案试算"),
            presenting.tried_columns(),
            presenting.tried_rows(rows, names),
            kind=str(kind),
        )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    filters = {name: value for name, value in vars(chosen).items() if value}
    tally = queries.tally(user, row)
    return render(
        request,
        "sites/rulebook_trial.html",
        {
            "trial": row,
            "draft": row.draft,
            "job": queries.job_of(row),
            "page": page,
            "sites": [presenting.sites_shown(each, names) for each in page.object_list],
            "wanted": chosen,
            "changes": presenting.change_choices(),
            "verdicts": list(Verdict),
            "rules": queries.causes(user, row, names),
            "matrix": presenting.matrix(tally),
            "tried": sum(tally.values()),
            "changed": sum(sites for (before, after), sites in tally.items() if before != after),
            "problems": queries.problems(user, row),
            "export_query": urlencode(filters) + "&" if filters else "",
            "outdated": [sentence(notice) for notice in queries.stale_for(user, row, row.draft)]
            if row.finished_at and row.draft.is_open
            else [],
        },
    )
