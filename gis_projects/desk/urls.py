from django.urls import path

from gis_projects.desk import views

app_name = "desk"
urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.mark_read, name="mark-read"),
    path("notices/<int:pk>/", views.follow, name="notice"),
]
