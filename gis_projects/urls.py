"""Every address of the platform: the pages of each room, and its part of the API below /api/v1/."""

from django.urls import include, path

from gis_projects import api_description, problems
from gis_projects.health import healthz

urlpatterns = [
    # A map asks for tiles by the dozen, and rooms are gone through in this order.
    path("", include("gis_projects.atlas.urls")),
    path("healthz", healthz, name="health"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("gis_projects.people.urls")),
    path("", include("gis_projects.clock.urls")),
    path("", include("gis_projects.library.urls")),
    path("", include("gis_projects.sites.urls")),
    path("", include("gis_projects.argument.urls")),
    path("", include("gis_projects.reporting.urls")),
    path("ogc/", include("gis_projects.atlas.ogc.urls")),
    path("", include("gis_projects.disclosure.urls")),
    path("", include("gis_projects.publishing.urls")),
    path("", include("gis_projects.desk.urls")),
    path("api/v1/", api_description.page, name="api"),
    path("api/v1/schema/", api_description.Document.as_view(), name="schema"),
    path("api/v1/", include("gis_projects.library.api_urls")),
    path("api/v1/", include("gis_projects.sites.api_urls")),
    path("api/v1/", include("gis_projects.argument.api_urls")),
    path("api/v1/", include("gis_projects.reporting.api_urls")),
    path("api/v1/", include("gis_projects.atlas.api_urls")),
    path("api/v1/", include("gis_projects.publishing.api_urls")),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
