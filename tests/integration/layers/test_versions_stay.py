"""Whatever is staged, published, discarded and withdrawn: every version answers what was brought as that version."""

from collections import Counter

import numpy as np
import pytest
import shapely
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import queries
from layers.areas import exact_areas
from layers.loading import load, stage
from layers.models import WAITING, Feature, FeaturePiece, LayerVersion
from layers.notices import UnusableLayer
from layers.publishing import discard, publish
from layers.table import Table
from layers.withdrawal import withdraw
from tests.factories.layers import ORIGIN, REGION, STEP, LayerFactory, square

pytestmark = pytest.mark.django_db

BIG = shapely.buffer(shapely.Point(ORIGIN[0] + 2 * STEP, ORIGIN[1] + 2 * STEP), 3 * STEP, quad_segs=60)
SHAPES = [*(square(i, j) for i in range(4) for j in range(2)), square(0.5, 0.5), BIG]

# a feature: which key, which shape, which class
features = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, len(SHAPES) - 1), st.sampled_from(["01", "02"])), max_size=9
)
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["stage", "load"]), features),
        st.tuples(st.sampled_from(["publish", "discard", "withdraw"]), st.just([])),
    ),
    min_size=3,
    max_size=9,
)
places = st.tuples(st.floats(-0.5, 5), st.floats(-0.5, 5), st.floats(0.05, 3))

AREAS = exact_areas(np.array(SHAPES, dtype=object)).tolist()

Content = Counter  # of (class, shape's number)


def table(rows) -> Table:
    return Table(
        geometries=np.array([SHAPES[shape] for _, shape, _ in rows], dtype=object),
        keys=[f"K{key}" for key, _, _ in rows], class_codes=[code for _, _, code in rows],
    )  # fmt: skip


class Model:
    """What each number of the layer should say, kept beside the database."""

    def __init__(self) -> None:
        self.layer = LayerFactory(code="A")
        self.versions: dict[int, Content] = {}
        self.waiting: LayerVersion | None = None
        self.content_before: dict[int, int | None] = {}

    def do(self, step: str, rows) -> None:
        number = max(self.versions, default=0) + (self.waiting is None)
        in_force = None if number == 1 else number - 1
        if step in ("stage", "load"):
            if self.waiting is not None:
                with pytest.raises(UnusableLayer):
                    stage(self.layer, table(rows), coverage=REGION)
                return
            content = Counter((code, shape) for _, shape, code in rows)
            if step == "load":
                assert load(self.layer, table(rows), coverage=REGION).version == number
            else:
                self.waiting = stage(self.layer, table(rows), coverage=REGION)
                assert self.waiting.number == number
            self.versions[number], self.content_before[number] = content, in_force
        elif self.waiting is not None:
            if step == "publish":
                publish(self.waiting)
            elif step == "discard":
                discard(self.waiting)
                del self.versions[self.waiting.number]
            else:
                with pytest.raises(UnusableLayer):
                    withdraw(self.layer)
                return
            self.waiting = None
        elif step == "withdraw":
            source = self.content_before.get(in_force) if in_force else None
            if source is None:
                with pytest.raises(UnusableLayer):
                    withdraw(self.layer)
                return
            assert withdraw(self.layer).version == number
            self.versions[number] = self.versions[source]
            self.content_before[number] = self.content_before[source]


def agrees(model: Model, place) -> None:
    """Each version's answers about a place against a scan of what was brought."""
    x, y, size = place
    box = square(x, y, size * STEP)
    point = shapely.centroid(box)
    pinned = {number: queries.pinned({"A": number})["A"] for number in model.versions}
    for number, content in model.versions.items():
        version = pinned[number]
        found = queries.candidates({"A": version}, box)["A"]
        cut = shapely.area(shapely.intersection(found.geometries, box))
        expected = sum(
            count * shapely.area(shapely.intersection(SHAPES[s], box)) for (_, s), count in content.items()
        )
        assert cut.sum() == pytest.approx(expected, abs=1e-12)
        near = {(code, s) for code, s in content if shapely.intersects(SHAPES[s], box)}
        assert {code for code, _ in near} <= set(found.classes)
        identified = queries.identify({"A": version}, point.x, point.y)
        hits = Counter((hit.class_code, shapely.area(hit.geometry)) for hit in identified)
        assert hits == under(content, point)
        whole = [
            piece
            for part in queries.everything(version)
            for piece in zip(part.keys, part.classes, part.areas, strict=True)
        ]
        assert len({key for key, _, _ in whole}) == sum(content.values()) == version_size(number)
        areas: Counter = Counter()
        for _, code, area in whole:
            areas[code] += area
        for code in ("01", "02"):
            assert areas[code] == pytest.approx(
                sum(count * AREAS[s] for (c, s), count in content.items() if c == code), rel=1e-9
            )


def under(content: Content, point) -> Counter:
    """What lies under a point: (class, area in degrees)."""
    found: Counter = Counter()
    for (code, s), count in content.items():
        if shapely.intersects(SHAPES[s], point):
            found[code, shapely.area(SHAPES[s])] += count
    return found


def version_size(number: int) -> int:
    return LayerVersion.objects.get(number=number).feature_count


@given(steps=steps, places=st.lists(places, min_size=1, max_size=2))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_version_answers_as_it_was_brought(steps, places):
    with transaction.atomic():
        model = Model()
        for step, rows in steps:
            model.do(step, rows)
            for place in places:
                agrees(model, place)
        for number in model.versions:
            assert queries.verify(queries.pinned({"A": number})["A"]).intact
        waiting = LayerVersion.objects.filter(status__in=WAITING).count()
        assert waiting == (model.waiting is not None)
        known = set(model.versions)
        assert set(Feature.objects.values_list("first_version", flat=True)) <= known
        big = Feature.objects.filter(vertices__gt=128).values_list("pk", flat=True)
        assert set(FeaturePiece.objects.values_list("feature_id", flat=True)) == set(big)
        transaction.set_rollback(True)
