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
    "people.end_region": gettext_noop("停用区划“%(name)s”（最后有效日 %(valid_to)s）"),
    "people.close_organisation": gettext_noop("注销单位“%(name)s”：%(reason)s"),
    "people.deactivate": gettext_noop("停用账号 %(username)s：%(reason)s"),
    "people.reactivate": gettext_noop("启用账号 %(username)s"),
    "people.assign": gettext_noop("调整账号 %(username)s 的所属单位或区划"),
    "people.issue_password_link": gettext_noop("为账号 %(username)s 生成设置密码的链接"),
    "people.save_internal_unit": gettext_noop("设置内设机构“%(name)s”"),
    "people.close_internal_unit": gettext_noop("撤销内设机构“%(name)s”"),
    "people.save_post": gettext_noop("设置岗位“%(name)s”"),
    "people.close_post": gettext_noop("撤销岗位“%(name)s”"),
    "people.appoint": gettext_noop("任命“%(name)s”为“%(post)s”"),
    "people.relieve": gettext_noop("免去“%(name)s”的“%(post)s”"),
    "people.set_chain": gettext_noop("设置审批流程第 %(version)s 版"),
    "people.register": gettext_noop("单位“%(name)s”提交注册申请（第 %(rounds)s 次）"),
    "people.return_registration": gettext_noop("退回单位“%(name)s”的注册申请：%(reason)s"),
    "people.approve_registration": gettext_noop("同意单位“%(name)s”注册"),
    "people.bind_identity": gettext_noop("账号 %(username)s 与统一身份认证绑定"),
    "people.end_session": gettext_noop("结束一个登录"),
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
