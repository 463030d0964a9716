"""What departments say: opinions, the signatures that put them in force, and the conditions that they set."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.consultations import Escalation
from gis_projects.argument.models.tasks import Task, Verdict
from gis_projects.argument.workflow import OPINION_MOVES
from gis_projects.people.models import Organisation


class OpinionState(models.TextChoices):
    """Where an opinion stands in its department; the three ends are those of the three modes."""

    DRAFT = "draft", _("拟稿")
    APPROVING = "approving", _("审签中")
    APPROVED = "approved", _("已审批")
    VERIFIED = "verified", _("已核准")
    FILED = "filed", _("已备案")
    SENT_BACK = "sent_back", _("退回拟稿")
    DROPPED = "dropped", _("已作废")


class Opinion(models.Model):
    """One version of a department's opinion (部门意见).

    ``fields`` holds what the routing table asks for each item: text, and numbers as text with all their digits.
    From the moment that it is handed in nothing but ``state`` and ``effective_at`` ever changes (trigger
    ``argument_opinion_fixed``), and ``state`` only as `argument.workflow.OPINION_MOVES` says; another word is another
    version. The newest version in force stands.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="opinions")
    version = models.PositiveSmallIntegerField(_("版本"))
    verdict = models.CharField(_("意见"), max_length=12, choices=Verdict)
    text = models.TextField(_("意见内容"), blank=True)
    fields = models.JSONField(default=dict)
    conditions_asked = models.JSONField(default=list)
    state = models.CharField(_("状态"), max_length=10, choices=OpinionState, default=OpinionState.DRAFT)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(_("拟稿时间"), default=timezone.now)
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    effective_at = models.DateTimeField(_("生效时间"), null=True, blank=True)

    class Meta:
        ordering = ["task_id", "version"]
        constraints = [
            models.UniqueConstraint(fields=["task", "version"], name="argument_opinion_versions"),
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(state__in=["draft", "approving"]),
                name="argument_one_opinion_under_way",
            ),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="argument_opinion_verdict"),
            models.CheckConstraint(condition=Q(state__in=list(OPINION_MOVES)), name="argument_opinion_state"),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "verified", "filed"], effective_at__isnull=False)
                | (~Q(state__in=["approved", "verified", "filed"]) & Q(effective_at=None)),
                name="argument_opinion_in_force_since",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "dropped"]) | Q(submitted_at__isnull=False),
                name="argument_opinion_handed_in",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "dropped"])
                | ~Q(verdict__in=["object", "return"])
                | Q(text__regex=r"\S"),
                name="argument_opinion_has_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"opinion {self.task_id}.{self.version}: {self.verdict}"


class Approval(models.Model):
    """One level's signature under an opinion, or its being sent back.

    ``drafted_by`` repeats the opinion's (trigger ``argument_approval_in_order`` holds it against the opinion), so that
    the database itself refuses a signature by who drafted; one person signs one level, and levels come one after the
    other up to the chain's last. Rows are only ever inserted (trigger ``argument_approval_append_only``).
    """

    opinion = models.ForeignKey(Opinion, on_delete=models.PROTECT, related_name="approvals")
    level = models.PositiveSmallIntegerField(_("层级"))
    agreed = models.BooleanField(default=True)
    text = models.TextField(_("审签意见"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["opinion_id", "level"]
        constraints = [
            models.UniqueConstraint(fields=["opinion", "level"], name="argument_one_signature_a_level"),
            models.UniqueConstraint(fields=["opinion", "by"], name="argument_one_level_a_person"),
            models.CheckConstraint(
                condition=~Q(by=F("drafted_by")), name="argument_approval_by_a_second_person"
            ),
            models.CheckConstraint(
                condition=Q(agreed=True) | Q(text__regex=r"\S"), name="argument_sending_back_has_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"opinion {self.opinion_id} level {self.level}"


class ConditionState(models.TextChoices):
    OPEN = "open", _("待落实")
    CLAIMED = "claimed", _("待部门确认")
    MET = "met", _("已落实")
    LAPSED = "lapsed", _("已失效")


class Condition(models.Model):
    """Something that an opinion in force, or a superior's decision, demands (附加条件), tracked until whoever set it
    confirms it.

    ``task`` and ``organisation`` repeat whose it is: the opinion's task and its department, or the escalation's task
    and the superior (trigger ``argument_condition_whose``, which also keeps what is demanded as it was set). Its files
    lie beside ``argument.condition:<key>``. Whoever says that it is met doesn't confirm it. It lapses when what set it
    counts no more: the department's opinion is replaced by another or by a decision, the ground has changed.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="conditions")
    opinion = models.ForeignKey(
        Opinion, null=True, blank=True, on_delete=models.PROTECT, related_name="conditions"
    )
    escalation = models.ForeignKey(
        Escalation, null=True, blank=True, on_delete=models.PROTECT, related_name="conditions"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("提出单位")
    )
    position = models.PositiveSmallIntegerField()
    text = models.TextField(_("条件"))
    due_on = models.DateField(_("落实期限"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=ConditionState, default=ConditionState.OPEN)
    claim = models.TextField(_("落实情况"), blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["task_id", "opinion_id", "escalation_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["opinion", "position"], name="argument_condition_positions"),
            models.UniqueConstraint(
                fields=["escalation", "position"], name="argument_condition_of_decision_positions"
            ),
            models.CheckConstraint(
                condition=Q(opinion__isnull=False, escalation=None)
                | Q(opinion=None, escalation__isnull=False),
                name="argument_condition_of_one",
            ),
            models.CheckConstraint(condition=Q(text__regex=r"\S"), name="argument_condition_says_something"),
            models.CheckConstraint(
                condition=Q(state="met", confirmed_by__isnull=False, confirmed_at__isnull=False)
                | (~Q(state="met") & Q(confirmed_by=None, confirmed_at=None)),
                name="argument_condition_is_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["claimed", "met"])
                | Q(claimed_by__isnull=False, claimed_at__isnull=False),
                name="argument_condition_is_claimed",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("claimed_by")),
                name="argument_condition_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"condition {self.pk}: {self.state}"
