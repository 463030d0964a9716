"""What may be asked for, and which roles list it: the policy of the platform, as two tables.

Whose objects a permission reaches is another question: `gis_projects.people.permissions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import cast


class Permission(StrEnum):
    """Everything that needs to be asked. The values stay stable: they stand in the trail."""

    READ_PROJECTS = "read_projects"
    EDIT_PROJECTS = "edit_projects"
    RECORD_INVESTMENT = "record_investment"
    READ_STATISTICS = "read_statistics"
    APPLY_ADMISSION = "apply_admission"
    ADMIT_PROJECTS = "admit_projects"
    MANAGE_LIBRARIES = "manage_libraries"
    MANAGE_BUDGET = "manage_budget"
    READ_ARGUMENTS = "read_arguments"
    START_ARGUMENTS = "start_arguments"
    GIVE_OPINIONS = "give_opinions"
    APPROVE_OPINIONS = "approve_opinions"
    MANAGE_QUOTAS = "manage_quotas"
    HOLD_REVIEWS = "hold_reviews"
    REVIEW_AS_EXPERT = "review_as_expert"
    DELIVER_SERVICES = "deliver_services"
    HOLD_COMMITTEE = "hold_committee"
    INSTRUCT = "instruct"
    READ_SITES = "read_sites"
    EDIT_SITES = "edit_sites"
    RUN_CHECKS = "run_checks"
    REVIEW_CHECKS = "review_checks"
    SIGN_CHECKS = "sign_checks"
    EDIT_RULES = "edit_rules"
    PUBLISH_RULES = "publish_rules"
    COMPARE_PLANS = "compare_plans"
    SETTLE_CONFLICTS = "settle_conflicts"
    READ_LAYERS = "read_layers"
    UPLOAD_LAYERS = "upload_layers"
    PUBLISH_LAYERS = "publish_layers"
    EXPORT_LAYERS = "export_layers"
    DISCLOSE_PROJECTS = "disclose_projects"
    MANAGE_PORTAL = "manage_portal"
    ANSWER_PUBLIC = "answer_public"
    READ_CONFIDENTIAL = "read_confidential"
    READ_TRAIL = "read_trail"
    MANAGE_CALENDAR = "manage_calendar"
    MANAGE_UNIT = "manage_unit"
    MANAGE_ENGAGEMENTS = "manage_engagements"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_KEYS = "manage_keys"

    @staticmethod
    def choices() -> list[tuple[str, str]]:
        from django.utils.translation import gettext_lazy as _

        return cast(
            "list[tuple[str, str]]",
            [
                ("read_projects", _("查看项目")),
                ("edit_projects", _("编辑项目")),
                ("record_investment", _("填报投资完成")),
                ("read_statistics", _("查看统计")),
                ("apply_admission", _("申请入库")),
                ("admit_projects", _("审核入库")),
                ("manage_libraries", _("管理三库")),
                ("manage_budget", _("管理预算")),
                ("read_arguments", _("查看论证")),
                ("start_arguments", _("发起论证")),
                ("give_opinions", _("出具意见")),
                ("approve_opinions", _("审批意见")),
                ("manage_quotas", _("管理指标额度")),
                ("hold_reviews", _("组织评审")),
                ("review_as_expert", _("参加专家评审")),
                ("deliver_services", _("提交服务成果")),
                ("hold_committee", _("组织投委会")),
                ("instruct", _("批示交办")),
                ("read_sites", _("查看选址")),
                ("edit_sites", _("编辑选址")),
                ("run_checks", _("运行合规检查")),
                ("review_checks", _("复核检查")),
                ("sign_checks", _("签发检查")),
                ("edit_rules", _("起草规则")),
                ("publish_rules", _("发布规则")),
                ("compare_plans", _("比对规划")),
                ("settle_conflicts", _("处理差异图斑")),
                ("read_layers", _("查看图层")),
                ("upload_layers", _("上传图层")),
                ("publish_layers", _("发布图层")),
                ("export_layers", _("导出图层")),
                ("disclose_projects", _("公开项目")),
                ("manage_portal", _("管理门户内容")),
                ("answer_public", _("答复公众")),
                ("read_confidential", _("查看涉密内容")),
                ("read_trail", _("查看留痕")),
                ("manage_calendar", _("维护工作日历")),
                ("manage_unit", _("管理本单位")),
                ("manage_engagements", _("管理委托与聘请")),
                ("manage_people", _("管理人员与单位")),
                ("manage_keys", _("管理签名密钥")),
            ],
        )


class Role(StrEnum):
    """Who somebody is at work. The first four are the planning bureau's own staff; a person may have several."""

    PLANNER = "planner"
    REVIEWER = "reviewer"
    SURVEYOR = "surveyor"
    ADMINISTRATOR = "administrator"
    OWNER = "owner"
    UNIT_ADMIN = "unit_admin"
    HANDLER = "handler"
    APPROVER = "approver"
    ADMISSION = "admission"
    FINANCE = "finance"
    COORDINATOR = "coordinator"
    COMMITTEE = "committee"
    LEADER = "leader"
    INTERMEDIARY = "intermediary"
    EXPERT = "expert"
    JOINT = "joint"
    MONITOR = "monitor"

    @staticmethod
    def choices() -> list[tuple[str, str]]:
        from django.utils.translation import gettext_lazy as _

        return cast(
            "list[tuple[str, str]]",
            [
                ("planner", _("规划人员")),
                ("reviewer", _("审核人员")),
                ("surveyor", _("测绘人员")),
                ("administrator", _("管理员")),
                ("owner", _("项目单位经办")),
                ("unit_admin", _("单位管理员")),
                ("handler", _("部门经办")),
                ("approver", _("部门审批")),
                ("admission", _("入库审核")),
                ("finance", _("财政")),
                ("coordinator", _("论证组织")),
                ("committee", _("投委会办公室")),
                ("leader", _("领导")),
                ("intermediary", _("中介机构")),
                ("expert", _("评审专家")),
                ("joint", _("联动监督")),
                ("monitor", _("监督")),
            ],
        )


_EVERYONE_INSIDE = frozenset(
    {
        Permission.READ_PROJECTS,
        Permission.READ_STATISTICS,
        Permission.READ_SITES,
        Permission.READ_LAYERS,
        Permission.READ_ARGUMENTS,
        Permission.RUN_CHECKS,
    }
)

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.PLANNER: _EVERYONE_INSIDE
    | {
        Permission.EDIT_PROJECTS,
        Permission.APPLY_ADMISSION,
        Permission.RECORD_INVESTMENT,
        Permission.EDIT_SITES,
        Permission.EDIT_RULES,
        Permission.COMPARE_PLANS,
        Permission.SETTLE_CONFLICTS,
        Permission.MANAGE_PORTAL,
        Permission.ANSWER_PUBLIC,
    },
    Role.REVIEWER: _EVERYONE_INSIDE
    | {
        Permission.PUBLISH_LAYERS,
        Permission.EXPORT_LAYERS,
        Permission.REVIEW_CHECKS,
        Permission.SIGN_CHECKS,
        Permission.PUBLISH_RULES,
        Permission.COMPARE_PLANS,
        Permission.SETTLE_CONFLICTS,
        Permission.DISCLOSE_PROJECTS,
        Permission.MANAGE_PORTAL,
        Permission.READ_CONFIDENTIAL,
        Permission.READ_TRAIL,
    },
    Role.SURVEYOR: _EVERYONE_INSIDE
    | {Permission.UPLOAD_LAYERS, Permission.EXPORT_LAYERS, Permission.READ_CONFIDENTIAL},
    Role.ADMINISTRATOR: frozenset(Permission),
    # A unit's own people reach what is their unit's: they have no region.
    Role.OWNER: frozenset(
        {
            Permission.READ_PROJECTS,
            Permission.EDIT_PROJECTS,
            Permission.RECORD_INVESTMENT,
            Permission.APPLY_ADMISSION,
            Permission.READ_ARGUMENTS,
            Permission.READ_SITES,
            Permission.EDIT_SITES,
            Permission.RUN_CHECKS,
            Permission.READ_LAYERS,
            Permission.MANAGE_ENGAGEMENTS,
        }
    ),
    Role.UNIT_ADMIN: frozenset({Permission.MANAGE_UNIT}),
    Role.HANDLER: _EVERYONE_INSIDE
    | {
        Permission.EDIT_PROJECTS,
        Permission.APPLY_ADMISSION,
        Permission.GIVE_OPINIONS,
        Permission.ANSWER_PUBLIC,
        Permission.MANAGE_ENGAGEMENTS,
    },
    Role.APPROVER: _EVERYONE_INSIDE | {Permission.APPROVE_OPINIONS},
    Role.ADMISSION: _EVERYONE_INSIDE | {Permission.ADMIT_PROJECTS, Permission.MANAGE_LIBRARIES},
    Role.FINANCE: _EVERYONE_INSIDE | {Permission.MANAGE_BUDGET, Permission.MANAGE_QUOTAS},
    Role.COORDINATOR: _EVERYONE_INSIDE
    | {
        Permission.START_ARGUMENTS,
        Permission.HOLD_REVIEWS,
        Permission.MANAGE_ENGAGEMENTS,
        Permission.MANAGE_CALENDAR,
        Permission.MANAGE_LIBRARIES,
        Permission.MANAGE_PORTAL,
    },
    Role.COMMITTEE: _EVERYONE_INSIDE | {Permission.HOLD_COMMITTEE},
    Role.LEADER: _EVERYONE_INSIDE | {Permission.INSTRUCT, Permission.READ_TRAIL},
    # These three reach the projects that they are let in to, for as long as they are (`people.Engagement`).
    Role.INTERMEDIARY: frozenset(
        {
            Permission.READ_PROJECTS,
            Permission.READ_SITES,
            Permission.READ_ARGUMENTS,
            Permission.DELIVER_SERVICES,
        }
    ),
    Role.EXPERT: frozenset(
        {
            Permission.READ_PROJECTS,
            Permission.READ_SITES,
            Permission.READ_ARGUMENTS,
            Permission.REVIEW_AS_EXPERT,
        }
    ),
    # Bodies of the joint meeting (人大、政协、纪委监委): they read what was referred to them, and nothing else.
    Role.JOINT: frozenset({Permission.READ_PROJECTS, Permission.READ_SITES, Permission.READ_ARGUMENTS}),
    Role.MONITOR: _EVERYONE_INSIDE - {Permission.RUN_CHECKS} | {Permission.READ_TRAIL},
}

#: Whose reach is the projects that they are let in to, wherever their account has its region.
ENGAGED = frozenset({Role.INTERMEDIARY, Role.EXPERT, Role.JOINT})

#: What nobody lends: who holds these decides who may do what, or signs in everybody's name.
NOT_LENT = frozenset({Permission.MANAGE_PEOPLE, Permission.MANAGE_UNIT, Permission.MANAGE_KEYS})
LENDABLE = frozenset(Permission) - NOT_LENT


#: Which roles a unit's own administrator gives and takes, by the kind of the unit …
UNIT_ROLES: Mapping[str, tuple[Role, ...]] = {
    "owner": (Role.OWNER,),
    "department": (Role.HANDLER, Role.APPROVER),
    "intermediary": (Role.INTERMEDIARY,),
}
#: … and, in a department, by what it is for. Everything else is given by who manages people.
FUNCTION_ROLES: Mapping[str, tuple[Role, ...]] = {
    "ndrc": (Role.ADMISSION, Role.COORDINATOR),
    "finance": (Role.FINANCE,),
    "committee_office": (Role.COMMITTEE,),
    "resources": (Role.PLANNER,),
    **dict.fromkeys(("audit", "big_data", "cyberspace", "digital_reform", "statistics"), (Role.MONITOR,)),
    **dict.fromkeys(("npc_finance", "supervision"), (Role.MONITOR, Role.JOINT)),
}


def roles_of_unit(kind: str, function: str | None) -> tuple[Role, ...]:
    """The roles that the administrator of such a unit may give to its people."""
    return UNIT_ROLES[kind] + FUNCTION_ROLES.get(function or "", ())
