from django.urls import path

from gis_projects.atlas.views import bundles, catalogue, differences, map, tiles
from gis_projects.people.tokens import accepted

app_name = "atlas"
urlpatterns = [
    path("map/", map.map_page, name="map"),
    path("layers/", catalogue.layers_page, name="layers"),
    path("layers/<slug:code>/differences/", differences.page, name="differences"),
    path(
        "tiles/<slug:code>/changes/<str:before>/<str:after>/<str:z>/<str:x>/<str:y>.mvt",
        differences.tile,
        name="differences-tile",
    ),
    path("tiles/<str:z>/<str:x>/<str:y>.mvt", bundles.bundle, name="bundle"),
    path("tiles/<slug:layer>/<str:version>/<str:z>/<str:x>/<str:y>.mvt", accepted(tiles.tile), name="tile"),
]
