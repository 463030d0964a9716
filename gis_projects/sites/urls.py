from django.urls import path

from gis_projects.sites import views

app_name = "sites"
urlpatterns = [
    path("projects/<int:pk>/site/", views.edit, name="edit"),
    path("checks/", views.checks, name="checks"),
    path("checks/key.pem", views.public_key, name="key"),
    path("checks/<int:pk>/", views.check, name="check"),
    path("checks/<int:pk>/report.pdf", views.report, name="report"),
    path("checks/<int:pk>/check.json", views.evidence, name="evidence"),
    path("site-versions/<int:pk>/coordinates.txt", views.coordinates, name="coordinates"),
    path("site-versions/<int:pk>/original", views.original, name="original"),
]
