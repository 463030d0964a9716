"""What this room's steps say in words (`gis_projects.trail.words`)."""

from django.utils.translation import gettext_noop

from gis_projects.sites.models import AlternativeSource, Chapter, HandlingState, Yields
from gis_projects.sites.models.reviews import Decision
from siting.wording import VERDICTS

WORDS = {
    "sites.save_boundary": gettext_noop("保存选址边界第 %(number)s 版，面积 %(area_m2)s 平方米"),
    "sites.run_check": gettext_noop("运行合规检查，结论：%(verdict)s"),
    "sites.mark_finding": gettext_noop("复核意见：%(decision)s"),
    "sites.request_change": gettext_noop("复核要求修改边界"),
    "sites.submit_check": gettext_noop("提请复核检查结果"),
    "sites.attach_file": gettext_noop("为检查结果上传附件"),
    "sites.take_review": gettext_noop("承接检查复核"),
    "sites.release_review": gettext_noop("放回检查复核"),
    "sites.sign_check": gettext_noop("签发检查结果，结论：%(verdict)s"),
    "sites.withdraw_sign_off": gettext_noop("撤回检查签发：%(reason)s"),
    "sites.write_statement": gettext_noop("撰写选址论证报告“%(chapter)s”第 %(number)s 稿"),
    "sites.add_alternative": gettext_noop("新增比选方案“%(name)s”，结论：%(verdict)s"),
    "sites.rename_alternative": gettext_noop("比选方案“%(before)s”改名为“%(name)s”"),
    "sites.remove_alternative": gettext_noop("移除比选方案“%(name)s”"),
    "sites.recheck_alternatives": gettext_noop("用规则库第 %(rulebook)s 版重新检查各比选方案"),
    "sites.weigh_alternatives": gettext_noop("设定比选权重"),
    "sites.choose_alternative": gettext_noop("选定比选方案“%(name)s”"),
    "sites.start_search": gettext_noop("开始推荐选址"),
    "sites.stop_search": gettext_noop("停止推荐选址"),
    "sites.suggest_sites": gettext_noop("给出推荐选址"),
    "sites.revalidate": gettext_noop("图层或规则变化后复检全部在用选址"),
    "sites.ask_comparison": gettext_noop("发起规划差异比对：%(a)s 与 %(b)s"),
    "sites.keep_comparison": gettext_noop("保存规划差异比对，差异图斑 %(patches)s 个"),
    "sites.settle_conflicts": gettext_noop("处理差异图斑：%(state)s"),
    "sites.export_comparison": gettext_noop("导出规划差异比对（%(format)s）"),
    "sites.import_crosswalk": gettext_noop("导入分类对照表第 %(version)s 版"),
    "sites.rotate_key": gettext_noop("更换签名密钥：%(reason)s"),
    "sites.begin_rulebook_draft": gettext_noop("起草规则库，以 %(base)s 为底稿"),
    "sites.save_rulebook_draft": gettext_noop("保存规则库草案第 %(revision)s 稿"),
    "sites.discard_rulebook_draft": gettext_noop("放弃规则库草案"),
    "sites.try_rulebook_draft": gettext_noop("试算规则库草案第 %(revision)s 稿，选址 %(sites)s 个"),
    "sites.propose_rulebook": gettext_noop("提请发布规则库：%(reason)s"),
    "sites.publish_rulebook": gettext_noop("发布规则库 %(code)s 第 %(version)s 版，自 %(valid_from)s 起施行"),
    "sites.refuse_rulebook": gettext_noop("退回规则库发布申请：%(words)s"),
    "sites.withdraw_rulebook_proposal": gettext_noop("撤回规则库发布申请"),
}
FIELDS: dict[str, str] = {}
VALUES = {
    "verdict": {str(verdict): label for verdict, label in VERDICTS.items()},
    "decision": dict(Decision.choices),
    "chapter": dict(Chapter.choices),
    "source": dict(AlternativeSource.choices),
    "state": dict(HandlingState.choices),
    "yields": dict(Yields.choices),
}
