from django.urls import path

from gis_projects.reporting.views import approvals, centres, pivots, programme, statistics

app_name = "reporting"
urlpatterns = [
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/pivot/", pivots.pivot, name="pivot"),
    path("statistics/approvals/", approvals.approvals, name="approvals"),
    path("statistics/centres/", centres.centres, name="centres"),
    path("statistics/programme/", programme.programme, name="programme"),
]
