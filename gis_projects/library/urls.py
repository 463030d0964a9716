from django.urls import path

from gis_projects.library.views import projects

app_name = "library"
urlpatterns = [
    path("projects/", projects.projects, name="projects"),
    path("projects/<int:pk>/", projects.project, name="project"),
]
