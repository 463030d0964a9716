from django.urls import path

from gis_projects.sites.api import (
    alternatives,
    avoidance,
    boundaries,
    comparisons,
    editing,
    neighbours,
    revalidation,
    reviews,
    rulebooks,
    suggestions,
)

app_name = "sites-api"
urlpatterns = [
    path("boundaries/read/", boundaries.ReadBoundary.as_view(), name="boundaries-read"),
    path("boundaries/edit/", editing.Edit.as_view(), name="boundaries-edit"),
    path("checks/preview/", boundaries.Preview.as_view(), name="checks-preview"),
    path("checks/avoid/", avoidance.CutAway.as_view(), name="checks-avoid"),
    path("checks/shift/", avoidance.SmallestShift.as_view(), name="checks-shift"),
    path("projects/<int:pk>/neighbours/", neighbours.ProjectNeighbours.as_view(), name="project-neighbours"),
    path("projects/<int:pk>/site-versions/", boundaries.SiteVersions.as_view(), name="site-versions"),
    path("site-versions/<int:pk>/", boundaries.SiteVersionDetail.as_view(), name="site-version"),
    path("site-versions/<int:pk>/checks/", boundaries.Checks.as_view(), name="site-version-checks"),
    path("projects/<int:pk>/alternatives/", alternatives.Alternatives.as_view(), name="alternatives"),
    path(
        "projects/<int:pk>/alternatives/recheck/", alternatives.Recheck.as_view(), name="alternatives-recheck"
    ),
    path(
        "projects/<int:pk>/alternatives/weights/", alternatives.Weights.as_view(), name="alternatives-weights"
    ),
    path("projects/<int:pk>/alternatives/choice/", alternatives.Choice.as_view(), name="alternatives-choice"),
    path("alternatives/<int:pk>/", alternatives.AlternativeDetail.as_view(), name="alternative"),
    path("projects/<int:pk>/suggestions/", suggestions.Searches.as_view(), name="suggestions"),
    path("suggestions/<int:pk>/", suggestions.SearchDetail.as_view(), name="suggestion"),
    path("suggestions/<int:pk>/stop/", suggestions.StopSearch.as_view(), name="suggestion-stop"),
    path("checks/<int:pk>/", boundaries.CheckDetail.as_view(), name="check"),
    path("reviews/", reviews.Reviews.as_view(), name="reviews"),
    path("reviews/<int:pk>/", reviews.OneReview.as_view(), name="review"),
    path("reviews/<int:pk>/marks/", reviews.Marks.as_view(), name="review-marks"),
    path("reviews/<int:pk>/attachments/", reviews.Attachments.as_view(), name="review-attachments"),
    path("reviews/<int:pk>/assignment/", reviews.Assignment.as_view(), name="review-assignment"),
    path("reviews/<int:pk>/sign-off/", reviews.SignOffs.as_view(), name="review-sign-off"),
    path("reviews/<int:pk>/sign-off/withdrawal/", reviews.Withdrawals.as_view(), name="review-withdrawal"),
    path("reviews/<int:pk>/verification/", reviews.Verification.as_view(), name="review-verification"),
    path("revalidations/<int:pk>/", revalidation.Run.as_view(), name="revalidation"),
    path("rulebooks/current/", boundaries.CurrentRulebook.as_view(), name="rulebook"),
    path("comparisons/", comparisons.Comparisons.as_view(), name="comparisons"),
    path("comparisons/<int:pk>/", comparisons.OneComparison.as_view(), name="comparison"),
    path("comparisons/<int:pk>/patches/", comparisons.Patches.as_view(), name="comparison-patches"),
    path(
        "comparisons/<int:pk>/patches/<int:number>/", comparisons.OnePatch.as_view(), name="comparison-patch"
    ),
    path("comparisons/<int:pk>/handling/", comparisons.Handling.as_view(), name="comparison-handling"),
    path("comparison-runs/<int:pk>/", comparisons.OneRun.as_view(), name="comparison-run"),
    path("crosswalks/", comparisons.Crosswalks.as_view(), name="crosswalks"),
    path("rulebook-drafts/<int:pk>/", rulebooks.Draft.as_view(), name="rulebook-draft"),
    path("rulebook-trials/<int:pk>/", rulebooks.Trial.as_view(), name="rulebook-trial"),
]
