"""The page of a layer, and the form for what it says and how it looks."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from gis_projects.atlas.actions.layers import update_layer
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from layers.loading import stage
from layers.models import Layer
from tests.factories.layers import REGION, LayerFactory, grid_table, published
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


def test_the_page_says_what_the_layer_is(layers, planner):
    published("DLTB", grid_table(3, 2))
    Layer.objects.filter(code="DLTB").update(legal_status="法定调查成果", description="说明一行")
    page = planner.get("/layers/DLTB/")
    text = page.content.decode()
    for words in (
        "国土调查地类图斑",
        "法定调查成果",
        "说明一行",
        "自然资源局",
        "耕地",
        "EPSG:4490",
        "第 2 版",
        "第 1 版",
    ):
        assert words in text
    assert [row.version.number for row in page.context["versions"]] == [2, 1]
    assert page.context["versions"][0].changes == [("删除", 3)]
    assert "<svg" in page.context["coverage"]
    assert "修改说明与显示" not in text


def test_a_confidential_layer_has_no_page_for_who_may_not_know_of_it(layers, planner, reviewer):
    assert planner.get("/layers/MI/").status_code == planner.get("/layers/NONE/").status_code == 404
    assert reviewer.get("/layers/MI/").status_code == 200


def test_the_catalogue_stands_by_theme_and_leads_to_the_page(layers, planner):
    page = planner.get("/layers/")
    assert [(theme, len(members)) for theme, members in page.context["groups"]] == [("基础", 1), ("现状", 1)]
    assert 'href="/layers/DLTB/"' in page.content.decode()


def form_data(page, **changes):
    form, looks = page.context["form"], page.context["looks"]
    data = {name: form[name].value() for name in form.fields}
    data["thresholds"] = "{}"
    data["visible_by_default"] = ""
    data |= {f"look-{name}": value for name, value in looks.management_form.initial.items()}
    for number, one in enumerate(looks):
        data |= {f"look-{number}-{name}": one[name].value() or "" for name in one.fields}
    return {**data, **changes}


def test_the_form_changes_words_and_look_and_leaves_a_step(layers, reviewer):
    page = reviewer.get("/layers/DLTB/edit/")
    changes = {
        "opacity": "0.5",
        "min_zoom": "9",
        "look-0-fill": "#123456",
        "look-0-hatch": "dots",
        "order": "7",
    }
    answer = reviewer.post("/layers/DLTB/edit/", form_data(page, **changes))
    assert answer.status_code == 302
    layer = Layer.objects.get(code="DLTB")
    assert (layer.opacity, layer.min_zoom, layer.order) == (0.5, 9, 7)
    assert layer.style["01"] == {"fill": "#123456", "stroke": "#000000", "hatch": "dots"}
    assert list(layer.style) == ["01", "02"]
    step = Step.objects.get(verb="atlas.update_layer")
    assert step.subject == "layers.layer:DLTB"
    assert set(step.data["changed"]) == {"opacity", "min_zoom", "order", "style"}
    served = reviewer.get("/api/v1/layers/").json()[-1]
    assert (served["code"], served["opacity"], served["min_zoom"]) == ("DLTB", 0.5, 9)


@pytest.mark.parametrize(
    "changes",
    [
        {"opacity": "2"},
        {"min_zoom": "20", "max_zoom": "5"},
        {"look-0-fill": "red"},
        {"thresholds": "[1]"},
        {"thresholds": '{"nonsense": {}}'},
        {"thresholds": '{"overlap": {"never": {}}}'},
        {"thresholds": '{"overlap": {"reason": {"metres": 1}}}'},
        {"thresholds": '{"overlap": {"reason": {"errors": -1}}}'},
        {"thresholds": '{"overlap": {"reason": {"area_m2": 1e999}}}'},
        {"thresholds": '{"overlap": {"refuse": {"count": Infinity}}}'},
        {"thresholds": "[" * 60_000},
        {"thresholds": "9" * 5000},
        {"thresholds": '{"\\ud800": {}}'},
        {"look-TOTAL_FORMS": "1"},
    ],
)
def test_what_is_no_value_is_refused_and_nothing_changes(layers, reviewer, changes):
    before = Layer.objects.filter(code="DLTB").values().get()
    page = reviewer.get("/layers/DLTB/edit/")
    answer = reviewer.post("/layers/DLTB/edit/", form_data(page, **changes))
    assert answer.status_code == 200
    assert "alert-danger" in answer.content.decode()
    assert Layer.objects.filter(code="DLTB").values().get() == before
    assert not Step.objects.filter(verb="atlas.update_layer").exists()


def test_thresholds_that_can_be_read_are_kept(layers):
    by = user_of(Role.REVIEWER)
    kept = {"overlap": {"reason": {"errors": 1}, "refuse": {"area_m2": 10_000.0}}}
    assert update_layer(by=by, code="DLTB", thresholds=kept).thresholds == kept


def test_only_who_publishes_layers_changes_them(layers, planner):
    assert planner.get("/layers/DLTB/edit/").status_code == 403
    with pytest.raises(PermissionDenied):
        update_layer(by=user_of(Role.SURVEYOR), code="DLTB", name="别的名字")
    reviewer = user_of(Role.REVIEWER)
    with pytest.raises(TypeError):
        update_layer(by=reviewer, code="DLTB", secrecy="public")
    with pytest.raises(ValidationError):
        update_layer(by=reviewer, code="DLTB", name="")
    assert Layer.objects.get(code="DLTB").name == "国土调查地类图斑"


def test_a_layer_without_a_legend_is_changed_too(reviewer):
    published("BARE", grid_table(1, 1))
    page = reviewer.get("/layers/BARE/edit/")
    answer = reviewer.post("/layers/BARE/edit/", form_data(page, opacity="0.6"))
    assert answer.status_code == 302, (answer.context["form"].errors, answer.context["looks"].errors)
    assert Layer.objects.get(code="BARE").opacity == 0.6


def test_saving_what_is_there_leaves_no_step(layers):
    update_layer(by=user_of(Role.REVIEWER), code="DLTB", name="国土调查地类图斑")
    assert not Step.objects.filter(verb="atlas.update_layer").exists()


def test_a_layer_whose_only_version_waits_has_a_page(planner, reviewer):
    layer = LayerFactory(code="NEU")
    stage(layer, grid_table(), coverage=REGION)
    for client, number in ((planner, 0), (reviewer, 1)):
        page = client.get("/layers/NEU/")
        assert page.status_code == 200
        assert len(page.context["versions"]) == number


def test_who_has_no_role_sees_no_page(layers, client):
    client.force_login(User.objects.create(username="nobody", roles=[]))
    assert client.get("/layers/DLTB/").status_code == 403
