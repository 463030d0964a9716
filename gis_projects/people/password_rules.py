"""What a password may be, besides what Django's own rules say: the settings name these."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import PasswordRecord, User


class NotTheUserName:
    """A password is not the user name and doesn't contain it."""

    def validate(self, password: str, user: User | None = None) -> None:
        name = (user.username if user else "").lower()
        given = password.lower()
        # a name of two or three letters is in many a password by chance
        if name and (given == name or (len(name) > 3 and name in given)):
            raise ValidationError(_("密码不能包含用户名。"), code="password_is_user_name")

    def get_help_text(self) -> str:
        return _("密码不能包含用户名。")


class NotOneOfTheLast:
    """A password isn't one of the last few that this person had; each new one is noted by its hash."""

    def __init__(self, keep: int = 5) -> None:
        self.keep = keep

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None:
            return
        rows = PasswordRecord.objects.filter(user=user).order_by("-set_at", "-pk")[: self.keep]
        kept = list(rows.values_list("password", flat=True))
        now = User.objects.filter(pk=user.pk).values_list("password", flat=True).first()
        if now and now not in kept:  # one from before passwords were noted
            kept = [now, *kept][: self.keep]
        if any(check_password(password, each) for each in kept):
            raise ValidationError(
                _("不能使用最近 %(number)d 次用过的密码。"),
                params={"number": self.keep},
                code="password_used",
            )

    def password_changed(self, password: str, user: User | None = None) -> None:
        """Django calls this whenever a new password was saved."""
        if user is None or user.pk is None or not user.has_usable_password():
            return
        PasswordRecord.objects.create(user=user, password=user.password)
        old = PasswordRecord.objects.filter(user=user).order_by("-set_at", "-pk")[self.keep :]
        PasswordRecord.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
        user.password_changed_at = timezone.now()
        User.objects.filter(pk=user.pk).update(password_changed_at=user.password_changed_at)

    def get_help_text(self) -> str:
        return _("不能使用最近 %(number)d 次用过的密码。") % {"number": self.keep}


def overdue(user: User) -> bool:
    """Whether a password is so old that it has to be changed before it lets anybody in."""
    if not settings.PASSWORD_MAX_DAYS:
        return False
    since = user.password_changed_at
    return since is None or since < timezone.now() - timedelta(days=settings.PASSWORD_MAX_DAYS)
