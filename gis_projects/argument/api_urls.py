from gis_projects.argument.review_api_urls import urlpatterns as of_reviews

app_name = "argument-api"
urlpatterns = [*of_reviews]
