"""The databases' and tables' part of this room's API; part of its ``api_urls``."""

from django.urls import path

from gis_projects.library.api import databases, tables

urlpatterns = [
    path("databases/", databases.Databases.as_view(), name="databases"),
    path("databases/<slug:code>/", databases.DatabaseMembers.as_view(), name="database"),
    path("tables/", tables.Tables.as_view(), name="tables"),
    path("tables/imports/<int:pk>/", tables.TableImportDetail.as_view(), name="import"),
    path("tables/<slug:name>/", tables.TableRows.as_view(), name="table"),
]
