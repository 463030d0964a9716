"""What this room's steps say in words (`gis_projects.trail.words`)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import lazy
from django.utils.translation import gettext_noop

from gis_projects.library.databases import Term, project_databases
from gis_projects.library.models import (
    AcceptanceKind,
    AccountKind,
    ApprovalItem,
    BudgetInstrument,
    ChangeKind,
    Code,
    EvidenceKind,
    Factor,
    FactorState,
    FundFlow,
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
from gis_projects.people.models import Organisation

WORDS = {
    "library.register_project": gettext_noop("登记项目“%(name)s”，项目代码 %(code)s"),
    "library.revise_project": gettext_noop("修改项目信息"),
    "library.set_kinds": gettext_noop("修改项目类别"),
    "library.record_investment": gettext_noop(
        "登记投资：计划 %(planned_yuan)s 元，累计 %(cumulative_yuan)s 元，记录日期 %(recorded_on)s"
    ),
    "library.mark_disclosed": gettext_noop("记录公开状态：%(disclosed)s"),
    "library.mark_sensitive": gettext_noop("标记或解除敏感（不得公开）：%(reason)s"),
    "library.attach_site": gettext_noop("建立选址"),
    "library.state_facts": gettext_noop("填写选址情况"),
    "library.refuse_change": gettext_noop("拒绝修改不由其维护的字段：%(fields)s"),
    "library.set_plan": gettext_noop("确定第 %(number)s 版投资计划：匡算 %(total_yuan)s 元"),
    "library.set_land": gettext_noop("申报第 %(number)s 版用地：%(total_m2)s 平方米"),
    "library.take_over_records": gettext_noop("从原台账接收 %(number)s 个项目的档案"),
    "library.write_diary": gettext_noop("写日志（%(on)s）：%(text)s"),
    "library.correct_diary": gettext_noop("更正日志（%(on)s）：%(text)s"),
    "library.save_programme": gettext_noop("保存示范任务“%(name)s”"),
    "library.set_programme_members": gettext_noop("调整示范任务“%(name)s”的项目，现有 %(number)s 个"),
    "library.load_codes": gettext_noop("载入代码表：%(lists)s"),
    "library.add_code": gettext_noop("代码表“%(list)s”第 %(version)s 版：新增“%(label)s”，理由：%(reason)s"),
    "library.revise_code": gettext_noop(
        "代码表“%(list)s”第 %(version)s 版：修改“%(label)s”，理由：%(reason)s"
    ),
    "library.retire_code": gettext_noop(
        "代码表“%(list)s”第 %(version)s 版：自 %(day)s 起停用“%(label)s”，理由：%(reason)s"
    ),
    "library.restore_code": gettext_noop(
        "代码表“%(list)s”第 %(version)s 版：恢复“%(label)s”，理由：%(reason)s"
    ),
    "library.set_field_right": gettext_noop("调整字段“%(field)s”的维护方"),
    "library.set_entry_right": gettext_noop("调整%(investment_kind)s项目的录入部门"),
    "library.set_threshold": gettext_noop("调整%(stage)s项目的更新时限"),
    "library.attach_file": gettext_noop("上传附件“%(name)s”"),
    "library.record_evidence": gettext_noop("记入依据：%(kind)s %(outcome)s（%(title)s）"),
    "library.apply": gettext_noop("申请入库或转库：由%(from)s进入%(to)s"),
    "library.admit": gettext_noop("审核入库：由%(from)s进入%(to)s"),
    "library.return_application": gettext_noop("退回入库申请（进入%(to)s）：%(reason)s"),
    "library.withdraw_application": gettext_noop("撤回入库申请（进入%(to)s）"),
    "library.take_over": gettext_noop("由台账接入（%(source)s），进入%(to)s"),
    "library.acknowledge_likeness": gettext_noop("确认不重复（项目 %(other)s）：%(reason)s"),
    "library.exit": gettext_noop("出库（原在%(from)s）：%(reason)s"),
    "library.merge": gettext_noop("并入项目“%(name)s”：%(reason)s"),
    "library.take_in": gettext_noop(
        "接收并入的项目：合并后计划投资 %(planned_yuan)s 元，累计 %(cumulative_yuan)s 元"
    ),
    "library.split": gettext_noop("拆分为多个项目：%(reason)s"),
    "library.split_off": gettext_noop("拆分产生（原项目“%(name)s”），进入%(to)s"),
    "library.set_parameter": gettext_noop("设定参数 %(value)s，自 %(valid_from)s 起用，来源：%(source)s"),
    "library.state_factor": gettext_noop("填报要素保障：%(factor)s %(state)s %(note)s"),
    "library.add_budget_line": gettext_noop("安排预算：%(year)s 年 %(amount_yuan)s 元（%(reference)s）"),
    "library.change_budget_line": gettext_noop("调整预算 %(delta_yuan)s 元：%(reason)s"),
    "library.appropriate": gettext_noop("拨付 %(amount_yuan)s 元（%(reference)s）"),
    "library.assign_code": gettext_noop("赋项目代码 %(code)s"),
    "library.start_approval": gettext_noop("受理审批：%(item)s"),
    "library.grant_approval": gettext_noop("批复：%(item)s %(number)s（%(granted_on)s）"),
    "library.save_standard": gettext_noop(
        "起草执法规范（%(item)s第 %(edition)s 版）“%(name)s”（%(number)s），自 %(valid_from)s 起施行"
    ),
    "library.drop_standard": gettext_noop("删除执法规范草稿“%(name)s”（%(number)s）"),
    "library.publish_standard": gettext_noop(
        "发布执法规范（%(item)s第 %(edition)s 版）“%(name)s”（%(number)s），自 %(valid_from)s 起施行"
    ),
    "library.answer_checks": gettext_noop("按执法规范核对%(item)s：%(number)s 个要点"),
    "library.start_construction": gettext_noop("登记开工：%(started_on)s"),
    "library.apply_change": gettext_noop("申请变更（%(change_kind)s）：%(text)s"),
    "library.approve_change": gettext_noop("批准变更（%(change_kind)s）：%(text)s"),
    "library.return_change": gettext_noop("退回变更申请（%(change_kind)s）：%(reason)s"),
    "library.withdraw_change": gettext_noop("撤回变更申请（%(change_kind)s）"),
    "library.apply_acceptance": gettext_noop("申请验收（%(acceptance_kind)s）：%(about)s"),
    "library.accept": gettext_noop(
        "验收通过（%(acceptance_kind)s）：%(about)s %(number)s（%(accepted_on)s）"
    ),
    "library.demand_rectification": gettext_noop(
        "验收提出整改（%(acceptance_kind)s，%(about)s）：%(reason)s"
    ),
    "library.withdraw_acceptance": gettext_noop("撤回验收申请（%(acceptance_kind)s）：%(about)s"),
    "library.register_completion": gettext_noop("登记竣工日期 %(completed_on)s（%(source)s）"),
    "library.record_account": gettext_noop(
        "登记%(account)s：%(number)s，审定 %(amount_yuan)s 元（%(concluded_on)s）"
    ),
    "library.correct_completion": gettext_noop(
        "更正竣工日期为 %(completed_on)s（%(source)s），理由：%(reason)s"
    ),
    "library.correct_account": gettext_noop(
        "更正%(account)s：%(number)s，审定 %(amount_yuan)s 元（%(concluded_on)s），理由：%(reason)s"
    ),
    "library.complete_project": gettext_noop("项目竣工（验收文号 %(number)s）"),
    "library.issue_slip": gettext_noop("签发采购联系单 %(number)s，限额 %(amount_yuan)s 元"),
    "library.consent_procurement": gettext_noop("同意采购（联系单 %(slip)s）：%(amount_yuan)s 元"),
    "library.monitor": gettext_noop("评审结果应用，纳入动态管理：%(title)s"),
    "library.declare_funds": gettext_noop("申报上级资金：%(flow)s（%(year)s 年）%(amount_yuan)s 元"),
    "library.assess_funds": gettext_noop("资金申报已论证"),
    "library.recommend_funds": gettext_noop("推荐资金申报（%(flow)s）"),
    "library.return_funds": gettext_noop("退回资金申报（%(flow)s）：%(reason)s"),
    "library.withdraw_funds": gettext_noop("撤回资金申报（%(flow)s）"),
    "library.import_table": gettext_noop(
        "导入表格：新增 %(new)s 行，更改 %(changed)s 行，不变 %(unchanged)s 行"
    ),
    "library.save_expert": gettext_noop("维护专家信息（%(key)s）"),
    "library.save_policy": gettext_noop("维护政策法规（%(key)s）"),
    "library.save_resource": gettext_noop("维护决策资源（%(key)s）"),
    "library.save_development_plan": gettext_noop("维护发展规划（%(key)s）"),
    "library.save_plan_item": gettext_noop("维护规划任务（%(key)s）"),
    "library.realise_plan_item": gettext_noop("对应规划任务：%(plan)s %(item)s"),
    "library.release_plan_item": gettext_noop("不再对应规划任务：%(plan)s %(item)s"),
    "library.enter_database": gettext_noop("列入%(database)s：%(part)s %(stage)s"),
    "library.move_in_database": gettext_noop("%(database)s中的环节：%(before)s → %(after)s"),
    "library.leave_database": gettext_noop("移出%(database)s：%(reason)s"),
    "library.save_planning_list": gettext_noop("维护前期项目谋划清单“%(name)s”"),
    "library.save_planning_row": gettext_noop("维护谋划清单的行（%(key)s）"),
    "library.match_planning_row": gettext_noop("谋划清单第 %(number)s 行“%(name)s”对应本项目"),
    "library.drop_planning_row": gettext_noop("谋划清单第 %(number)s 行不再实施：%(reason)s"),
    "library.reopen_planning_row": gettext_noop("谋划清单第 %(number)s 行恢复为未对应"),
    "library.read_confidential": gettext_noop("查阅涉密项目：%(what)s"),
    "library.export_project": gettext_noop("导出项目的%(what)s（%(format)s）"),
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
    "sensitive": gettext_noop("敏感，不得公开"),
    "planned_yuan": gettext_noop("计划投资（元）"),
    "cumulative_yuan": gettext_noop("累计投资（元）"),
    "library.set_kinds": gettext_noop("项目类别"),
    "policy": gettext_noop("投资政策"),
    "industry_type": gettext_noop("产业类型"),
    "project_type": gettext_noop("项目类型"),
    "construction_mode": gettext_noop("建设模式"),
    "investment_mode": gettext_noop("投资模式"),
    "nature": gettext_noop("建设性质"),
    "division": gettext_noop("国民经济行业大类"),
    "source_kind": gettext_noop("项目来源"),
    "source_basis": gettext_noop("来源依据"),
    "address": gettext_noop("建设地点"),
    "intended_yuan": gettext_noop("意向总投资"),
    "authority": gettext_noop("主管部门"),
    "scale": gettext_noop("建设规模"),
    "legal_person": gettext_noop("法定代表人"),
    "legal_person_phone": gettext_noop("法人联系电话"),
    "credit_code": gettext_noop("业主统一社会信用代码"),
    "national_code": gettext_noop("国家统一项目代码"),
    "planned_start": gettext_noop("计划开工"),
    "planned_finish": gettext_noop("计划竣工"),
    "goals": gettext_noop("功能效益目标"),
    "funding_note": gettext_noop("资金落实情况"),
    "functions": gettext_noop("选用的流程功能"),
    "target_yuan": gettext_noop("目标投资"),
    "starts_year": gettext_noop("起始年度"),
    "years": gettext_noop("年数"),
    "rounding": gettext_noop("取整方式"),
    "note": gettext_noop("说明"),
    "label": gettext_noop("名称"),
    "label_en": gettext_noop("英文名称"),
    "group": gettext_noop("归属"),
    "library.set_field_right": gettext_noop("可维护方"),
    "library.set_entry_right": gettext_noop("录入部门"),
    "library.set_threshold": gettext_noop("更新时限（天）"),
    # What a project says of its site: the questions of the rulebook that comes with the platform.
    "intended_use": gettext_noop("拟建项目的规划用途是什么（国土空间用地用海分类代码）？"),
    "kind_of_work": gettext_noop("建设类型是什么？"),
    "national_key_project": gettext_noop(
        "是否为国家能源、交通、水利、军事设施等重点建设项目，且选址确实难以避让？"
    ),
    "limited_human_activity": gettext_noop("是否属于生态保护红线内允许的有限人为活动？"),
    "water_supply_work": gettext_noop("是否为供水设施或保护水源的建设项目？"),
    "discharges_pollutants": gettext_noop("是否排放污染物？"),
    "heavy_polluter": gettext_noop("是否属于对水体污染严重的建设项目？"),
    "blocks_flood": gettext_noop("是否妨碍行洪？"),
    "chemical_project": gettext_noop("是否为化工园区或化工项目？"),
    "tailings_pond": gettext_noop("是否为尾矿库？"),
    "uses_groundwater": gettext_noop("是否取用地下水？"),
    "underground_works": gettext_noop("是否有开挖较深或排水规模较大的地下工程？"),
    "wetland_exception": gettext_noop(
        "是否属于国家重大项目、防灾减灾项目、重要水利及保护设施项目、湿地保护项目等允许占用国家重要湿地的情形？"
    ),
    "heritage_exception": gettext_noop("因特殊情况需在文物保护范围内建设的，是否已按规定取得批准？"),
    "land_supply": gettext_noop("供地方式是什么？"),
}
_ASKED_YES_OR_NO = (
    "national_key_project",
    "limited_human_activity",
    "water_supply_work",
    "discharges_pollutants",
    "heavy_polluter",
    "blocks_flood",
    "chemical_project",
    "tailings_pond",
    "uses_groundwater",
    "underground_works",
    "wetland_exception",
    "heritage_exception",
)
_YES_NO = {"yes": gettext_noop("是"), "no": gettext_noop("否")}
_USES = {
    "06": gettext_noop("06 农业设施建设用地"),
    "07": gettext_noop("07 居住用地"),
    "08": gettext_noop("08 公共管理与公共服务用地"),
    "09": gettext_noop("09 商业服务业用地"),
    "10": gettext_noop("10 工矿用地"),
    "11": gettext_noop("11 仓储用地"),
    "12": gettext_noop("12 交通运输用地"),
    "13": gettext_noop("13 公用设施用地"),
    "14": gettext_noop("14 绿地与开敞空间用地"),
    "15": gettext_noop("15 特殊用地"),
    "17": gettext_noop("17 陆地水域（水利工程）"),
}
_KINDS_OF_WORK = {
    "ordinary": gettext_noop("一般建设项目"),
    "linear": gettext_noop("线性工程（交通、管线等）"),
    "new_town": gettext_noop("新城新区"),
    "development_zone": gettext_noop("开发区"),
    "park": gettext_noop("非农产业园区"),
}


class _Names(Mapping[str, str]):
    """What rows are called, by their key as text: asked for when a step is told, as the rows say today."""

    def __init__(self, rows: QuerySet[Any], key: str) -> None:
        self._rows, self._key = rows, key

    def __getitem__(self, key: str) -> str:
        try:
            row = self._rows.filter(**{self._key: key}).first()
        except ValueError:  # no number where a number is the key
            row = None
        if row is None:
            raise KeyError(key)
        return str(row)

    def __iter__(self) -> Iterator[str]:
        return (str(key) for key in self._rows.values_list(self._key, flat=True))

    def __len__(self) -> int:
        return self._rows.count()


_CODES = _Names(Code.objects.all(), "key")
_UNITS = _Names(Organisation.objects.all(), "pk")
_named = lazy(lambda term: term.label, str)


def _terms(rows: Iterable[Term]) -> dict[str, Any]:
    """By the Chinese name that a step keeps: what the reader's language calls a database, its part or its stage."""
    return {term.name: _named(term) for term in rows}


VALUES: dict[str, Mapping[str, Any]] = {
    "database": _terms(project_databases().values()),
    "part": _terms(part for kind in project_databases().values() for part in kind.parts),
    "what": {"timeline": gettext_noop("过程记录"), "project": gettext_noop("项目信息")},
    "kind": dict(EvidenceKind.choices),
    "outcome": dict(Outcome.choices),
    "industry": dict(Industry.choices),
    "level": dict(Level.choices),
    "stage": dict(Stage.choices)
    | _terms(stage for kind in project_databases().values() for stage in kind.stages),
    "investment_kind": dict(InvestmentKind.choices),
    "library": dict(Library.choices),
    "from": dict(Library.choices),
    "to": dict(Library.choices),
    "factor": dict(Factor.choices),
    "state": dict(FactorState.choices),
    "instrument": dict(BudgetInstrument.choices),
    "item": dict(ApprovalItem.choices),
    "flow": dict(FundFlow.choices),
    "change_kind": dict(ChangeKind.choices),
    "account": dict(AccountKind.choices),
    "acceptance_kind": dict(AcceptanceKind.choices),
    "precision": dict(Precision.choices),
    "secrecy": dict(ProjectSecrecy.choices),
    "library.set_kinds": dict(ProjectKind.choices),
    "organisation": _UNITS,
    "authority": _UNITS,
    **dict.fromkeys(
        (
            "policy",
            "industry_type",
            "project_type",
            "construction_mode",
            "investment_mode",
            "nature",
            "division",
            "source_kind",
            "functions",
        ),
        _CODES,
    ),
    "intended_use": _USES,
    "kind_of_work": _KINDS_OF_WORK,
    "land_supply": {"allocated": gettext_noop("划拨"), "granted": gettext_noop("出让")},
    **dict.fromkeys(_ASKED_YES_OR_NO, _YES_NO),
}
