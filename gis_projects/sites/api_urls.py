from django.urls import path

from gis_projects.sites.api import boundaries, editing

app_name = "sites-api"
urlpatterns = [
    path("boundaries/read/", boundaries.ReadBoundary.as_view(), name="boundaries-read"),
    path("boundaries/edit/", editing.Edit.as_view(), name="boundaries-edit"),
    path("checks/preview/", boundaries.Preview.as_view(), name="checks-preview"),
    path("projects/<int:pk>/site-versions/", boundaries.SiteVersions.as_view(), name="site-versions"),
    path("site-versions/<int:pk>/", boundaries.SiteVersionDetail.as_view(), name="site-version"),
    path("site-versions/<int:pk>/checks/", boundaries.Checks.as_view(), name="site-version-checks"),
    path("checks/<int:pk>/", boundaries.CheckDetail.as_view(), name="check"),
    path("rulebooks/current/", boundaries.CurrentRulebook.as_view(), name="rulebook"),
]
