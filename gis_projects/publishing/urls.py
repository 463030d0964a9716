from django.urls import path

from gis_projects.publishing.views import projects

app_name = "publishing"
urlpatterns = [
    path("projects/<int:pk>/disclosure/", projects.publish, name="project"),
]
