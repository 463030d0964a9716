"""What follows when a project is completed: the day, and its two accounts (两算)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.building import Acceptance
from gis_projects.library.models.libraries import PROJECT_PATHS
from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped


class Completion(Scoped, models.Model):
    """The day on which a project was completed, by its acceptance or, of one from an older ledger, by a document.

    Only of a completed project; by an acceptance of the whole that passed, on its day, where there is one, and always
    where the start was registered. What one person took from a document is corrected by a later row with its
    ``reason``: the newest stands. What an acceptance says is not, as two persons concluded it (trigger
    ``library_completion_gate``). Only ever inserted (``library_completion_unchanged``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="completions")
    completed_on = models.DateField(_("竣工日期"))
    acceptance = models.OneToOneField(
        Acceptance, null=True, blank=True, on_delete=models.PROTECT, related_name="completion"
    )
    source = models.CharField(_("依据"), max_length=300)
    reason = models.CharField(_("更正理由"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(source__regex=r"\S"), name="library_completion_has_a_source"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.completed_on}"


class AccountKind(models.TextChoices):
    SETTLEMENT = "settlement", _("竣工结算")
    FINAL = "final", _("竣工财务决算")


class CompletionAccount(Scoped, models.Model):
    """One of the two accounts of a completed project: the settlement, and after it the final account. 元.

    Not before the completion, the final account not before the settlement, none in the future. A second row of a kind
    corrects the first and says its ``reason``: the newest stands (trigger ``library_account_gate``). Only ever inserted
    (``library_account_unchanged``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="completion_accounts")
    kind = models.CharField(_("两算类别"), max_length=10, choices=AccountKind)
    concluded_on = models.DateField(_("备案日期"))
    amount_yuan = models.DecimalField(_("审定金额（元）"), max_digits=18, decimal_places=2)
    number = models.CharField(_("文号"), max_length=120)
    reason = models.CharField(_("更正理由"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="library_account_kind"),
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_account_positive"),
            models.CheckConstraint(condition=Q(number__regex=r"\S"), name="library_account_has_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.kind}"
