from django.urls import path

from gis_projects.atlas.api import differences, layers, printing, search

app_name = "atlas-api"
urlpatterns = [
    path("layers/", layers.Layers.as_view(), name="layers"),
    path("layers/identify/", layers.Identify.as_view(), name="identify"),
    path("layers/<slug:code>/identify/", layers.IdentifyOne.as_view(), name="identify-one"),
    path("layers/<slug:code>/feature/", layers.OneFeature.as_view(), name="feature"),
    path("layers/<slug:code>/differences/", differences.Differences.as_view(), name="differences"),
    path("layers/<slug:code>/differences/rows/", differences.Rows.as_view(), name="differences-rows"),
    path("layers/<slug:code>/differences/flow/", differences.Flow.as_view(), name="differences-flow"),
    path("print/", printing.Print.as_view(), name="print"),
    path("search/", search.Search.as_view(), name="search"),
    path("sites/", layers.Sites.as_view(), name="sites"),
    path("snap/", layers.Snap.as_view(), name="snap"),
]
