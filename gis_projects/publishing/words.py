"""What this room's steps say in words (`gis_projects.trail.words`)."""

from django.utils.translation import gettext_noop

from gis_projects.disclosure.models import MediaKind
from gis_projects.publishing import portal_words
from gis_projects.publishing.models import Place

WORDS = {
    "disclosure.propose": gettext_noop("提请公开项目（%(form)s）：%(reason)s"),
    "disclosure.reject": gettext_noop("退回公开申请：%(reason)s"),
    "disclosure.schedule": gettext_noop("批准公开项目，定于 %(starts_at)s 公开"),
    "disclosure.lapse": gettext_noop("已批准的定时公开失效：%(reason)s"),
    "disclosure.publish_project": gettext_noop("公开项目：%(reason)s"),
    "disclosure.correct_project": gettext_noop("更正已公开的内容：%(reason)s"),
    "disclosure.withdraw_project": gettext_noop("撤回公开：%(reason)s"),
    "disclosure.publish_outlines": gettext_noop("发布公开底图，轮廓 %(outlines)s 条"),
    "disclosure.propose_batch": gettext_noop("提请批量公开，筛选出 %(projects_number)s 个项目"),
    "disclosure.approve_batch": gettext_noop("批准批量公开，共 %(projects_number)s 个项目"),
    "disclosure.schedule_batch": gettext_noop(
        "批准批量公开，共 %(projects_number)s 个项目，定于 %(starts_at)s 公开"
    ),
    "disclosure.choose_of_batch": gettext_noop("调整批量公开中“%(name)s”的时间线、照片与绩效"),
    "disclosure.reject_batch": gettext_noop("退回批量公开申请：%(reason)s"),
    "disclosure.drop_of_batches": gettext_noop("从待公开的批次中移除该项目：%(reason)s"),
    "disclosure.resume_batch": gettext_noop("继续中断的批量公开"),
    "disclosure.end_batch": gettext_noop("终止中断的批量公开：%(reason)s"),
    "disclosure.save_rule": gettext_noop("保存公开规则“%(name)s”，依据 %(document)s"),
    "disclosure.add_media": gettext_noop("采集进度%(kind)s“%(name)s”"),
    "disclosure.drop_media": gettext_noop("删除进度%(kind)s“%(name)s”"),
    "disclosure.write_result": gettext_noop("填写 %(year)s 年度绩效目标与评价结果"),
    "disclosure.release_result": gettext_noop("准予公开 %(year)s 年度绩效评价结果"),
}
WORDS |= portal_words.WORDS
FIELDS = {
    "name": gettext_noop("项目名称"),
    "code": gettext_noop("项目代码"),
    "content": gettext_noop("建设内容"),
    "region_name": gettext_noop("所属地区"),
    "township": gettext_noop("所在乡镇"),
    "kinds": gettext_noop("项目类别"),
    "industry": gettext_noop("所属行业"),
    "level": gettext_noop("项目级次"),
    "stage": gettext_noop("项目状态"),
    "year": gettext_noop("入库年度"),
    "owner": gettext_noop("项目单位"),
    "authority": gettext_noop("主管部门"),
    "starts_on": gettext_noop("开工日期"),
    "ends_on": gettext_noop("竣工日期"),
    "planned_yuan": gettext_noop("计划投资"),
    "completed_yuan": gettext_noop("累计完成投资"),
    "review_number": gettext_noop("审图号"),
    "notice": gettext_noop("声明"),
    "until": gettext_noop("公开至"),
    "geometry": gettext_noop("公开位置"),
    "events": gettext_noop("时间线"),
    "results": gettext_noop("绩效"),
    "media": gettext_noop("照片与视频"),
    "target": gettext_noop("绩效目标"),
    "result": gettext_noop("评价结果"),
    "grade": gettext_noop("评价等级"),
    "caption": gettext_noop("说明"),
    "basis": gettext_noop("依据"),
    "document": gettext_noop("文号或文件编号"),
    "fields": gettext_noop("公开的字段"),
    "form": gettext_noop("位置形式"),
    "precision_m": gettext_noop("概化精度（米）"),
    "region": gettext_noop("适用地区"),
    "results_chosen": gettext_noop("公开绩效目标与评价结果"),
    "offered": gettext_noop("启用"),
    "milestones": gettext_noop("时间线"),
}
VALUES = {"form": dict(Place.choices), "kind": dict(MediaKind.choices)}
