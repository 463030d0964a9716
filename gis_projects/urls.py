"""Every address of the platform: the pages of each room, and its part of the API below /api/v1/."""

from importlib import import_module

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from gis_projects import api_description, problems
from gis_projects.health import healthz

ROOMS = ["people", "library", "sites", "reporting", "atlas", "disclosure"]


def _there(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="health"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api_description.page, name="api"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
]
urlpatterns += [
    path("", include(f"gis_projects.{room}.urls")) for room in ROOMS if _there(f"gis_projects.{room}.urls")
]
urlpatterns += [
    path("api/v1/", include(f"gis_projects.{room}.api_urls"))
    for room in ROOMS
    if _there(f"gis_projects.{room}.api_urls")
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
