"""A project's site, and the facts that rules ask of it."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library.models import Project
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.trail import actions as trail
from siting.models import Site


@transaction.atomic
def attach_site(*, by: User | None, project: Project, site: Site | None = None) -> Site:
    """Give a project its site: the one passed, or a new empty one. A project keeps the site it has."""
    project = locked(project)
    demand(by, Permission.EDIT_SITES, project)
    if project.site is not None:
        if site is not None and site.pk != project.site.pk:
            raise ValidationError(_("项目已有选址，不能改接另一个。"), code="has-site")
        return project.site
    if site is None:
        site = Site.objects.create(region_code=project.region_id, is_live=project.is_live)
    project.site = site
    project.save(update_fields=["site", "updated_at"])
    keep_live(project, site)
    trail.record(by=by, verb="library.attach_site", subject=subject(project), data={"site": site.pk})
    return site


@transaction.atomic
def state_facts(*, by: User | None, project: Project, facts: Mapping[str, str]) -> Site:
    """Write the answers to what rules ask of a project (its kind of work, how its land is granted) on its
    site.
    """
    project = locked(project)
    demand(by, Permission.EDIT_SITES, project)
    if project.site is None:
        raise ValidationError(_("项目还没有选址。"), code="no-site")
    site = Site.objects.select_for_update().get(pk=project.site.pk)
    after = {str(name): str(value) for name, value in facts.items() if value not in ("", None)}
    if site.facts != after:
        before, site.facts = site.facts, after
        site.save(update_fields=["facts"])
        trail.record(
            by=by,
            verb="library.state_facts",
            subject=subject(project),
            data={"before": before, "after": after},
        )
    return site


def keep_live(project: Project, site: Site) -> None:
    """A site is live for as long as its project is; the floor below knows no project."""
    if site.is_live != project.is_live:
        site.is_live = project.is_live
        site.save(update_fields=["is_live"])
