"""What this room's steps say in words (`gis_projects.trail.words`)."""

from django.utils.translation import gettext_noop

from gis_projects.people.roles import Role

WORDS = {
    "people.save_region": gettext_noop("登记区划“%(name)s”"),
    "people.save_organisation": gettext_noop("登记单位“%(name)s”"),
    "people.create_user": gettext_noop("开通账号 %(username)s"),
    "people.set_roles": gettext_noop("调整角色"),
    "people.change_password": gettext_noop("修改密码"),
    "people.create_token": gettext_noop("建立访问令牌“%(name)s”"),
    "people.revoke_token": gettext_noop("撤销访问令牌“%(name)s”"),
    "people.load_functions": gettext_noop("载入职能部门目录"),
    "people.engage": gettext_noop("委托“%(name)s”为项目提供服务（%(starts_on)s 至 %(ends_on)s）"),
    "people.end_engagement": gettext_noop("提前终止委托：%(reason)s"),
    "people.delegate": gettext_noop("把权限委托给“%(name)s”（%(starts_on)s 至 %(ends_on)s）"),
    "people.end_delegation": gettext_noop("终止对“%(name)s”的权限委托"),
}
FIELDS = {
    "people.set_roles": gettext_noop("角色"),
}
VALUES = {
    "people.set_roles": dict(Role.choices()),
    "roles": dict(Role.choices()),
}
