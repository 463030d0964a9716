"""GeoJSON, KML, CSV, DXF: text that is cut, deep, endless, or asks for something else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.layers.hostile import read, refused
from tests.integration.layers.hostile.good import RING, collection, feature, file, zipped

ANSWER = {"epsg": 4525}

# --- GeoJSON ------------------------------------------------------------------------------------------------


def _geojson(name: str, text: str, *codes: str) -> None:
    def make(folder: Path) -> Path:
        return file(folder, text)

    refused(*codes, name=f"geojson_{name}")(make)


_WHOLE = collection(feature([RING], BSM="1"))
_geojson("cut_short", _WHOLE[:-30], "not-readable")
_geojson("of_a_hundred_thousand_brackets", '{"type":' + "[" * 100_000 + "]" * 100_000 + "}", "not-readable")
_geojson("deep_collection", '{"type":"GeometryCollection","geometries":[' * 500 + "]}" * 500,
         "not-readable", "no-layer")  # fmt: skip
_geojson("swapped_axes", collection(feature([[p[::-1] for p in RING]])), "axes-swapped")
_geojson("metres_without_crs", collection(feature([[[x * 1e5, y * 1e5] for x, y in RING]])), "crs-not-given")
_geojson("metres_that_claim_degrees", collection(
    feature([[[x * 1e5, y * 1e5] for x, y in RING]]),
    crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}},
), "coordinates-not-degrees")  # fmt: skip
_geojson("topojson", json.dumps({"type": "Topology", "objects": {}, "arcs": []}), "not-readable", "no-layer")
_geojson(
    "esri_json",
    json.dumps({"geometryType": "esriGeometryPolygon", "features": []}),
    "not-readable",
    "no-layer",
)


@read(1)
def geojson_with_a_crs_by_link(folder):
    """Not followed: by the standard it is degrees, and the numbers are."""
    link = {"type": "link", "properties": {"href": "http://127.0.0.1:PORT/crs", "type": "proj4"}}
    return file(folder, collection(feature([RING]), crs=link))


@read(0)
def geojson_without_features(folder):
    return file(folder, collection())


@read(2)
def geojson_with_coordinates_that_are_no_numbers(folder):
    return file(folder, collection(feature([RING]), feature([RING])).replace("109.91", "NaN", 1))


@refused("not-readable")
def geojson_with_a_number_too_large(folder):
    return file(folder, collection(feature([RING]), feature([RING])).replace("109.91", "1e999", 1))


@read(6)
def geojson_of_mixed_kinds(folder):
    kinds = [feature([RING]), feature(RING[0], "Point"), feature(RING, "LineString"), feature([[RING]], "MultiPolygon"),
             {"type": "Feature", "properties": {}, "geometry": None},
             {"type": "Feature", "properties": None, "geometry": {"type": "Polygon", "coordinates": []}}]  # fmt: skip
    return file(folder, collection(*kinds))


@read(3, "driver-said")
def geojson_with_rings_that_are_none(folder):
    return file(folder, collection(feature([RING]), feature([RING[:2]]), feature([RING[:3]])))


@read(2)
def geojson_with_coordinates_of_the_wrong_depth(folder):
    return file(folder, collection(feature([RING]), feature(RING)))


@read(2)
def geojson_with_words_for_numbers(folder):
    return file(
        folder, collection(feature([RING]), feature([[["109", "40"], ["x", "y"], [1, 2], ["109", "40"]]]))
    )


@read(1, "driver-said")
def geojson_with_heights_and_more(folder):
    return file(folder, collection(feature([[[*p, 1000.0, 5.0, 6.0] for p in RING]])))


@read(1)
def geojson_with_nested_properties(folder):
    return file(folder, collection(feature([RING], a={"b": [1, {"c": "深"}]}, d=[1, 2])))


@read(1)
def geojson_with_a_long_property(folder):
    return file(folder, collection(feature([RING], a="字" * 1_000_000)))


@read(1, "text-damaged")
def geojson_with_half_characters_and_nul(folder):
    return file(folder, collection(feature([RING], a="X")).replace('"X"', '"\\ud800 \\u0000 x"'))


@read(1)
def geojson_with_bytes_that_are_no_utf8(folder):
    return file(folder, collection(feature([RING], a="X")).encode().replace(b'"X"', b'"\xff\xfe\xb8"'))


@read(2000)
def geojson_where_every_feature_has_a_field_of_its_own(folder):
    return file(folder, collection(*(feature([RING], **{f"f{n}": n}) for n in range(2000))))


@refused("feature-too-large")
def geojson_with_an_endless_feature(folder):
    points = ",".join(f"[110.{n:07d},40.{n:07d}]" for n in range(1_000_000))
    return file(folder, '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
                f'{{"type":"Polygon","coordinates":[[{points}]]}}}}]}}')  # fmt: skip


# --- KML ----------------------------------------------------------------------------------------------------
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>地块</name>{}</Document></kml>'
POINTS = " ".join(f"{x},{y},0" for x, y in RING)
POLYGON = "<Polygon><outerBoundaryIs><LinearRing><coordinates>{}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
PLACE = f"<Placemark><name>甲</name>{POLYGON.format(POINTS)}</Placemark>"
BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def _kml(name: str, text: str | bytes, *codes: str) -> None:
    def make(folder: Path) -> Path:
        return file(folder, text)

    refused(*codes, name=f"kml_{name}")(make)


_kml(
    "entity_bomb",
    f'<!DOCTYPE kml [<!ENTITY l0 "x">{BOMB}]>' + KML.format(PLACE.replace("甲", "&l9;")),
    "xml-entities",
)
_FILE = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_kml("external_entity", _FILE + KML.format(PLACE.replace("甲", "&x;")), "xml-entities")
_kml(
    "external_document_type",
    '<!DOCTYPE kml SYSTEM "http://127.0.0.1:PORT/kml.dtd">' + KML.format(PLACE),
    "xml-entities",
)
_kml("undeclared_entity", KML.format(PLACE.replace("甲", "&nbsp;")), "xml-broken")
_kml("cut_short", KML.format(PLACE)[:-60], "xml-broken")
_kml("of_ten_thousand_folders", KML.format("<Folder>" * 10_000 + PLACE + "</Folder>" * 10_000), "too-deep")
_kml("without_placemarks", KML.format(""), "no-layer")
_kml("with_broken_bytes", KML.format(PLACE).encode().replace("甲".encode(), b"\xff\xfe"), "xml-broken")
_kml("that_is_a_gpx", "<gpx version='1.1'><wpt lat='40' lon='110'/></gpx>", "file-not-recognised")


@read(1, "kml-links")
def kml_with_network_links(folder):
    links = "<NetworkLink><Link><href>http://127.0.0.1:PORT/more.kml</href></Link></NetworkLink>" * 3
    overlay = "<GroundOverlay><Icon><href>http://127.0.0.1:PORT/a.png</href></Icon></GroundOverlay>"
    return file(folder, KML.format(links + overlay + PLACE))


@read(2, "geometry-broken")
def kml_with_words_for_coordinates(folder):
    return file(folder, KML.format(PLACE + PLACE.replace("109.91", "hundred")))


@read(2)
def kml_with_an_empty_polygon(folder):
    return file(folder, KML.format(PLACE + "<Placemark><Polygon/></Placemark>"))


@read(1)
def kml_in_utf16(folder):
    return file(
        folder,
        zipped({"doc.kml": ("<?xml version='1.0' encoding='utf-16'?>" + KML.format(PLACE)).encode("utf-16")}),
    )


@refused("axes-swapped")
def kml_with_latitude_first(folder):
    return file(folder, KML.format(PLACE.replace(POINTS, " ".join(f"{y},{x}" for x, y in RING))))


@refused("xml-entities")
def kmz_with_an_entity_bomb(folder):
    return file(
        folder,
        zipped({"doc.kml": f'<!DOCTYPE kml [<!ENTITY l0 "x">{BOMB}]>'.encode() + KML.format(PLACE).encode()}),
    )


@refused("xml-broken")
def kmz_whose_kml_is_a_vrt(folder):
    return file(folder, zipped({"doc.kml": b"<OGRVRTDataSource><OGRVRTLayer name='a'>"}))


@refused("feature-too-large", "too-many-vertices")
def kml_with_three_million_vertices(folder):
    return file(folder, KML.format(PLACE.replace(POINTS, "109.9,40.6 " * 3_000_000)))


# --- CSV ----------------------------------------------------------------------------------------------------
WKT = "POLYGON ((109.9 40.6, 109.91 40.6, 109.91 40.61, 109.9 40.6))"
DEGREES = {"epsg": 4490}


@read(2, "crs-answered", **DEGREES)
def csv_with_formulas(folder):
    return file(folder, f'name,wkt\n"=cmd|\'/c calc\'!A0","{WKT}"\n@SUM(1+1),"{WKT}"\n')


@refused("csv-long-line", "not-readable", **DEGREES)
def csv_with_an_endless_line(folder):
    return file(folder, "name,wkt\n" + "x" * (17 << 20))


@refused("csv-long-line", "not-readable", **DEGREES)
def csv_with_a_quote_that_never_ends(folder):
    return file(folder, 'name,wkt\n"' + ("x" * 1000 + ",\n") * 17_000)


@read(2, "crs-answered", "geometry-broken", **DEGREES)
def csv_with_broken_wkt(folder):
    return file(folder, f'name,wkt\na,"{WKT}"\nb,"POLYGON ((1 2, 3"\n')


@read(3, "crs-answered", "csv-ragged", **DEGREES)
def csv_with_rows_of_other_lengths(folder):
    return file(folder, f'name,wkt\na,"{WKT}"\nb,"{WKT}",c,d\nc\n')


@read(2, "crs-answered", "text-damaged", **DEGREES)
def csv_in_two_encodings(folder):
    whole = f'name,wkt\n耕地耕地耕地耕地耕地耕地耕地耕地耕地,"{WKT}"\n'.encode()
    return file(folder, whole + "林地".encode("gbk") + f',"{WKT}"\n'.encode())


@refused("file-not-recognised")
def csv_with_nul(folder):
    return file(folder, b"name,wkt\n\x00\x00,POINT (1 1)\n")


@refused("file-not-recognised")
def csv_without_geometry(folder):
    return file(folder, "name,area\n甲,12\n")


@read(3, "crs-answered", "geometry-broken", **ANSWER)
def csv_with_coordinates_that_are_no_numbers(folder):
    return file(folder, "name,x,y\na,37400000,4500000\nb,nan,inf\nc,五,六\n")


@refused("csv-header")
def csv_of_ten_thousand_columns(folder):
    return file(folder, ",".join(["wkt", *(f"c{n}" for n in range(2000))]) + "\n")


@read(1, "crs-answered", **DEGREES)
def csv_with_a_deep_collection(folder):
    return file(folder, "wkt\n" + '"' + "GEOMETRYCOLLECTION (" * 50 + "POINT (110 40)" + ")" * 50 + '"\n')


# --- DXF ----------------------------------------------------------------------------------------------------
DXF = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n0\nENDSEC\n{blocks}"
DXF += "0\nSECTION\n2\nENTITIES\n{entities}0\nENDSEC\n0\nEOF\n"
CORNERS = [(37_400_000, 4_500_000), (37_400_100, 4_500_000), (37_400_100, 4_500_100), (37_400_000, 4_500_100)]


def line(layer: str = "J", *, closed: int = 1, bulge: float = 0, count: int = 4, corners=CORNERS) -> str:
    points = "".join(f"10\n{x}\n20\n{y}\n42\n{bulge}\n" for x, y in corners)
    return (
        f"0\nLWPOLYLINE\n100\nAcDbEntity\n8\n{layer}\n100\nAcDbPolyline\n90\n{count}\n70\n{closed}\n{points}"
    )


def insert(name: str, more: str = "") -> str:
    return f"0\nINSERT\n8\nJ\n2\n{name}\n10\n37400000\n20\n4500000\n30\n0\n{more}"


def block(name: str, content: str) -> str:
    return f"0\nBLOCK\n8\n0\n2\n{name}\n70\n0\n10\n0\n20\n0\n30\n0\n3\n{name}\n{content}0\nENDBLK\n"


def drawing(entities: str, blocks: str = "") -> str:
    blocks = f"0\nSECTION\n2\nBLOCKS\n{blocks}0\nENDSEC\n" if blocks else ""
    return DXF.format(entities=entities, blocks=blocks)


@read(1, "crs-answered", "driver-said", **ANSWER)
def dxf_whose_block_holds_itself(folder):
    return file(folder, drawing(line() + insert("A"), block("A", insert("A"))))


@refused("cad-expands", **ANSWER)
def dxf_of_blocks_in_blocks(folder):
    blocks = block("B0", line()) + "".join(block(f"B{n}", insert(f"B{n - 1}") * 10) for n in range(1, 9))
    return file(folder, drawing(line() + insert("B8"), blocks))


@refused("cad-expands", **ANSWER)
def dxf_of_an_endless_grid_of_blocks(folder):
    grid = "70\n30000\n71\n30000\n44\n1\n45\n1\n"
    return file(folder, drawing(line() + insert("A", grid), block("A", line())))


@read(1, "crs-answered", "cad-left-out", **ANSWER)
def dxf_with_open_lines(folder):
    return file(folder, drawing(line() + line(closed=0) * 3))


@refused("no-layer")
def dxf_without_closed_lines(folder):
    return file(folder, drawing(line(closed=0)))


@refused("no-layer")
def dxf_with_nothing(folder):
    return file(folder, drawing(""))


@read(1, "crs-answered", **ANSWER)
def dxf_with_arcs(folder):
    return file(folder, drawing(line(bulge=0.5)))


@refused("not-readable", "no-layer")
def dxf_cut_short(folder):
    return file(folder, drawing(line())[:120])


@read(1, "crs-answered", **ANSWER)
def dxf_that_claims_two_thousand_million_corners(folder):
    return file(folder, drawing(line(count=2_000_000_000)))


@refused("coordinate-not-a-number", "not-readable", "no-layer", **ANSWER)
def dxf_with_coordinates_that_are_no_numbers(folder):
    return file(folder, drawing(line(corners=[("nan", "inf")] * 4)))


@refused("not-readable", "no-layer")
def dxf_in_binary_with_nothing_in_it(folder):
    return file(folder, b"AutoCAD Binary DXF\r\n\x1a\x00" + b"\xff" * 200)


@refused("crs-not-given")
def dxf_without_an_answer(folder):
    return file(folder, drawing(line()))


@refused("which-layer", **ANSWER)
def dxf_of_two_cad_layers(folder):
    return file(folder, drawing(line("红线") + line("图斑")))


@read(2, "crs-answered", layer_name="*", **ANSWER)
def dxf_of_two_cad_layers_taken_together(folder):
    return file(folder, drawing(line("红线") + line("图斑")))
