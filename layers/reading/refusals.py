"""What a confined program says by code, in words: its text is ours, only its figures and names are the program's."""

from __future__ import annotations

from typing import Any

from layers.notices import Notice

_WORDS = {
    "confinement-broken": "隔离进程里的格式驱动超出许可范围，因此拒绝读取。",
    "incomplete": "读取文件的隔离进程没有给出完整的结果。",
    "no-layer": "文件中没有带几何的图层。",
    "which-layer": "文件中有多个图层，请指明读取哪一个：%(layers)s。",
    "nothing-inside": "文件里没有可以读取的图层，可能不完整或已损坏。",
    "shapefile-lengths": "shapefile 的 %(what)s 与文件头声明的长度或个数不符，文件可能不完整，请核对要素个数。",
    "driver-said": "读取时的提示：%(reason)s",
    "cad-expands": "图纸的块展开后超过 %(limit)d 个图元，不能读取。",
    "rows-lost": "文件有 %(there)d 个要素，只读出 %(read)d 个：有要素过大或已损坏，不能读取。",
    "count-differs": "文件声明有 %(there)d 个要素，实际读出 %(read)d 个，请核对文件是否完整。",
    "many-layers": "文件有 %(count)d 个图层，只列出前 %(shown)d 个。",
    "no-geometry": "图层没有几何字段。",
    "not-readable": "文件内容无法读取：%(reason)s",
    "too-much-memory": "文件的内容太大，超过读取时的内存限制。",
    "feature-too-large": "有一个要素太大（超过 16 MB 文本或 64 MB 数据），不能读取。",
    "too-many-features": "要素超过 %(limit)d 个。",
    "too-many-vertices": "有一个要素的顶点超过 %(limit)d 个，不能读取。",
    "zip-broken": "zip 文件不完整或已损坏。",
    "cpg-wrong": ".cpg 声明的编码 %(told)s 与内容不符，已按 %(used)s 读取。",
    "text-damaged": "字段 %(name)s 有 %(count)d 个值的文字编码已损坏，无法还原的字符以“�”代替。",
    "zip-damaged": "zip 中的 %(name)s 已损坏，无法解压。",
    "gpkg-not-a-table": "GeoPackage 的图层 %(name)s 是视图或虚拟表，不是数据表，不打开。",
    "xml-broken": "KML 第 %(line)d 行不是正确的 XML，文件可能不完整。",
    "too-deep": "KML 的元素嵌套超过 %(limit)d 层，不打开。",
    "kml-links": "KML 中有 %(count)d 个网络链接，没有打开，其内容不在读取之列。",
    "xml-entities": "KML 中有文档类型或实体声明（DOCTYPE、ENTITY），可能用来攻击，不打开。",
    "parquet-without-geo": "Parquet 文件没有 GeoParquet 的 geo 元数据，不知道哪一列是几何。",
    "parquet-encoding": "GeoParquet 的几何编码 %(name)s 不能读取。",
    "too-many-sheets": "工作簿超过 %(limit)d 张工作表。",
    "too-many-rows": "工作簿超过 %(limit)d 行。",
    "csv-header": "表格第一行没有可用的几何列（WKT，或经纬度、X/Y 坐标列）。",
    "csv-long-line": "表格有一行超过 %(limit)d MB，不能读取。",
    "csv-ragged": "表格有 %(count)d 行的列数与表头不同，多出的列已舍去，缺少的列按空值读取。",
    "cad-left-out": "图纸中有 %(count)d 个图元不是闭合的多段线（未闭合的线、文字、点、填充等），没有读取。",
    "curves-straightened": "有 %(count)d 个要素含圆弧或曲面，已按 1 毫米的弦高化为直线段。",
    "geometry-broken": "有 %(count)d 个要素的几何已损坏，无法读取，按没有几何处理。",
    "raster-not-georeferenced": "栅格没有坐标系或地理位置。",
    "raster-bands": "栅格有 %(count)d 个波段，请指明用哪一个。",
    "raster-bomb": "栅格展开后有 %(size)d MB，是文件大小的 %(ratio)d 倍，超过限制，未打开。",
    "raster-type": "栅格的数值类型 %(name)s 不能使用。",
    "raster-rotated": "栅格是旋转或镜像的，请先校正为上北下南。",
    "raster-scaled": "栅格的数值已按文件声明的比例和偏移换算。",
    "raster-flipped": "栅格的行从南向北排列，已改为从北向南。",
    "raster-size": "栅格有 %(width)d×%(height)d 个像元，%(bands)d 个波段。",
    "raster-too-large": "栅格有 %(width)d×%(height)d 个像元，超过限制。",
}


_UNKNOWN = Notice("reader-died", "读取文件的隔离进程给出了不明的答复。")


def refused(message: dict[str, Any]) -> Notice:
    """A program's message as a notice."""
    code, params, field = str(message.get("code")), message.get("params") or {}, message.get("field")
    template = _WORDS.get(code)
    if template is None or not isinstance(params, dict):
        return _UNKNOWN
    try:
        template % params
    except (KeyError, TypeError, ValueError):
        return _UNKNOWN
    return Notice(code, template, params, field=str(field) if field is not None else None)


def remarks(answer: dict[str, Any]) -> tuple[Notice, ...]:
    """What a program has to say about a file that it read."""
    return tuple(refused(message) for message in answer.get("notices", []))
