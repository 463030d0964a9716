from django.urls import path

from gis_projects.disclosure import api, views

app_name = "disclosure"
urlpatterns = [
    path("", views.public_map, name="map"),
    path("public/projects.geojson", api.Projects.as_view(), name="projects"),
    path("public/projects.csv", api.Table.as_view(), name="table"),
    path("public/outlines.geojson", api.Outlines.as_view(), name="outlines"),
    path("public/projects/<slug:slug>/", views.public_project, name="project"),
]
