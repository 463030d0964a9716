"""The OpenAPI 3.0 document of everything below /ogc/."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gis_projects.atlas.ogc.answers import GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from gis_projects.atlas.ogc.crs import CRS84, URIS
from gis_projects.atlas.ogc.parameters import LIMIT, MAX_LIMIT, MAX_OFFSET
from gis_projects.atlas.ogc.tiles import MATRIX_SET, MVT

_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        "href": {"type": "string"}, "rel": {"type": "string"}, "type": {"type": "string"},
        "title": {"type": "string"}, "templated": {"type": "boolean"},
    },
}  # fmt: skip
_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


_TEXT = {"type": "string"}
_SCHEMAS = {
    "link": _LINK,
    "problem": _object(
        ["type", "title", "status"], type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT
    ),
    "landingPage": _object(["links"], title=_TEXT, description=_TEXT, links=_LINKS),
    "confClasses": _object(["conformsTo"], conformsTo={"type": "array", "items": _TEXT}),
    "collection": _object(
        ["id", "links"], id=_TEXT, title=_TEXT, description=_TEXT, links=_LINKS, itemType=_TEXT,
        extent={"type": "object"}, crs={"type": "array", "items": _TEXT}, storageCrs=_TEXT,
    ),
    "collections": _object(
        ["links", "collections"], links=_LINKS,
        collections={"type": "array", "items": {"$ref": "#/components/schemas/collection"}},
    ),
    "featureGeoJSON": _object(
        ["type", "geometry", "properties"], type={"type": "string", "enum": ["Feature"]}, id=_TEXT,
        geometry={"type": "object"}, properties={"type": "object", "nullable": True}, links=_LINKS,
    ),
    "featureCollectionGeoJSON": _object(
        ["type", "features"], type={"type": "string", "enum": ["FeatureCollection"]},
        features={"type": "array", "items": {"$ref": "#/components/schemas/featureGeoJSON"}}, links=_LINKS,
        timeStamp={"type": "string", "format": "date-time"},
        numberMatched={"type": "integer", "minimum": 0}, numberReturned={"type": "integer", "minimum": 0},
    ),
    "document": {"type": "object"},
}  # fmt: skip


def _query(name: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        **more,
    }


def _in_path(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": _TEXT}


def _parameters() -> dict[str, dict[str, Any]]:
    uris = {"type": "string", "format": "uri", "enum": list(URIS), "default": CRS84}
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    return {
        "f": _query("f", {"type": "string", "enum": ["json", "html"]}, _("格式")),
        "collectionId": _in_path("collectionId", _("图层代码")),
        "featureId": _in_path("featureId", _("要素标识")),
        "version": _query("version", {"type": "integer", "minimum": 1}, _("图层版本号，默认为现行版本")),
        "limit": _query(
            "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT},
            _("每页要素数"), style="form", explode=False,
        ),
        "offset": _query(
            "offset", {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0},
            _("跳过的要素数；翻页请用 next 链接"),
        ),
        "after": _query("after", {"type": "string"}, _("从这个要素标识之后开始，由 next 链接给出")),
        "bbox": _query("bbox", numbers, _("范围，与之相交的要素入选"), style="form", explode=False),
        "bbox-crs": _query("bbox-crs", uris, _("范围的坐标系")),
        "crs": _query("crs", uris, _("输出的坐标系")),
        "datetime": _query(
            "datetime", {"type": "string"},
            _("时刻、日期或区间：给出区间终点时有效的版本；声明了有效期的版本须与区间相交"),
            style="form", explode=False,
        ),
        "properties": {
            "name": "properties", "in": "query", "required": False, "style": "form", "explode": True,
            "description": _("按属性值相等筛选：参数名是 queryables 列出的属性名"),
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "tileMatrix": _in_path("tileMatrix", _("瓦片级别")),
        "tileRow": _in_path("tileRow", _("瓦片行")),
        "tileCol": _in_path("tileCol", _("瓦片列")),
    }  # fmt: skip


def _refusals() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}
    words = {
        "400": _("参数有误"), "401": _("未登录或令牌无效"), "403": _("没有权限"), "404": _("没有，或无权知道"),
        "429": _("无效令牌的请求过多"),
    }  # fmt: skip
    return {status: {"description": text, "content": content} for status, text in words.items()}


def _operation(
    name: str, summary: str, parameters: list[str], schema: str, media_type: str = JSON, *, html: bool = True
) -> dict[str, Any]:
    body = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    content: dict[str, Any] = {media_type: body}
    if media_type == MVT:
        content = {MVT: {"schema": {"type": "string", "format": "binary"}}}
    if html:
        content[HTML] = {"schema": {"type": "string"}}
    references = [{"$ref": f"#/components/parameters/{each}"} for each in (*parameters, "f")]
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": references,
            "responses": {"200": {"description": summary, "content": content}, **_refusals()},
        }
    }


def document(server: str) -> dict[str, Any]:
    """The description, with the server's address."""
    of_collection, of_version = ["collectionId"], ["collectionId", "version"]
    tiles = f"/collections/{{collectionId}}/tiles/{MATRIX_SET}"
    asked = ["limit", "offset", "after", "bbox", "bbox-crs", "crs", "datetime", "version", "properties"]
    paths = {
        "/": _operation("getLandingPage", _("图层数据服务"), [], "landingPage"),
        "/api": _operation("getApi", _("接口描述"), [], "document", OPENAPI),
        "/conformance": _operation("getConformance", _("符合的标准要求"), [], "confClasses"),
        "/collections": _operation("getCollections", _("图层集合"), [], "collections"),
        "/collections/{collectionId}": _operation("getCollection", _("图层"), of_version, "collection"),
        "/collections/{collectionId}/queryables": _operation(
            "getQueryables", _("可筛选的属性"), of_version, "document", SCHEMA
        ),
        "/collections/{collectionId}/items": _operation(
            "getFeatures", _("要素"), [*of_collection, *asked], "featureCollectionGeoJSON", GEOJSON
        ),
        "/collections/{collectionId}/items/{featureId}": _operation(
            "getFeature",
            _("一个要素"),
            [*of_version, "featureId", "crs", "datetime"],
            "featureGeoJSON",
            GEOJSON,
        ),
        "/collections/{collectionId}/tilejson": _operation("getTileJson", "TileJSON", of_version, "document"),
        "/collections/{collectionId}/tiles": _operation("getTileSets", _("矢量瓦片"), of_version, "document"),
        tiles: _operation("getTileSet", _("矢量瓦片集"), of_version, "document"),
        f"{tiles}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _operation(
            "getTile",
            _("瓦片"),
            [*of_version, "tileMatrix", "tileRow", "tileCol"],
            "document",
            MVT,
            html=False,
        ),
        "/tileMatrixSets": _operation("getTileMatrixSets", _("瓦片矩阵集"), [], "document"),
        f"/tileMatrixSets/{MATRIX_SET}": _operation("getTileMatrixSet", MATRIX_SET, [], "document"),
    }
    return {
        "openapi": "3.0.3",
        "info": {
            "title": _("图层数据服务"),
            "version": "1.0.0",
            "description": _(
                "OGC API - Features 和 Tiles。用户名加令牌（Basic）或令牌（Bearer）放在请求头中。"
            ),
        },
        "servers": [{"url": server}],
        "security": [{"basic": []}, {"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": _SCHEMAS,
            "parameters": _parameters(),
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
            },
        },
    }
