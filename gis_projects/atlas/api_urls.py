from django.urls import path

from gis_projects.atlas.api import layers

app_name = "atlas-api"
urlpatterns = [
    path("layers/", layers.Layers.as_view(), name="layers"),
    path("layers/identify/", layers.Identify.as_view(), name="identify"),
    path("layers/<slug:code>/identify/", layers.IdentifyOne.as_view(), name="identify-one"),
    path("sites/", layers.Sites.as_view(), name="sites"),
    path("snap/", layers.Snap.as_view(), name="snap"),
]
