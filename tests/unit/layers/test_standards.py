import re
import tomllib

import numpy as np
import pytest
import shapely

from fixtures.city.classes import PLANNING, SURVEY
from layers import standards
from layers.standards.fields import ARRANGEMENTS, KINDS, ROLES
from layers.table import Table
from siting.rulebook import DEFAULT_PATH

# As the ministry's field list names them.
DLTB = [
    *("BSM", "YSDM", "TBYBH", "TBBH", "DLBM", "DLMC", "QSXZ", "QSDWDM", "QSDWMC", "ZLDWDM", "ZLDWMC", "TBMJ"),
    *("KCDLBM", "KCXS", "KCMJ", "TBDLMJ", "GDLX", "GDPDJB", "XZDWKD", "TBXHDM", "TBXHMC", "ZZSXDM", "ZZSXMC"),
    *("GDDB", "FRDBS", "CZCSXM", "SJNF", "MSSM", "HDMC", "BZ"),
]


def test_the_land_survey_has_all_its_fields():
    assert [field.name for field in standards.get("DLTB").fields] == DLTB


@pytest.mark.parametrize("standard", standards.all(), ids=lambda standard: standard.code)
def test_every_standard_is_whole(standard):
    names = [field.name for field in standard.fields]
    assert len(set(names)) == len(names)
    assert standard.arrangement in ARRANGEMENTS
    assert re.search(r"\[[VOP]\]", standard.source)
    roles = [field.role for field in standard.fields if field.role]
    assert len(set(roles)) == len(roles)
    assert set(roles) <= set(ROLES)
    for field in standard.fields:
        assert field.kind in KINDS
        assert field.label
        assert field.code_list is None or standards.code_list(field.code_list)
        assert field.pattern is None or re.compile(field.pattern)
        assert field.unit is None or field.role == "area"


@pytest.mark.parametrize("codes", standards.code_lists(), ids=lambda codes: codes.system)
def test_every_code_list_says_where_it_is_from(codes):
    assert codes.codes
    assert re.search(r"\[[VO]\]", codes.source)
    assert all(codes.codes.values())


def test_standards_and_lists_are_found_by_their_other_names():
    assert standards.get("YJJBNT") is standards.get("YJJBNTBHTB")
    assert standards.get("GHFQ").code == "GHYT"
    assert standards.get("nothing of the kind") is None
    assert standards.code_list("planning") is standards.code_list("planning2023")
    assert standards.code_list("") is None


def test_the_same_code_means_different_things():
    survey, planning = standards.code_list("survey"), standards.code_list("planning2023")
    assert (survey.codes["05"], planning.codes["05"]) == ("商业服务业用地", "湿地")
    assert (survey.codes["0602"], planning.codes["0602"]) == ("采矿用地", "设施农用地")


@pytest.mark.parametrize(("system", "used"), [("survey", SURVEY), ("planning", PLANNING)])
def test_the_demo_city_uses_codes_of_its_systems(system, used):
    codes = standards.code_list(system).codes
    assert {code: codes[code] for code in used} == used


def test_each_code_of_the_land_survey_has_one_group():
    survey = standards.code_list("survey")
    grouped = {
        code: survey.group(code) for code in survey.codes if len(code) > 2 and not code.startswith("13")
    }
    assert {code for code, group in grouped.items() if group is None} == set()
    groups = {
        name: {code for code, group in grouped.items() if group == name} for name in set(grouped.values())
    }
    assert {"0101", "0403K", "1006", "1104A", "1203"} <= groups["农用地"]
    assert {"05H1", "0702", "1003", "1109", "1201"} <= groups["建设用地"]
    assert {"0404", "1101", "1105", "1110", "1207"} == groups["未利用地"] & {
        "0404",
        "1101",
        "1105",
        "1110",
        "1207",
    }
    # a code has one pattern at most
    for code in grouped:
        assert sum(bool(re.match(f"(?:{begins})", code)) for begins in survey.groups.values()) == 1


def test_farmed_land_is_what_the_rulebook_calls_so():
    rules = tomllib.loads(DEFAULT_PATH.read_text(encoding="utf-8"))["rule"]
    farmed = tuple(next(rule for rule in rules if rule["code"] == "farmland-conversion")["classes"])
    survey = standards.code_list("survey")
    for code in survey.codes:
        if len(code) > 2:
            assert (survey.group(code) == "农用地") is code.startswith(farmed), code


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["BSM", "DLBM", "TBMJ"], {"BSM": "BSM", "DLBM": "DLBM", "TBMJ": "TBMJ"}),
        (["bsm", "Dlbm", "fid"], {"BSM": "bsm", "DLBM": "Dlbm"}),
        (["标识码", "地类编码", "图斑面积"], {"BSM": "标识码", "DLBM": "地类编码", "TBMJ": "图斑面积"}),
        (["XXTBKD", "GDPDJ"], {"XZDWKD": "XXTBKD", "GDPDJB": "GDPDJ"}),
        (["DLTB.BSM", "DLTB.DLBM"], {"BSM": "DLTB.BSM", "DLBM": "DLTB.DLBM"}),
        (["面积", "TBMJ"], {"TBMJ": "TBMJ"}),
        (["DLBM_1"], {"DLBM": "DLBM_1"}),
        ([], {}),
    ],
)
def test_a_mapping_is_proposed_by_names(names, expected):
    assert standards.propose_mapping(standards.get("DLTB"), names) == expected


def test_names_that_a_shapefile_cut_off_are_known():
    names = ["HJGKDYBM", "HJGKDYMC", "环境管控单元名称"]
    assert standards.propose_mapping(standards.get("HJGKDY"), names)["HJGKDYMC"] == "HJGKDYMC"
    assert standards.propose_mapping(
        standards.get("YJJBNTBHTB"), ["YJJBNTTBBH", "永久基本农田图斑面积"[:10]]
    ) == {
        "YJJBNTTBBH": "YJJBNTTBBH",
        "YJJBNTTBMJ": "永久基本农田图斑面积",
    }


def table(**columns):
    count = len(next(iter(columns.values())))
    return Table(
        geometries=np.array([shapely.Point(110, 40)] * count, dtype=object),
        attributes={name: np.array(values, dtype=object) for name, values in columns.items()},
    )


def test_a_mapping_renames_columns_and_takes_key_class_and_name():
    got = standards.apply(
        table(编号=["a", "b"], dl=["0101", "0102"], mc=["水田", "水浇地"], other=[1, 2]),
        {"BSM": "编号", "DLBM": "dl", "DLMC": "mc"},
        standards.get("DLTB"),
    )
    assert got.keys.tolist() == ["a", "b"]
    assert got.class_codes.tolist() == ["0101", "0102"]
    assert got.names.tolist() == ["水田", "水浇地"]
    assert {name: values.tolist() for name, values in got.attributes.items()} == {
        "BSM": ["a", "b"], "DLBM": ["0101", "0102"], "DLMC": ["水田", "水浇地"], "other": [1, 2],
    }  # fmt: skip


def test_a_column_that_a_mapping_would_hide_keeps_its_values():
    got = standards.apply(table(DLBM=["x"], real=["0101"]), {"DLBM": "real"}, standards.get("DLTB"))
    assert got.class_codes.tolist() == ["0101"]
    assert got.attributes["DLBM_"].tolist() == ["x"]


def test_attributes_by_feature_are_mapped_too():
    rows = Table(
        geometries=np.array([shapely.Point(110, 40)] * 2, dtype=object), attributes=[{"dl": "0101"}, {}]
    )
    got = standards.apply(rows, {"DLBM": "dl"}, standards.get("DLTB"))
    assert got.class_codes.tolist() == ["0101", ""]


def test_what_a_mapping_names_and_a_file_lacks_is_passed_over():
    got = standards.apply(table(dl=["0101"]), {"BSM": "gone", "DLBM": "dl"}, standards.get("DLTB"))
    assert list(got.attributes) == ["DLBM"]
