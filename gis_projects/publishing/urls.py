from django.urls import path

from gis_projects.publishing.views import articles, comments, handling, progress, projects

app_name = "publishing"
urlpatterns = [
    path("projects/<int:pk>/disclosure/", projects.publish, name="project"),
    path("projects/<int:pk>/disclosure/preview/", projects.preview, name="preview"),
    path("projects/<int:pk>/progress/", progress.progress, name="progress"),
    path("projects/<int:pk>/progress/<int:media>/", progress.media_file, name="media"),
    path("publishing/articles/", articles.articles, name="articles"),
    path("publishing/articles/new/<slug:kind>/", articles.new, name="article-new"),
    path("publishing/articles/<int:pk>/", articles.article, name="article"),
    path("publishing/articles/<int:pk>/edit/", articles.edit, name="article-edit"),
    path("publishing/articles/<int:pk>/preview/", articles.preview, name="article-preview"),
    path("publishing/contacts/", articles.contacts, name="contacts"),
    path("publishing/handling/", handling.handling, name="handling"),
    path("publishing/questions/", comments.questions, name="questions"),
    path("publishing/questions/spam/", comments.spam, name="questions-spam"),
    path("publishing/questions/<int:pk>/", comments.question, name="question"),
    path("publishing/questions/<int:pk>/preview/", comments.preview, name="question-preview"),
]
