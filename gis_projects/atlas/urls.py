from django.urls import path

from gis_projects.atlas.views import catalogue, map, tiles

app_name = "atlas"
urlpatterns = [
    path("map/", map.map_page, name="map"),
    path("layers/", catalogue.layers_page, name="layers"),
    path("tiles/<slug:layer>/<str:version>/<str:z>/<str:x>/<str:y>.mvt", tiles.tile, name="tile"),
]
