from django.urls import path

from gis_projects.publishing.views import articles, batches, comments, handling, progress, projects, queue

app_name = "publishing"
urlpatterns = [
    path("publishing/", queue.queue, name="queue"),
    path("publishing/rules/", queue.rules, name="rules"),
    path("publishing/rules/new/", queue.rule, name="rule-new"),
    path("publishing/rules/<int:pk>/", queue.rule, name="rule"),
    path("publishing/batches/", batches.batches, name="batches"),
    path("publishing/batches/new/", batches.new, name="batch-new"),
    path("publishing/batches/<int:pk>/", batches.batch, name="batch"),
    path("publishing/batches/<int:pk>/projects/<int:item>/", batches.item, name="batch-item"),
    path("projects/<int:pk>/disclosure/", projects.publish, name="project"),
    path("projects/<int:pk>/disclosure/preview/", projects.preview, name="preview"),
    path("projects/<int:pk>/progress/", progress.progress, name="progress"),
    path("projects/<int:pk>/progress/<int:media>/", progress.media_file, name="media"),
    path("photos/<int:attachment>/small/", progress.diary_photo, name="diary-photo"),
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
