from django.urls import path

from gis_projects.publishing import api

app_name = "publishing-api"
urlpatterns = [path("photos/", api.Photos.as_view(), name="photos")]
