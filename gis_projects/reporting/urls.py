from django.urls import path

from gis_projects.reporting import views

app_name = "reporting"
urlpatterns = [path("statistics/", views.statistics, name="statistics")]
