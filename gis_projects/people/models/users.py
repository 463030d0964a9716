"""Who works here, for which region and which organisation, and in which roles."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models.organisations import Organisation
from gis_projects.people.models.regions import Region
from gis_projects.people.roles import Permission, Role


class User(AbstractUser):
    """A person with an account.

    What they may do stands in ``roles`` and nowhere else (`gis_projects.people.permissions`): Django's
    groups, user permissions and ``is_superuser`` open no door here. They reach the objects of ``region``
    and of every division below it, and those of ``organisation`` wherever they are.
    """

    full_name = models.CharField(_("姓名"), max_length=60, blank=True)
    region = models.ForeignKey(
        Region,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        verbose_name=_("所属区划"),
    )
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        verbose_name=_("所属单位"),
    )
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices()), default=list, blank=True)

    #: When this password was chosen; None: before that was kept.
    password_changed_at = models.DateTimeField(null=True, blank=True)
    #: The last day on which anything is lent to this person: who borrows nothing costs no question for it.
    borrows_until = models.DateField(null=True, blank=True)
    #: Who this is to the identity provider (issuer and subject), bound at the first sign-in through it.
    external_subject = models.CharField(max_length=255, blank=True)

    #: Set on the user of a request that came with a token: nothing but these is allowed to it.
    limited_to: frozenset[Permission] | None = None
    #: Who lends this person what today, once it was asked (`permissions`).
    borrowed_now: list[tuple[User, frozenset[Permission]]] | None = None
    #: In whose name, besides their own, this person acted in this request: `trail` writes it into each step.
    acted_for: frozenset[str] = frozenset()

    class Meta:
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(roles__contained_by=[str(role) for role in Role]), name="people_user_roles_known"
            ),
            models.UniqueConstraint(
                fields=["external_subject"],
                condition=~Q(external_subject=""),
                name="people_user_one_per_subject",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name or super().get_full_name()
