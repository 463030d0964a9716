"""Addresses of the ten databases, planning lists, plans and tables; part of this room's ``urls``."""

from django.urls import path, register_converter

from gis_projects.library.views import databases, planning, projects, registers, tables


class RegisterConverter:
    """One of the three registers; the databases of projects have a page of another kind."""

    regex = "experts|policies|resources"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RegisterConverter, "register")

urlpatterns = [
    path("projects/views/", projects.save_view, name="project-view-save"),
    path("projects/views/<int:pk>/drop/", projects.drop_view, name="project-view-drop"),
    path("databases/", databases.databases, name="databases"),
    path("databases/plans/", planning.development_plans, name="development-plans"),
    path("databases/plans/orphans/", planning.orphans, name="orphans"),
    path("databases/plans/<int:pk>/", planning.development_plan, name="development-plan"),
    path("databases/plans/items/<int:pk>/<slug:act>/", planning.realise, name="plan-item"),
    path("databases/planning/", planning.planning_lists, name="planning-lists"),
    path("databases/planning/<int:pk>/", planning.planning_list, name="planning-list"),
    path("databases/planning/rows/<int:pk>/<slug:act>/", planning.settle, name="planning-row"),
    path("databases/<register:code>/", registers.register, name="register"),
    path("databases/<register:code>/new/", registers.edit, name="register-new"),
    path("databases/<register:code>/<int:pk>/", registers.entry, name="register-entry"),
    path("databases/<register:code>/<int:pk>/edit/", registers.edit, name="register-edit"),
    path("databases/<slug:code>/", databases.database, name="database"),
    path("databases/<slug:code>/place/", databases.place, name="database-place"),
    path("databases/<slug:code>/leave/", databases.leave, name="database-leave"),
    path("tables/", tables.tables, name="tables"),
    path("tables/imports/<int:pk>/", tables.table_import, name="import"),
    path("tables/imports/<int:pk>/confirm/", tables.confirm, name="import-confirm"),
    path("tables/imports/<int:pk>/cancel/", tables.cancel, name="import-cancel"),
    path("tables/imports/<int:pk>/marked/", tables.report, name="import-report"),
    path("tables/<slug:name>/", tables.table, name="table"),
    path("tables/<slug:name>/template/", tables.template, name="table-template"),
    path("tables/<slug:name>/export/", tables.export, name="table-export"),
]
