from django.urls import path

from gis_projects.atlas import api

app_name = "atlas-api"
urlpatterns = [
    path("layers/", api.Layers.as_view(), name="layers"),
    path("layers/identify/", api.Identify.as_view(), name="identify"),
    path("layers/<slug:code>/identify/", api.IdentifyOne.as_view(), name="identify-one"),
    path("sites/", api.Sites.as_view(), name="sites"),
    path("snap/", api.Snap.as_view(), name="snap"),
]
