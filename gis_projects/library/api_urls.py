from django.urls import include, path

from gis_projects.library.api import libraries, lists, maps, projects, records, standards

app_name = "library-api"
urlpatterns = [
    path("projects/", projects.Projects.as_view(), name="projects"),
    path("projects/map/", maps.ProjectMap.as_view(), name="projects-map"),
    path("projects/counts/", maps.ProjectCounts.as_view(), name="projects-counts"),
    path("projects/days/", maps.ProjectDays.as_view(), name="projects-days"),
    path("projects/groups/", lists.ProjectGroups.as_view(), name="projects-groups"),
    path("projects/<int:pk>/", projects.ProjectDetail.as_view(), name="project"),
    path("projects/<int:pk>/record/", records.Record.as_view(), name="project-record"),
    path("projects/<int:pk>/plan/", records.Plan.as_view(), name="project-plan"),
    path("projects/<int:pk>/land/", records.Land.as_view(), name="project-land"),
    path("projects/<int:pk>/diary/", records.Diary.as_view(), name="project-diary"),
    path("projects/<int:pk>/files/", records.Files.as_view(), name="project-files"),
    path("projects/<int:pk>/completeness/", records.Completeness.as_view(), name="project-completeness"),
    path("codes/", lists.CodeLists.as_view(), name="codes"),
    path("codes/<slug:key>/", lists.OneCodeList.as_view(), name="codes-list"),
    path("programmes/", lists.Programmes.as_view(), name="programmes"),
    path("programmes/<int:pk>/", lists.OneProgramme.as_view(), name="programme"),
    path("libraries/", libraries.Libraries.as_view(), name="libraries"),
    path("libraries/applications/", libraries.Applications.as_view(), name="applications"),
    path(
        "libraries/applications/<int:pk>/<slug:decision>/",
        libraries.Decision.as_view(),
        name="decide-application",
    ),
    path("libraries/budget/", libraries.Budget.as_view(), name="budget"),
    path("libraries/standards/", standards.Standards.as_view(), name="standards"),
    path("libraries/standards/<int:pk>/", standards.OneStandard.as_view(), name="standard"),
    path("libraries/standards/<int:pk>/publish/", standards.Publication.as_view(), name="standard-publish"),
    path("projects/<int:pk>/approvals/", standards.Approvals.as_view(), name="approvals"),
    path("projects/<int:pk>/library/", libraries.Standing.as_view(), name="standing"),
    path("projects/<int:pk>/library/<slug:act>/", libraries.Doing.as_view(), name="library-act"),
    path("projects/<int:pk>/appropriations/", libraries.Appropriations.as_view(), name="appropriations"),
    path("", include("gis_projects.library.database_api_urls")),
]
