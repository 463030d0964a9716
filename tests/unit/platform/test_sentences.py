"""Lists in a sentence are listed as the reader's language does."""

from __future__ import annotations

import json

from django.utils import translation

from gis_projects.sentences import filled, listed, sentence
from layers.notices import Notice as OfLayers
from siting.engine.notices import Notice as OfSiting


def test_a_list_is_listed_by_language():
    notice = OfSiting(
        "case-owed",
        "还有 %(count)s 个部门没有出具意见：%(departments)s",
        {"count": 2, "departments": ["甲局", "乙局"]},
    )
    assert sentence(notice) == str(notice) == "还有 2 个部门没有出具意见：甲局、乙局"
    with translation.override("en"):
        assert sentence(notice).endswith("甲局, 乙局")
        assert listed(["甲", 3]) == "甲, 3"
    assert json.loads(json.dumps(dict(notice.params)))["departments"] == ["甲局", "乙局"]


def test_words_among_them_are_translated_each():
    with translation.override("en"):
        assert filled("%(what)s", {"what": ("是", "否")}) == "Yes, No"


def test_the_floors_below_list_in_chinese():
    assert str(OfLayers("archive", "缺少 %(missing)s", {"missing": [".shx", ".dbf"]})) == "缺少 .shx、.dbf"
