from django.urls import path

from gis_projects.library.api import libraries, projects

app_name = "library-api"
urlpatterns = [
    path("projects/", projects.Projects.as_view(), name="projects"),
    path("projects/map/", projects.ProjectMap.as_view(), name="projects-map"),
    path("projects/counts/", projects.ProjectCounts.as_view(), name="projects-counts"),
    path("projects/<int:pk>/", projects.ProjectDetail.as_view(), name="project"),
    path("libraries/", libraries.Libraries.as_view(), name="libraries"),
    path("libraries/applications/", libraries.Applications.as_view(), name="applications"),
    path(
        "libraries/applications/<int:pk>/<slug:decision>/",
        libraries.Decision.as_view(),
        name="decide-application",
    ),
    path("libraries/budget/", libraries.Budget.as_view(), name="budget"),
    path("projects/<int:pk>/library/", libraries.Standing.as_view(), name="standing"),
    path("projects/<int:pk>/library/<slug:act>/", libraries.Doing.as_view(), name="library-act"),
    path("projects/<int:pk>/appropriations/", libraries.Appropriations.as_view(), name="appropriations"),
]
