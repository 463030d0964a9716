"""Addresses of the committee below /api/v1/."""

from django.urls import path

from gis_projects.argument.api import committee

urlpatterns = [
    path("committee-meetings/", committee.Meetings.as_view(), name="meetings"),
    path("committee-meetings/<int:pk>/", committee.OneMeeting.as_view(), name="meeting"),
    path("committee-resolutions/", committee.Resolutions.as_view(), name="resolutions"),
    path("committee-resolutions/<int:pk>/", committee.OneResolution.as_view(), name="resolution"),
    path("committee-tasks/", committee.MeetingTasks.as_view(), name="meeting-tasks"),
    path("committee-tasks/<int:pk>/", committee.OneMeetingTask.as_view(), name="meeting-task"),
    path(
        "committee-tasks/<int:pk>/reports/",
        committee.MeetingTaskReports.as_view(),
        name="meeting-task-reports",
    ),
]
