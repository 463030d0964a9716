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
}
FIELDS = {
    "people.set_roles": gettext_noop("角色"),
}
VALUES = {
    "people.set_roles": dict(Role.choices()),
    "roles": dict(Role.choices()),
}
