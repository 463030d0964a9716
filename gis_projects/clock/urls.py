from django.urls import path

from gis_projects.clock import views

app_name = "clock"
urlpatterns = [path("calendar/", views.calendar_page, name="calendar")]
