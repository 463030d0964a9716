"""The way in: what there is, which requirements it keeps, and its description."""

from __future__ import annotations

from django.utils.translation import gettext as _

from gis_projects.atlas.ogc.answers import HTML, OPENAPI, Answer, Question, link, resource
from gis_projects.atlas.ogc.description import document

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
#: What the tests below tests/api/ogc hold the answers to.
CONFORMANCE = (
    *(f"{_FEATURES}1/1.0/conf/{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_FEATURES}2/1.0/conf/crs",
    *(f"{_FEATURES}3/1.0/conf/{name}" for name in ("queryables", "queryables-query-parameters")),
    *(f"{_TILES}{name}" for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")),
)  # fmt: skip


@resource()
def landing(question: Question) -> Answer:
    return Answer(
        _("图层数据服务"),
        {
            "title": _("图层数据服务"),
            "description": _("自然资源和规划图层，按登录用户或访问令牌的权限提供。"),
            "links": [
                link(question.url("api"), "service-desc", OPENAPI, _("接口描述")),
                link(question.url("api", f="html"), "service-doc", HTML, _("接口说明")),
                link(question.url("conformance"), "conformance", title=_("符合的标准要求")),
                link(question.url("collections"), "data", title=_("图层集合")),
                link(
                    question.url("tileMatrixSets"), "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
                    title=_("瓦片矩阵集"),
                ),
            ],
        },
    )  # fmt: skip


@resource()
def conformance(question: Question) -> Answer:
    return Answer(_("符合的标准要求"), {"conformsTo": list(CONFORMANCE)})


@resource()
def api(question: Question) -> Answer:
    """The OpenAPI 3.0 document."""
    return Answer(_("接口描述"), document(question.url().rstrip("/")), OPENAPI)
