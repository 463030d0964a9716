from django.urls import path

from gis_projects.library import views

app_name = "library"
urlpatterns = [
    path("projects/", views.projects, name="projects"),
    path("projects/<int:pk>/", views.project, name="project"),
]
