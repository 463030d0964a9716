from django.urls import path

from gis_projects.disclosure.api import outlines, projects
from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.views import (
    articles,
    feeds,
    handling,
    installed,
    language,
    media,
    open_data,
    questions,
    statistics,
)
from gis_projects.disclosure.views import map as map_pages
from gis_projects.disclosure.views import projects as project_pages

app_name = "disclosure"
urlpatterns = [
    path("", map_pages.public_map, name="map"),
    path("public/list.json", map_pages.list_part, name="list_part"),
    path("public/search.json", map_pages.search, name="search"),
    path("public/tiles/<int:z>/<int:x>/<int:y>.mvt", map_pages.tile, name="tile"),
    path("public/projects.geojson", kept_public(projects.Projects.as_view()), name="projects"),
    path("public/projects.csv", kept_public(projects.Table.as_view()), name="table"),
    path("public/outlines.geojson", kept_public(outlines.Outlines.as_view()), name="outlines"),
    path("public/projects/", project_pages.project_list, name="project_list"),
    path("public/projects/<slug:slug>/", project_pages.public_project, name="project"),
    path("public/statistics/", statistics.statistics, name="statistics"),
    path("public/statistics/<slug:sort>.csv", statistics.statistics_table, name="statistics_table"),
    path("public/media/<str:name>", media.media, name="media"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("sw.js", installed.worker, name="worker"),
    path("public/offline/", installed.offline, name="offline"),
    path("public/changes.json", installed.changes, name="changes"),
    path("public/language/<slug:code>/", language.choose_language, name="language"),
    path("public/open-data/", open_data.open_data, name="open_data"),
    path("public/open-data/<slug:day>/projects.<str:form>", open_data.open_data_file, name="open_data_file"),
    path("public/feeds/", feeds.feed_list, name="feeds"),
    path("public/feeds/<slug:name>.<slug:form>", feeds.feed, name="feed"),
    path("public/handling/", handling.handling, name="handling"),
    path("public/handling/delegated/", articles.listing, {"name": "delegated"}, name="delegated"),
    path("public/handling/<slug:slug>/", handling.matter, name="matter"),
    path("public/items/", articles.listing, {"name": "items"}, name="items"),
    path("public/guides/", articles.listing, {"name": "guides"}, name="guides"),
    path("public/policies/", articles.listing, {"name": "policies"}, name="policies"),
    path("public/notices/", articles.listing, {"name": "notices"}, name="notices"),
    path("public/contacts/", articles.listing, {"name": "contacts"}, name="contacts"),
    path("public/articles/<slug:slug>/", articles.article, name="article"),
    path("public/articles/files/<slug:name>", articles.article_file, name="article_file"),
    path("public/questions/", questions.questions, name="questions"),
    path("public/questions/new/", questions.ask, name="ask"),
    path("public/questions/receipt/", questions.receipt, name="receipt"),
    path("public/questions/<slug:slug>/", questions.question, name="question"),
]
