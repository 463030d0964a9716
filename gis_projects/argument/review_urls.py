"""Addresses of expert reviews, experts, services and campaigns."""

from django.urls import path

from gis_projects.argument.views import campaigns, experts, review_files, reviews, services

urlpatterns = [
    path("expert-reviews/", reviews.reviews, name="reviews"),
    path("expert-reviews/new/", reviews.new, name="review-new"),
    path("expert-reviews/<int:pk>/", reviews.review, name="review"),
    path("expert-reviews/<int:pk>/act/<slug:name>/", reviews.act, name="review-act"),
    path("expert-reviews/<int:pk>/files/<int:attachment>/", review_files.review_file, name="review-file"),
    path("expert-reviews/<int:pk>/report.<str:kind>", review_files.report, name="review-report"),
    path("expert-reviews/<int:pk>/archive.zip", review_files.archive, name="review-archive"),
    path("expert-reviews/<int:pk>/draws/<int:number>/", review_files.draw, name="draw"),
    path("expert-reviews/<int:pk>/draws/<int:number>/draw.json", review_files.draw_data, name="draw-data"),
    path("experts/", experts.experts, name="experts"),
    path("experts/desk/", experts.desk, name="expert-desk"),
    path("services/", services.services, name="services"),
    path("services/<int:pk>/", services.service, name="service"),
    path("services/<int:pk>/act/<slug:name>/", services.act, name="service-act"),
    path("services/<int:pk>/files/<int:attachment>/", services.deliverable_file, name="deliverable-file"),
    path("projects/<int:pk>/services/new/", services.engage, name="service-new"),
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.new, name="campaign-new"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/act/<slug:name>/", campaigns.act, name="campaign-act"),
]
