"""Every address of the platform: the pages of each room, and its part of the API below /api/v1/."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

ROOMS = ["people", "library", "sites", "reporting", "atlas", "disclosure"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(f"gis_projects.{room}.urls")) for room in ROOMS if find_spec(f"gis_projects.{room}.urls")
]
urlpatterns += [
    path("api/v1/", include(f"gis_projects.{room}.api_urls"))
    for room in ROOMS
    if find_spec(f"gis_projects.{room}.api_urls")
]
