from django.urls import path

from gis_projects.library import api

app_name = "library-api"
urlpatterns = [
    path("projects/", api.Projects.as_view(), name="projects"),
    path("projects/map/", api.ProjectMap.as_view(), name="projects-map"),
    path("projects/counts/", api.ProjectCounts.as_view(), name="projects-counts"),
    path("projects/<int:pk>/", api.ProjectDetail.as_view(), name="project"),
]
