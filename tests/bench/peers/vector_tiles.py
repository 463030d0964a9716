"""django-vectortiles on the same table, in the peers' environment: reads "z x y" lines, answers "seconds bytes".

Arguments: database, host, user, layer id.
"""

from __future__ import annotations

import sys
import time

import django
from django.conf import settings

DATABASE, HOST, USER, LAYER = sys.argv[1:5]
settings.configure(
    INSTALLED_APPS=["django.contrib.gis", "vectortiles"],
    DATABASES={
        "default": {
            "ENGINE": "django.contrib.gis.db.backends.postgis", "NAME": DATABASE, "HOST": HOST, "USER": USER,
            "CONN_MAX_AGE": None,
        }
    },
    SILENCED_SYSTEM_CHECKS=["gis.W001"],
)  # fmt: skip
django.setup()

from django.contrib.gis.db import models  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from vectortiles.backends.postgis import VectorLayer  # noqa: E402
from vectortiles.views import MVTView  # noqa: E402


class Feature(models.Model):
    key = models.CharField(max_length=100)
    class_code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    layer_id = models.BigIntegerField()
    last_version = models.PositiveIntegerField(null=True)
    geom = models.GeometryField(srid=4490)

    class Meta:
        app_label = "peers"
        managed = False
        db_table = "layers_feature"


class Parcels(VectorLayer):
    model = Feature
    id = "DLTB"
    geom_field = "geom"
    tile_fields = ("key", "class_code", "name")
    queryset = Feature.objects.filter(layer_id=int(LAYER), last_version=None)


class Tiles(MVTView):
    layer_classes = [Parcels]


view, requests = Tiles.as_view(), RequestFactory()
for line in sys.stdin:
    z, x, y = map(int, line.split())
    request = requests.get("/")
    began = time.perf_counter()
    response = view(request, z=z, x=x, y=y)
    print(time.perf_counter() - began, len(response.content), flush=True)
