"""What this room's steps say in words (`gis_projects.trail.words`)."""

from django.utils.translation import gettext_noop

from gis_projects.library.models import (
    EvidenceKind,
    Industry,
    InvestmentKind,
    Level,
    Library,
    Outcome,
    Precision,
    ProjectKind,
    ProjectSecrecy,
    Stage,
)

WORDS = {
    "library.register_project": gettext_noop("登记项目“%(name)s”，项目代码 %(code)s"),
    "library.revise_project": gettext_noop("修改项目信息"),
    "library.set_kinds": gettext_noop("修改项目类别"),
    "library.record_investment": gettext_noop(
        "登记投资：计划 %(planned_yuan)s 元，累计 %(cumulative_yuan)s 元，记录日期 %(recorded_on)s"
    ),
    "library.mark_disclosed": gettext_noop("记录公开状态：%(disclosed)s"),
    "library.attach_site": gettext_noop("建立选址"),
    "library.state_facts": gettext_noop("填写选址情况"),
    "library.attach_file": gettext_noop("上传附件“%(name)s”"),
    "library.record_evidence": gettext_noop("记入依据：%(kind)s %(outcome)s（%(title)s）"),
}
FIELDS = {
    "code": gettext_noop("项目代码"),
    "name": gettext_noop("项目名称"),
    "content": gettext_noop("建设内容"),
    "region": gettext_noop("所属地区"),
    "organisation": gettext_noop("项目单位"),
    "industry": gettext_noop("所属行业"),
    "level": gettext_noop("项目级次"),
    "stage": gettext_noop("项目状态"),
    "investment_kind": gettext_noop("投资性质"),
    "library": gettext_noop("所在库"),
    "year": gettext_noop("入库年度"),
    "location": gettext_noop("位置"),
    "precision": gettext_noop("位置精度"),
    "secrecy": gettext_noop("密级"),
    "disclosed": gettext_noop("已公开"),
    "planned_yuan": gettext_noop("计划投资（元）"),
    "cumulative_yuan": gettext_noop("累计投资（元）"),
    "library.set_kinds": gettext_noop("项目类别"),
}
VALUES = {
    "kind": dict(EvidenceKind.choices),
    "outcome": dict(Outcome.choices),
    "industry": dict(Industry.choices),
    "level": dict(Level.choices),
    "stage": dict(Stage.choices),
    "investment_kind": dict(InvestmentKind.choices),
    "library": dict(Library.choices),
    "precision": dict(Precision.choices),
    "secrecy": dict(ProjectSecrecy.choices),
    "library.set_kinds": dict(ProjectKind.choices),
}
