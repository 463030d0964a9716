"""Which databases a project is in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library import databases
from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped, ScopePaths

#: A membership that is no database: government investment, which the one map shows beside the key, planned and reserve
#: projects.
GOVERNMENT = "government"
KINDS = (GOVERNMENT, *databases.project_databases())


def _known(field: str) -> Q:
    """Every kind goes with the parts (stages) that its database has, or with none."""
    allowed = Q(**{field: ""})
    for code, database in databases.project_databases().items():
        terms = [term.code for term in (database.parts if field == "part" else database.stages)]
        if terms:
            allowed |= Q(**{"kind": code, f"{field}__in": terms})
    return allowed


class Membership(Scoped, models.Model):
    """A project is in a database (`databases.project_databases`), or is one of government investment.

    It may be in several, and in several parts of one (an overall and a special plan), each time once. ``part`` is empty
    where a database has none or it isn't known yet; ``stage`` is how far the project has come in it. The kinds that the
    one map tells apart (`ProjectKind`) are these very rows, so a toggle's number is its database's.
    """

    SCOPE = ScopePaths(
        region="project__region_id",
        organisation="project__organisation_id",
        project="project_id",
        secrecy="project__secrecy",
    )

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    kind = models.CharField(_("数据库"), max_length=20)
    part = models.CharField(_("分类"), max_length=20, blank=True)
    stage = models.CharField(_("环节"), max_length=20, blank=True)
    since = models.DateField(_("列入日期"), default=timezone.localdate)

    class Meta:
        ordering = ["project_id", "kind", "part"]
        indexes = [models.Index(fields=["kind", "project"], name="library_membership_by_kind")]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "part"], name="library_one_membership_per_part"
            ),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="library_membership_kind_known"),
            models.CheckConstraint(condition=_known("part"), name="library_membership_part_known"),
            models.CheckConstraint(condition=_known("stage"), name="library_membership_stage_known"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.kind}"
