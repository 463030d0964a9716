from django.urls import path

from gis_projects.atlas.api import (
    bookmarks,
    browsing,
    differences,
    exports,
    layers,
    printing,
    projects,
    search,
    uploads,
    versions,
)

app_name = "atlas-api"
urlpatterns = [
    path("layers/", layers.Layers.as_view(), name="layers"),
    path("layers/identify/", layers.Identify.as_view(), name="identify"),
    path("layers/<slug:code>/identify/", layers.IdentifyOne.as_view(), name="identify-one"),
    path("layers/<slug:code>/feature/", layers.OneFeature.as_view(), name="feature"),
    path("layers/<slug:code>/features/", browsing.Features.as_view(), name="features"),
    path("layers/<slug:code>/exports/", exports.Exports.as_view(), name="exports"),
    path("exports/<int:pk>/", exports.Export.as_view(), name="export"),
    path("layers/<slug:code>/differences/", differences.Differences.as_view(), name="differences"),
    path("layers/<slug:code>/differences/rows/", differences.Rows.as_view(), name="differences-rows"),
    path("layers/<slug:code>/differences/flow/", differences.Flow.as_view(), name="differences-flow"),
    path("print/", printing.Print.as_view(), name="print"),
    path("map/regions/", projects.RegionFigures.as_view(), name="map-regions"),
    path("map/area/", projects.AreaFigures.as_view(), name="map-area"),
    path("map/bookmarks/", bookmarks.Bookmarks.as_view(), name="bookmarks"),
    path("map/bookmarks/order/", bookmarks.Order.as_view(), name="bookmarks-order"),
    path("map/bookmarks/<int:pk>/", bookmarks.OneBookmark.as_view(), name="bookmark"),
    path("search/", search.Search.as_view(), name="search"),
    path("layers/<slug:code>/versions/", versions.Versions.as_view(), name="versions"),
    path("layers/<slug:code>/versions/<int:number>/", versions.OneVersion.as_view(), name="version"),
    path(
        "layers/<slug:code>/versions/<int:number>/findings/",
        versions.Findings.as_view(),
        name="version-findings",
    ),
    path(
        "layers/<slug:code>/versions/<int:number>/publish/",
        versions.Publish.as_view(),
        name="version-publish",
    ),
    path(
        "layers/<slug:code>/versions/<int:number>/send-back/",
        versions.SendBack.as_view(),
        name="version-send-back",
    ),
    path(
        "layers/<slug:code>/versions/<int:number>/withdraw/",
        versions.Withdraw.as_view(),
        name="version-withdraw",
    ),
    path("uploads/", uploads.Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:key>/", uploads.OneUpload.as_view(), name="upload"),
    path("uploads/<uuid:key>/answers/", uploads.Answers.as_view(), name="upload-answers"),
    path("uploads/<uuid:key>/retry/", uploads.Retry.as_view(), name="upload-retry"),
    path("jobs/", uploads.Jobs.as_view(), name="jobs"),
    path("sites/", layers.Sites.as_view(), name="sites"),
    path("snap/", layers.Snap.as_view(), name="snap"),
]
