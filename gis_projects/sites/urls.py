from django.urls import path

from gis_projects.sites.views import checks

app_name = "sites"
urlpatterns = [
    path("projects/<int:pk>/site/", checks.edit, name="edit"),
    path("checks/", checks.checks, name="checks"),
    path("checks/key.pem", checks.public_key, name="key"),
    path("checks/<int:pk>/", checks.check, name="check"),
    path("checks/<int:pk>/report.pdf", checks.report, name="report"),
    path("checks/<int:pk>/check.json", checks.evidence, name="evidence"),
    path("site-versions/<int:pk>/coordinates.txt", checks.coordinates, name="coordinates"),
    path("site-versions/<int:pk>/original", checks.original, name="original"),
]
