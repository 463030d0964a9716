"""Addresses of arguments below /api/v1/."""

from django.urls import path

from gis_projects.argument.api import arguments, one_thing

urlpatterns = [
    path("arguments/", arguments.Cases.as_view(), name="cases"),
    path("arguments/<int:pk>/", arguments.OneCase.as_view(), name="case"),
    path("projects/<int:pk>/arguments/", arguments.ProjectCases.as_view(), name="open"),
    path("projects/<int:pk>/one-thing/", one_thing.OneThing.as_view(), name="one-thing"),
    path("argument-tasks/", arguments.Tasks.as_view(), name="tasks"),
    path("argument-tasks/<int:pk>/", arguments.OneTask.as_view(), name="task"),
    path("argument-tasks/<int:pk>/opinions/", arguments.Opinions.as_view(), name="opinions"),
    path("argument-opinions/<int:pk>/signatures/", arguments.Signatures.as_view(), name="signatures"),
]
