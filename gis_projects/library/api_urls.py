from django.urls import path

from gis_projects.library.api import projects

app_name = "library-api"
urlpatterns = [
    path("projects/", projects.Projects.as_view(), name="projects"),
    path("projects/map/", projects.ProjectMap.as_view(), name="projects-map"),
    path("projects/counts/", projects.ProjectCounts.as_view(), name="projects-counts"),
    path("projects/<int:pk>/", projects.ProjectDetail.as_view(), name="project"),
]
