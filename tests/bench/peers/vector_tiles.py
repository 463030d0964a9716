"""django-vectortiles on the same table, in the peers' environment: a WSGI application for gunicorn.

The environment names database, host, user and layer: PEER_DATABASE, PEER_HOST, PEER_USER, PEER_LAYER.
"""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="peer",
    INSTALLED_APPS=["django.contrib.gis", "vectortiles"],
    DATABASES={
        "default": {
            "ENGINE": "django.contrib.gis.db.backends.postgis",
            "NAME": os.environ["PEER_DATABASE"], "HOST": os.environ["PEER_HOST"], "USER": os.environ["PEER_USER"],
            "CONN_MAX_AGE": None,
        }
    },
    SILENCED_SYSTEM_CHECKS=["gis.W001"],
)  # fmt: skip
django.setup()

from django.contrib.gis.db import models  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
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
    queryset = Feature.objects.filter(layer_id=int(os.environ["PEER_LAYER"]), last_version=None)


class Tiles(MVTView):
    layer_classes = [Parcels]


urlpatterns = [path("<int:z>/<int:x>/<int:y>", Tiles.as_view())]
application = get_wsgi_application()
