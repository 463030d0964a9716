"""Every address of a process for the public only (``PUBLIC_ONLY=1``): the portal, and whether it is alive."""

from django.urls import include, path

from gis_projects import problems
from gis_projects.health import healthz

urlpatterns = [
    path("healthz", healthz, name="health"),
    path("", include("gis_projects.disclosure.urls")),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
