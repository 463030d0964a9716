"""What the addresses of the map, the sites, the layers and the public pages ask; newer rooms keep theirs beside their
``ADDRESSES``.
"""

from __future__ import annotations

from gis_projects.people.roles import Permission
from tests.api.addresses.policy import OPEN, SECRET, Policy

P = Permission


def projects(permission: Permission, reading: Permission | None = P.READ_SITES) -> Policy:
    return Policy(permission, "project", reading=reading if reading is not permission else None)


LAYER = Policy(P.READ_LAYERS)
SECRET_LAYER = Policy(P.READ_LAYERS, unless=SECRET)
LAYERS = [LAYER, SECRET_LAYER]
EXPORT = Policy(P.EXPORT_LAYERS)
READ = projects(P.READ_SITES)
EDIT = projects(P.EDIT_SITES)
CHECK = projects(P.RUN_CHECKS)
SECRET_SITE = Policy(P.READ_SITES, "project", unless=SECRET)
SITES = Policy(P.READ_SITES)
#: A version that waits for a second person: told to those who bring and those who approve.
BROUGHT = frozenset({P.UPLOAD_LAYERS, P.PUBLISH_LAYERS})
WAITING = Policy(P.READ_LAYERS, unless=BROUGHT)
APPROVE = Policy(P.PUBLISH_LAYERS, reading=P.READ_LAYERS, unless=BROUGHT)

POLICY: dict[str, Policy | list[Policy]] = {
    # platform
    "health": OPEN,
    "set_language": OPEN,
    "api": OPEN,
    "schema": OPEN,
    "people:login": OPEN,
    "people:password": OPEN,
    "people:logout": OPEN,
    "people:tokens": LAYER,
    "people:revoke-token": OPEN,
    # library
    "library:projects": Policy(P.READ_PROJECTS),
    "library:project": [
        Policy(P.READ_PROJECTS, "project"),
        Policy(P.READ_PROJECTS, "project", unless=SECRET),
        Policy(P.READ_PROJECTS, personal=True),
    ],
    "library-api:projects": [Policy(P.READ_PROJECTS), Policy(P.EDIT_PROJECTS)],
    "library-api:projects-map": Policy(P.READ_PROJECTS),
    "library-api:projects-counts": Policy(P.READ_PROJECTS),
    "library-api:projects-days": Policy(P.READ_PROJECTS),
    "library-api:project": [
        Policy(P.READ_PROJECTS, "project"),
        Policy(P.READ_PROJECTS, "project", unless=SECRET),
        Policy({P.EDIT_PROJECTS, P.MANAGE_BUDGET}, "project", reading=P.READ_PROJECTS),
    ],
    "reporting:statistics": Policy(P.READ_STATISTICS),
    # sites
    "sites:edit": EDIT,
    "sites:versions": READ,
    "sites:checks": SITES,
    "sites:key": OPEN,
    "sites:check": READ,
    "sites:report": READ,
    "sites:report-word": READ,
    "sites:findings-file": READ,
    "sites:red-line": READ,
    "sites:siting-report": [READ, EDIT, SECRET_SITE],
    "sites:siting-report-file": [READ, READ, READ, SECRET_SITE],
    "sites:keys": OPEN,
    "sites:verify": OPEN,
    "sites:verify-digest": OPEN,
    "sites:evidence": READ,
    "sites:coordinates": READ,
    "sites:boundary-file": READ,
    "sites:original": READ,
    "sites-api:boundaries-read": Policy(P.RUN_CHECKS),
    "sites-api:boundaries-edit": Policy(P.RUN_CHECKS),
    "sites-api:checks-avoid": Policy(P.RUN_CHECKS),
    "sites-api:checks-shift": Policy(P.RUN_CHECKS),
    "sites-api:project-neighbours": [READ, CHECK],
    "sites-api:site-version": READ,
    "sites-api:checks-preview": Policy(P.RUN_CHECKS),
    "sites-api:site-versions": EDIT,
    "sites-api:site-version-checks": CHECK,
    "sites-api:check": READ,
    "sites-api:rulebook": SITES,
    "sites:alternatives": READ,
    "sites:suggestions": READ,
    "sites-api:alternatives": [READ, EDIT],
    "sites-api:alternatives-recheck": CHECK,
    "sites-api:alternatives-weights": EDIT,
    "sites-api:alternatives-choice": EDIT,
    "sites-api:alternative": [READ, EDIT, EDIT],
    "sites-api:suggestions": [READ, EDIT],
    "sites-api:suggestion": READ,
    "sites-api:suggestion-stop": EDIT,
    "sites:reviews": SITES,
    "sites:review": READ,
    "sites:review-attachment": READ,
    "sites:sign-off": READ,
    "sites-api:reviews": SITES,
    "sites-api:review": READ,
    "sites-api:review-marks": [READ, projects(P.REVIEW_CHECKS), EDIT],
    "sites-api:review-attachments": READ,
    "sites-api:review-assignment": projects(P.REVIEW_CHECKS),
    "sites-api:review-sign-off": projects(P.SIGN_CHECKS),
    "sites-api:review-withdrawal": READ,
    "sites-api:review-verification": READ,
    "sites:rulebooks": SITES,
    "sites:rulebook": SITES,
    "sites:rulebook-file": SITES,
    "sites:rulebook-begin-draft": Policy(P.EDIT_RULES, reading=P.READ_SITES),
    "sites:rulebook-draft": SITES,
    "sites:rulebook-draft-file": SITES,
    "sites:rulebook-draft-import": Policy(P.EDIT_RULES, reading=P.READ_SITES),
    "sites:rulebook-draft-try": Policy(P.EDIT_RULES, reading=P.READ_SITES),
    "sites:rulebook-draft-propose": Policy(P.EDIT_RULES, reading=P.READ_SITES),
    "sites:rulebook-draft-discard": Policy(P.EDIT_RULES, reading=P.READ_SITES),
    "sites:rulebook-decide": Policy(P.PUBLISH_RULES, reading=P.READ_SITES),
    "sites:rulebook-withdraw": Policy(P.EDIT_RULES, reading=P.READ_SITES),
    "sites:rulebook-trial": SITES,
    "sites-api:rulebook-draft": [SITES, Policy(P.EDIT_RULES, reading=P.READ_SITES)],
    "sites-api:rulebook-trial": SITES,
    # the map and the layers
    "atlas:map": LAYER,
    "atlas:layers": LAYER,
    "atlas:tile": [LAYER, SECRET_LAYER, SECRET_LAYER, LAYER],
    "atlas:picture": [LAYER, SECRET_LAYER, LAYER],
    "atlas:tile-permission": [LAYER, SECRET_LAYER, SECRET_LAYER, LAYER],
    "atlas:layer": LAYERS,
    "atlas:layer-edit": [
        Policy(P.PUBLISH_LAYERS, reading=P.READ_LAYERS),
        Policy(P.PUBLISH_LAYERS, reading=P.READ_LAYERS, unless=SECRET),
    ],
    "atlas:bundle": [LAYER, SECRET_LAYER, LAYER],
    "atlas-api:print": LAYERS,
    "atlas-api:search": LAYER,
    "atlas-api:feature": LAYERS,
    "atlas:differences": [LAYER, SECRET_LAYER, LAYER],
    "atlas:differences-tile": LAYERS,
    "atlas-api:differences": LAYERS,
    "atlas-api:differences-rows": LAYERS,
    "atlas-api:differences-flow": LAYERS,
    "atlas-api:layers": LAYER,
    "atlas-api:identify": LAYER,
    "atlas-api:identify-one": LAYERS,
    "atlas-api:sites": SITES,
    "atlas-api:snap": LAYER,
    "atlas:uploads": Policy({P.UPLOAD_LAYERS, P.PUBLISH_LAYERS}),
    "atlas:upload": Policy(P.UPLOAD_LAYERS, personal=True),
    "atlas:jobs": LAYER,
    "atlas:version": [LAYER, SECRET_LAYER, WAITING, WAITING],
    "atlas:version-quality": [LAYER, SECRET_LAYER, WAITING, LAYER],
    "atlas-api:uploads": Policy(P.UPLOAD_LAYERS),
    "atlas-api:upload": Policy(P.UPLOAD_LAYERS, personal=True),
    "atlas-api:upload-answers": Policy(P.UPLOAD_LAYERS, personal=True),
    "atlas-api:upload-retry": Policy(P.UPLOAD_LAYERS, personal=True),
    "atlas-api:jobs": LAYER,
    "atlas-api:versions": [LAYER, LAYER, SECRET_LAYER],
    "atlas-api:version": [LAYER, SECRET_LAYER, WAITING],
    "atlas-api:version-findings": [LAYER, LAYER, SECRET_LAYER, WAITING],
    "atlas-api:version-send-back": WAITING,
    "atlas-api:version-withdraw": [Policy(BROUGHT), Policy(P.READ_LAYERS, unless=BROUGHT)],
    "atlas-api:version-publish": APPROVE,
    "atlas:features": [LAYER, LAYER, SECRET_LAYER],
    "atlas:export": EXPORT,
    "atlas:exports": EXPORT,
    "atlas:export-file": EXPORT,
    "atlas-api:features": [LAYER, SECRET_LAYER, LAYER],
    "atlas-api:exports": EXPORT,
    "atlas-api:export": EXPORT,
    "ogc:landing": LAYER,
    "ogc:api": LAYER,
    "ogc:conformance": LAYER,
    "ogc:collections": LAYER,
    "ogc:matrix-sets": LAYER,
    "ogc:matrix-set": LAYER,
    "ogc:collection": LAYERS,
    "ogc:queryables": LAYERS,
    "ogc:items": LAYERS,
    "ogc:item": LAYERS,
    "ogc:tilejson": LAYERS,
    "ogc:tilesets": LAYERS,
    "ogc:tileset": LAYERS,
    "ogc:tile": LAYERS,
    # the public side
    "disclosure:map": OPEN,
    "disclosure:projects": OPEN,
    "disclosure:table": OPEN,
    "disclosure:outlines": OPEN,
    "disclosure:project": OPEN,
    "publishing:project": Policy({P.EDIT_PROJECTS, P.DISCLOSE_PROJECTS}, "project", reading=P.READ_PROJECTS),
    # notices, re-validation and comparisons
    "sites:revalidation": [SITES, Policy(P.REVIEW_CHECKS)],
    "sites:coverage": SITES,
    "sites:revalidation-run": SITES,
    "sites-api:revalidation": SITES,
    "sites:comparisons": [LAYER, Policy(P.COMPARE_PLANS)],
    "sites:comparison": LAYERS,
    "sites:comparison-export": [LAYER, EXPORT, SECRET_LAYER, LAYER],
    "sites:comparison-tile": LAYERS,
    "sites:crosswalks": [LAYER, Policy(P.COMPARE_PLANS)],
    "sites-api:comparisons": [
        LAYER,
        Policy(P.COMPARE_PLANS),
        Policy(P.COMPARE_PLANS, unless=SECRET),
    ],
    "sites-api:comparison": LAYERS,
    "sites-api:comparison-patches": LAYERS,
    "sites-api:comparison-patch": LAYERS,
    "sites-api:comparison-handling": [
        Policy(P.SETTLE_CONFLICTS, reading=P.READ_LAYERS),
        Policy(P.SETTLE_CONFLICTS, reading=P.READ_LAYERS, unless=SECRET),
    ],
    "sites-api:comparison-run": SECRET_LAYER,
    "sites-api:crosswalks": LAYER,
}
