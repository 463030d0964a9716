"""The words of a project's record: level, stage, industry, kinds. No tables here: whoever shows them needs no more."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Level(TextChoices):
    """项目级次: who the project counts for."""

    NATIONAL = "national", _("国家级")
    PROVINCE = "province", _("自治区级")
    CITY = "city", _("市级")
    COUNTY = "county", _("旗县区级")


class Stage(TextChoices):
    """项目状态, in the order of a project's life."""

    PLANNING = "planning", _("谋划")
    PREPARATION = "preparation", _("前期")
    CONSTRUCTION = "construction", _("在建")
    COMPLETED = "completed", _("竣工")
    SUSPENDED = "suspended", _("停缓建")


#: Stages in which nothing is decided about a project's site any more: it isn't checked again.
ENDED_STAGES = frozenset({Stage.COMPLETED})


class Industry(TextChoices):
    """国民经济行业门类, the sections of GB/T 4754-2017."""

    A = "A", _("农、林、牧、渔业")
    B = "B", _("采矿业")
    C = "C", _("制造业")
    D = "D", _("电力、热力、燃气及水生产和供应业")
    E = "E", _("建筑业")
    F = "F", _("批发和零售业")
    G = "G", _("交通运输、仓储和邮政业")
    H = "H", _("住宿和餐饮业")
    I = "I", _("信息传输、软件和信息技术服务业")  # noqa: E741 - the section's letter
    J = "J", _("金融业")
    K = "K", _("房地产业")
    L = "L", _("租赁和商务服务业")
    M = "M", _("科学研究和技术服务业")
    N = "N", _("水利、环境和公共设施管理业")
    O = "O", _("居民服务、修理和其他服务业")  # noqa: E741 - the section's letter
    P = "P", _("教育")
    Q = "Q", _("卫生和社会工作")
    R = "R", _("文化、体育和娱乐业")
    S = "S", _("公共管理、社会保障和社会组织")
    T = "T", _("国际组织")


class Precision(TextChoices):
    """What `Project.location` is worth. None of them is a shape: only a site has one."""

    EXACT = "exact", _("准确点位")
    APPROXIMATE = "approximate", _("大致位置")
    REGION = "region", _("仅到旗县区")
    UNKNOWN = "unknown", _("位置不详")


class ProjectKind(TextChoices):
    """The four kinds that the one map shows."""

    KEY = "key", _("重点项目")
    GOVERNMENT = "government", _("政府投资项目")
    PLANNED = "planned", _("规划项目")
    RESERVE = "reserve", _("储备项目")


class InvestmentKind(TextChoices):
    """Whose money it is: which departments enter a project, and who argues it, follows from that."""

    GOVERNMENT = "government", _("政府投资")
    SOCIAL = "social", _("社会投资")


class Library(TextChoices):
    """The three libraries (三库), in the order in which a project moves through them."""

    NONE = "none", _("未入库")
    CATALOGUE = "catalogue", _("目录库")
    RESERVE = "reserve", _("储备库")
    IMPLEMENTATION = "implementation", _("实施库")
    EXITED = "exited", _("已出库")


class ProjectSecrecy(TextChoices):
    PUBLIC = "public", _("公开")
    INTERNAL = "internal", _("内部")
    CONFIDENTIAL = "confidential", _("涉密")
