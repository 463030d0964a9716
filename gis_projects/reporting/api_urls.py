from django.urls import path

from gis_projects.reporting import api

app_name = "reporting-api"
urlpatterns = [path("programme/", api.Programme.as_view(), name="programme")]
