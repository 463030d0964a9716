from django.urls import path

from gis_projects.disclosure.api import outlines, projects
from gis_projects.disclosure.views import feeds, language, open_data
from gis_projects.disclosure.views import map as map_pages
from gis_projects.disclosure.views import projects as project_pages

app_name = "disclosure"
urlpatterns = [
    path("", map_pages.public_map, name="map"),
    path("public/projects.geojson", projects.Projects.as_view(), name="projects"),
    path("public/projects.csv", projects.Table.as_view(), name="table"),
    path("public/outlines.geojson", outlines.Outlines.as_view(), name="outlines"),
    path("public/projects/<slug:slug>/", project_pages.public_project, name="project"),
    path("public/language/<slug:code>/", language.choose_language, name="language"),
    path("public/open-data/", open_data.open_data, name="open_data"),
    path("public/open-data/<slug:day>/projects.<str:form>", open_data.open_data_file, name="open_data_file"),
    path("public/feeds/", feeds.feed_list, name="feeds"),
    path("public/feeds/<slug:name>.<slug:form>", feeds.feed, name="feed"),
]
