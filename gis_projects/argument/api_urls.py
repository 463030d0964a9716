from gis_projects.argument.argument_api_urls import urlpatterns as of_arguments
from gis_projects.argument.committee_api_urls import urlpatterns as of_committee
from gis_projects.argument.review_api_urls import urlpatterns as of_reviews

app_name = "argument-api"
urlpatterns = [*of_arguments, *of_reviews, *of_committee]
