from django.urls import path

from gis_projects.desk.views import duties, home, instructions, leading, notices, settings

app_name = "desk"
urlpatterns = [
    path("desk/", home.home, name="home"),
    path("desk/count/", home.count, name="count"),
    path("desk/duties/", duties.duties, name="duties"),
    path("desk/duties/<int:pk>/", duties.duty, name="duty"),
    path("desk/tasks/", duties.tasks, name="tasks"),
    path("desk/circular/", duties.circular, name="circular"),
    path("desk/leading/", leading.leading, name="leading"),
    path("desk/instructions/", instructions.instructions, name="instructions"),
    path("desk/instructions/new/", instructions.new, name="instruct"),
    path("desk/instructions/<int:pk>/", instructions.instruction, name="instruction"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.mark_read, name="mark-read"),
    path("notices/settings/", settings.settings, name="notice-settings"),
    path("notices/<int:pk>/", notices.follow, name="notice"),
]
