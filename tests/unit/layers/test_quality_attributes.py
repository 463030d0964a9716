import numpy as np
import pytest
import shapely

from layers import standards
from layers.areas import exact_areas
from layers.quality import attributes
from layers.quality.encoding import damaged
from layers.table import Table
from tests.factories.layers import square

DLTB = standards.get("DLTB")


def table(count=2, **columns):
    shapes = [square(n, 0) for n in range(count)]
    complete = {
        "BSM": [f"B{n}" for n in range(count)], "YSDM": ["2001010100"] * count, "TBBH": [str(n) for n in range(count)],
        "DLBM": ["0101"] * count, "DLMC": ["水田"] * count, "QSXZ": ["30"] * count, "QSDWDM": ["1"] * count,
        "QSDWMC": ["村"] * count, "ZLDWDM": ["1"] * count, "ZLDWMC": ["村"] * count,
        "TBMJ": np.round(exact_areas(shapes), 2), "TBDLMJ": np.round(exact_areas(shapes), 2), "SJNF": ["2024"] * count,
    }  # fmt: skip
    complete |= columns
    kept = {
        name: values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
        for name, values in complete.items() if values is not None
    }  # fmt: skip
    return Table(
        geometries=np.array(shapes, dtype=object), keys=kept.get("BSM"), class_codes=kept.get("DLBM"),
        names=kept.get("DLMC"), attributes=kept,
    )  # fmt: skip


def check(class_system="survey", standard=DLTB, **columns):
    return attributes.check(table(**columns), standard, class_system)


def told(found):
    return [(f.kind, f.severity, f.key, f.field) for f in found]


def test_what_is_as_it_should_be_is_not_mentioned():
    assert check() == []


@pytest.mark.parametrize("missing", ["", None, "  ", float("nan"), "\x00"])
def test_a_required_value_that_is_missing(missing):
    [found] = check(QSDWMC=["村", missing])
    assert told([found]) == [("required", "error", "B1", "QSDWMC")]
    assert str(found.notice) == "必填字段“权属单位名称”（QSDWMC）没有值。"
    assert found.place == pytest.approx((109.915, 40.605))


def test_a_missing_number_is_a_missing_value():
    assert told(check(TBDLMJ=np.array([np.nan, 1.0]))) == [("required", "error", "B0", "TBDLMJ")]


def test_a_column_that_is_absent_is_told_once_for_all():
    assert told(check(SJNF=None)) == []
    found = attributes.absent(DLTB, set(table().attributes) - {"SJNF"})
    assert told(found) == [("required", "error", "", "SJNF")]


def test_a_value_that_is_too_long():
    [found] = check(TBBH=["123456789", "1"])
    assert told([found]) == [("too_long", "warning", "B0", "TBBH")]
    assert str(found.notice) == "“图斑编号”（TBBH）有 9 个字符，标准只允许 8 个。"


def test_length_counts_characters_not_bytes():
    assert check(QSDWMC=["村" * 255, "村"]) == []


@pytest.mark.parametrize(
    ("value", "wrong"),
    [("2024", False), (2024, False), ("二零", True), ("2024.5", True), ("", True)],
)
def test_a_year_is_a_whole_number(value, wrong):
    assert bool(check(SJNF=["2024", value])) is wrong


def test_the_code_of_a_control_unit_has_its_form():
    unit = standards.get("HJGKDY")
    rows = table(BSM=["ZH15020310001", "ZH15020340001"])
    found = attributes.check(standards.apply(rows, {"HJGKDYBM": "BSM"}, unit), unit)
    assert ("format", "error", "ZH15020340001", "HJGKDYBM") in told(found)
    assert not any(f.key == "ZH15020310001" and f.kind == "format" for f in found)


def test_a_code_outside_its_list_is_an_error_that_names_the_system():
    [found] = check(DLBM=["0101", "9999"])
    assert told([found]) == [("code", "error", "B1", "DLBM")]
    assert str(found.notice) == "代码“9999”不在《第三次全国国土调查工作分类》中。"


def test_a_code_of_another_system_is_told_with_what_it_means_there():
    [found] = check(DLBM=["0101", "0703"])
    assert str(found.notice) == (
        "代码“0703”不在《第三次全国国土调查工作分类》中，在《国土空间调查、规划、用途管制用地用海分类指南（2023）》中是"
        "“农村宅基地”。"
    )


def test_the_same_codes_are_right_in_one_system_and_wrong_in_the_other():
    assert check("survey", DLBM=["05H1", "0101"]) == []
    assert [f.key for f in check("planning", DLBM=["05H1", "0101"])] == ["B0"]


def test_codes_are_looked_at_without_a_standard_too():
    assert told(check("survey", standard=None, DLBM=["0101", "x"])) == [("code", "error", "B1", "")]


def test_a_system_without_a_list_asks_nothing():
    assert check("GB/T 2260", DLBM=["15020", "15021"]) == []


def test_a_code_that_lost_its_zero_as_a_number_is_outside_the_list():
    assert [f.params["value"] for f in check(DLBM=[101.0, 1101.0])] == ["101"]


def test_codes_of_other_fields_have_their_own_lists():
    [found] = check(QSXZ=["30", "99"])
    assert told([found]) == [("code", "error", "B1", "QSXZ")]
    assert "权属性质代码" in str(found.notice)


@pytest.mark.parametrize(
    ("factor", "severity"),
    [(1.0, None), (1.0019, None), (1.003, "warning"), (1.06, "error"), (0.0001, "error")],
)
def test_a_declared_area_is_compared_with_the_ellipsoidal_one(factor, severity):
    areas = exact_areas([square(0, 0), square(1, 0)])
    found = check(TBMJ=areas * [1, factor])
    assert [f.severity for f in found] == ([severity] if severity else [])
    if severity:
        assert told(found) == [("area", severity, "B1", "TBMJ")]
        assert found[0].area_m2 == pytest.approx(abs(factor - 1) * areas[1])


def test_an_area_that_is_no_number_is_wrong_in_form_only():
    assert told(check(TBMJ=["很大", "939706.9"])) == [("format", "error", "B0", "TBMJ")]


@pytest.mark.parametrize("unit", [1, 10_000, 1_000_000, 2000 / 3])
def test_areas_of_a_field_without_a_unit_may_be_in_any(unit):
    red_line = standards.get("STBHHX")
    shapes = [square(0, 0), square(1, 0)]
    rows = Table(
        geometries=np.array(shapes, dtype=object), keys=["a", "b"],
        attributes={"HXMJ": exact_areas(shapes) / unit, "BSM": np.array(["a", "b"], dtype=object)},
    )  # fmt: skip
    assert attributes.check(rows, red_line) == []


def test_areas_that_are_known_are_not_worked_out_again():
    assert told(attributes.check(table(), DLTB, "survey", areas=np.array([1.0, 1.0]))) == [
        ("area", "error", "B0", "TBMJ"),
        ("area", "error", "B1", "TBMJ"),
    ]


def test_a_feature_without_geometry_is_looked_at_too():
    rows = Table(
        geometries=np.array([None], dtype=object), keys=["a"], class_codes=["nonsense"], attributes={}
    )
    [found] = attributes.check(rows, None, "survey")
    assert (found.kind, found.place) == ("code", None)


CHINESE = ["中国", "包头市昆都仑区", "水浇地(旱)", "第2村民小组", "永久基本农田"]


@pytest.mark.parametrize("text", [*CHINESE, "Baotou", "café", "naïve ½", "", "①②", "ABC-123", "牛", "联通"])
def test_texts_that_are_whole(text):
    assert not damaged(text)


@pytest.mark.parametrize("text", CHINESE)
@pytest.mark.parametrize(("written", "read"), [("gb18030", "latin-1"), ("utf-8", "latin-1")])
def test_chinese_that_was_read_in_the_wrong_encoding(text, written, read):
    assert damaged(text.encode(written).decode(read))


@pytest.mark.parametrize("text", ["中国", "包头市昆都仑区", "永久基本农田"])
def test_utf8_that_was_read_as_gb18030(text):
    read = text.encode().decode("gb18030", "replace")
    assert damaged(read)
    assert damaged(read.replace("\ufffd", "?"))


@pytest.mark.parametrize("text", ["水\ufffd地", "锟斤拷", "村烫烫烫"])
def test_what_decoders_leave_behind(text):
    assert damaged(text)


def test_garbled_texts_of_any_column_are_found():
    found = check(QSDWMC=["村", "包头市".encode("gb18030").decode("latin-1")], extra=["好\ufffd", "好"])
    assert told(found) == [("encoding", "error", "B1", "QSDWMC"), ("encoding", "error", "B0", "extra")]


def test_a_column_is_looked_at_by_its_distinct_values(monkeypatch):
    asked = []
    monkeypatch.setattr(attributes, "damaged", lambda text: asked.append(text) or False)
    attributes.check(table(1000, QSDWMC=["村"] * 1000), DLTB, "survey")
    assert asked.count("村") == 2  # two columns have it
    assert not shapely.is_empty(table(1).geometries[0])
