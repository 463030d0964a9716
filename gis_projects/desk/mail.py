"""Letters: written down in the transaction that tells, sent afterwards, each once.

A letter leaves the house, so it says less than the page: nothing by name of a confidential project, and nothing at all
of what its reader may no longer know.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.desk import wording
from gis_projects.desk.models import Mail, Notice, Preference
from gis_projects.desk.queries import notices, todo
from gis_projects.library.models import ProjectSecrecy

logger = logging.getLogger(__name__)

ATTEMPTS = 6
#: What of the to-dos stands in a digest.
LISTED = 20


def configured() -> bool:
    """Whether this installation sends mail at all."""
    return bool(settings.SENDS_MAIL)


def queue(told: Iterable[Notice]) -> int:
    """Write down the letters that people want of these notices (stored ones); returns how many."""
    if not configured():
        return 0
    rows = list(told)
    wanted = dict(
        Preference.objects.filter(user__in={row.user_id for row in rows})
        .exclude(user__email="")
        .values_list("user", "by_email")
    )
    letters = [
        Mail(user_id=row.user_id, notice=row) for row in rows if row.kind in wanted.get(row.user_id, [])
    ]
    return len(Mail.objects.bulk_create(letters, ignore_conflicts=True))


def queue_digests(week: str) -> int:
    """Write down one digest of a week for everybody who wants one; asked twice, still one."""
    if not configured():
        return 0
    wanted = Preference.objects.filter(weekly_digest=True, user__is_active=True).exclude(user__email="")
    there = set(Mail.objects.filter(week=week).values_list("user", flat=True))
    letters = [
        Mail(user_id=user, week=week) for user in wanted.values_list("user", flat=True) if user not in there
    ]
    return len(Mail.objects.bulk_create(letters, ignore_conflicts=True))


def waiting() -> bool:
    return Mail.objects.filter(sent_at=None, attempts__lt=ATTEMPTS, next_try_at__lte=timezone.now()).exists()


def send_waiting(*, limit: int = 200) -> int:
    """Send what waits, one letter per transaction; returns how many went out.

    A refusal is tried again after 2, 4, 8 … minutes, `ATTEMPTS` times in all. A letter whose sender dies between the
    server's word and ours may go out twice, under the same Message-ID.
    """
    sent = 0
    for _number in range(limit):
        with transaction.atomic():
            letter = (
                Mail.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("user", "notice__project")
                .filter(sent_at=None, attempts__lt=ATTEMPTS, next_try_at__lte=timezone.now())
                .order_by("pk")
                .first()
            )
            if letter is None:
                return sent
            sent += _send(letter)
    return sent


def _send(letter: Mail) -> int:
    message = _message(letter)
    letter.attempts += 1
    if message is None:
        letter.attempts, letter.error = ATTEMPTS, "withheld"
        letter.save(update_fields=["attempts", "error"])
        return 0
    try:
        with get_connection() as connection:
            message.connection = connection
            message.send()
    except (SMTPException, OSError) as error:
        logger.warning("letter %s was refused: %s", letter.pk, error)
        letter.error = str(error)[:300]
        letter.next_try_at = timezone.now() + timedelta(minutes=2**letter.attempts)
        letter.save(update_fields=["attempts", "error", "next_try_at"])
        return 0
    letter.sent_at, letter.error = timezone.now(), ""
    letter.save(update_fields=["attempts", "sent_at", "error"])
    return 1


def _message(letter: Mail) -> EmailMessage | None:
    """The letter in words; None if its reader may no longer know of it."""
    user = letter.user
    if not (user.is_active and user.email):
        return None
    if letter.notice is not None:
        if not notices.notices(user).filter(pk=letter.notice.pk).exists():
            return None
        subject, text = str(letter.notice.get_kind_display()), _of_notice(letter.notice)
        key = f"notice-{letter.notice_id}"
    else:
        subject, text = _("每周待办摘要（%(week)s）") % {"week": letter.week}, _of_week(letter)
        key = f"week-{letter.week}-{user.pk}"
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return EmailMessage(
        subject=f"{_('包头市项目策划生成平台')} · {subject}",
        body=text,
        to=[user.email],
        headers={"Message-ID": f"<{key}@{domain}>", "Auto-Submitted": "auto-generated"},
    )


def _of_notice(notice: Notice) -> str:
    confidential = notice.project is not None and notice.project.secrecy == ProjectSecrecy.CONFIDENTIAL
    said = _("您有一条新通知，内容请登录平台查看。") if confidential else wording.sentence(notice)
    if notice.project is not None and not confidential:
        said = f"{notice.project.name}\n{said}"
    return f"{said}\n\n{settings.PUBLIC_ADDRESS}{reverse('desk:notices')}\n"


def _of_week(letter: Mail) -> str:
    rows = todo.todos(letter.user)
    open_ones = [
        row for row in rows if row.project is None or row.project.secrecy != ProjectSecrecy.CONFIDENTIAL
    ]
    lines = [
        _("待办%(total)s项，其中已逾期%(overdue)s项，即将到期%(soon)s项；未读通知%(unread)s条。")
        % {
            "total": len(rows),
            "overdue": sum(row.urgency == todo.Urgency.OVERDUE for row in rows),
            "soon": sum(row.urgency == todo.Urgency.SOON for row in rows),
            "unread": notices.unread(letter.user),
        },
        "",
    ]
    for row in open_ones[:LISTED]:
        due = row.waiting.due_on.isoformat() if row.waiting.due_on else "—"
        lines.append(f"{due}  {row.urgency.label}  {row.sentence}")
    return "\n".join([*lines, "", f"{settings.PUBLIC_ADDRESS}{reverse('desk:home')}", ""])
