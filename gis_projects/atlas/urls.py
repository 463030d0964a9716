from django.urls import path

from gis_projects.atlas import views

app_name = "atlas"
urlpatterns = [
    path("map/", views.map_page, name="map"),
    path("layers/", views.layers_page, name="layers"),
    path("tiles/<slug:layer>/<str:version>/<str:z>/<str:x>/<str:y>.mvt", views.tile, name="tile"),
]
