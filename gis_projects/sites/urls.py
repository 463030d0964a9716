from django.urls import path

from gis_projects.sites.views import (
    alternatives,
    boundary_files,
    checks,
    reports,
    revalidation,
    reviews,
    siting_report,
    suggestions,
    verification,
)

app_name = "sites"
urlpatterns = [
    path("projects/<int:pk>/site/", checks.edit, name="edit"),
    path("projects/<int:pk>/alternatives/", alternatives.alternatives, name="alternatives"),
    path("projects/<int:pk>/suggestions/", suggestions.suggested, name="suggestions"),
    path("checks/", checks.checks, name="checks"),
    path("checks/key.pem", checks.public_key, name="key"),
    path("checks/<int:pk>/", checks.check, name="check"),
    path("checks/<int:pk>/report.pdf", reports.report, name="report"),
    path("checks/<int:pk>/report.docx", reports.report_word, name="report-word"),
    path("checks/<int:pk>/findings.<str:kind>", reports.findings_file, name="findings-file"),
    path("checks/keys.json", verification.published_keys, name="keys"),
    path("projects/<int:pk>/siting-report/", siting_report.chapters, name="siting-report"),
    path("projects/<int:pk>/siting-report.<str:kind>", siting_report.report_file, name="siting-report-file"),
    path("verify/", verification.verify, name="verify"),
    path("verify/<str:digest>/", verification.verify_digest, name="verify-digest"),
    path("site-versions/<int:pk>/red-line.pdf", reports.red_line_map, name="red-line"),
    path("checks/<int:pk>/check.json", checks.evidence, name="evidence"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<int:pk>/", reviews.review, name="review"),
    path("reviews/<int:pk>/attachments/<int:attachment>/", reviews.attachment, name="review-attachment"),
    path("reviews/<int:pk>/sign-off.json", reviews.sign_off, name="sign-off"),
    path("revalidation/", revalidation.revalidation, name="revalidation"),
    path("revalidation/coverage/", revalidation.coverage, name="coverage"),
    path("revalidation/<int:pk>/", revalidation.run, name="revalidation-run"),
    path("site-versions/<int:pk>/coordinates.txt", checks.coordinates, name="coordinates"),
    path("site-versions/<int:pk>/boundary.<str:kind>", boundary_files.boundary_file, name="boundary-file"),
    path("site-versions/<int:pk>/original", checks.original, name="original"),
]
