from django.urls import path

from gis_projects.sites import api

app_name = "sites-api"
urlpatterns = [
    path("boundaries/read/", api.ReadBoundary.as_view(), name="boundaries-read"),
    path("checks/preview/", api.Preview.as_view(), name="checks-preview"),
    path("projects/<int:pk>/site-versions/", api.SiteVersions.as_view(), name="site-versions"),
    path("site-versions/<int:pk>/checks/", api.Checks.as_view(), name="site-version-checks"),
    path("checks/<int:pk>/", api.CheckDetail.as_view(), name="check"),
    path("rulebooks/current/", api.CurrentRulebook.as_view(), name="rulebook"),
]
