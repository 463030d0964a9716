"""What a file leaves open."""

from __future__ import annotations

import pytest

from gis_projects.atlas import questions
from layers.models import Layer, LayerVersion
from layers.notices import Refused
from tests.factories.layers import LayerFactory, published

pytestmark = pytest.mark.django_db


def file_layer(name="dltb", crs="CGCS2000", fields=("BSM", "DLBM"), candidates=()):
    return {
        "name": name,
        "geometry_type": "Polygon",
        "feature_count": 3,
        "crs": crs,
        "fields": [{"name": field, "type": "text", "samples": []} for field in fields],
        "crs_candidates": list(candidates),
    }


def inspection(*layers):
    return {"format": "geopackage", "kind": "vector", "layers": list(layers or [file_layer()]), "notices": []}


ANSWERED = {"coverage": "features", "source_date": None, "legal_source": ""}


def test_a_file_that_says_it_all_leaves_nothing_open():
    assert questions.open_questions(inspection(), LayerFactory(), ANSWERED) == []


def test_nothing_is_guessed_about_a_bare_file():
    bare = inspection(file_layer("a", crs=None), file_layer("b", crs=None))
    assert questions.open_questions(bare, None, {}) == ["layer", "file_layer", "source_date", "legal_source"]
    open_ = questions.open_questions(bare, LayerFactory(), {"file_layer": "b", **ANSWERED})
    assert open_ == ["epsg"]


def test_a_coverage_that_was_given_is_kept_until_another_is():
    published("A")
    layer = Layer.objects.get(code="A")
    assert questions.coverages(layer) == ["before", "region"]
    assert questions.coverages(LayerFactory()) == ["features", "region"]
    with pytest.raises(Refused):
        questions.checked({"coverage": "features"}, inspection=inspection(), layer=layer, before={})


def test_fields_are_asked_for_only_where_the_names_do_not_tell():
    layer = LayerFactory(standard="DLTB")
    standard = questions.standard_of(layer)
    names = [field.name for field in standard.fields]
    assert "mapping" not in questions.open_questions(inspection(file_layer(fields=names)), layer, ANSWERED)
    assert "mapping" in questions.open_questions(inspection(file_layer(fields=["X1"])), layer, ANSWERED)
    given = {"mapping": {names[0]: "X1"}}
    checked = questions.checked(
        given, inspection=inspection(file_layer(fields=["X1"])), layer=layer, before={}
    )
    assert checked["mapping"] == {names[0]: "X1"}


def test_a_remembered_field_that_is_gone_is_asked_for():
    layer = LayerFactory(standard="DLTB", mapping={"DLBM": "CODE"})
    names = [field.name for field in questions.standard_of(layer).fields]
    there = inspection(file_layer(fields=[*names, "CODE"]))
    assert questions.mapping_of(layer, questions.file_layers(there)[0])["DLBM"] == "CODE"
    assert "mapping" not in questions.open_questions(there, layer, ANSWERED)
    gone = inspection(file_layer(fields=names))
    assert "mapping" in questions.open_questions(gone, layer, ANSWERED)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"file_layer": "other"}, "file_layer"),
        ({"epsg": "zone 37"}, "epsg"),
        ({"source_date": "2026-02-30"}, "source_date"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to"),
        ({"legal_source": "文" * 201}, "legal_source"),
        ({"coverage": "everywhere"}, "coverage"),
        ({"coverage": {"type": "Point", "coordinates": [110, 40]}}, "coverage"),
        (
            {"coverage": {"type": "Polygon", "coordinates": [[[110, 40], [500, 40], [110, 41], [110, 40]]]}},
            "coverage",
        ),
        ({"mapping": {"DLBM": "X"}}, "mapping"),
    ],
)
def test_an_answer_that_cannot_be_names_its_field(given, field):
    with pytest.raises(Refused) as caught:
        questions.checked(given, inspection=inspection(), layer=LayerFactory(), before={})
    assert caught.value.notices[0].field == field


def test_another_layer_of_the_file_forgets_what_was_said_about_the_first():
    two = inspection(file_layer("a", crs=None), file_layer("b", crs=None))
    before = {"file_layer": "a", "epsg": 4525, "mapping": {}, "legal_source": "文"}
    after = questions.checked({"file_layer": "b"}, inspection=two, layer=LayerFactory(), before=before)
    assert after == {"file_layer": "b", "legal_source": "文"}
    assert not LayerVersion.objects.exists()
