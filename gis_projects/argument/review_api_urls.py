"""Addresses of expert reviews and campaigns below /api/v1/."""

from django.urls import path

from gis_projects.argument.api import reviews

urlpatterns = [
    path("expert-reviews/", reviews.ExpertReviews.as_view(), name="reviews"),
    path("expert-reviews/<int:pk>/", reviews.OneExpertReview.as_view(), name="review"),
    path("expert-reviews/<int:pk>/steps/", reviews.ExpertReviewSteps.as_view(), name="review-steps"),
    path("campaigns/<int:pk>/", reviews.CampaignTotals.as_view(), name="campaign"),
]
