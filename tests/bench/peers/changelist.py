"""Django's admin changelist over the projects: 50 rows a page, searched and filtered like the platform's list."""

from django.contrib import admin
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest
from django.urls import path

application = get_wsgi_application()

from gis_projects.library.models import Project  # noqa: E402  (models come after Django is set up)


class Peer(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated


class Projects(admin.ModelAdmin[Project]):
    list_display = ("code", "name", "region", "industry", "level", "stage", "library", "year", "organisation")
    list_select_related = ("region", "organisation")
    list_filter = ("industry", "level", "stage", "library")
    search_fields = ("code", "name", "content")
    list_per_page = 50
    ordering = ("code",)

    def has_view_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return True


site = Peer(name="peer")
site.register(Project, Projects)
urlpatterns = [path("peer/", site.urls)]
