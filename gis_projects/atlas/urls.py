from django.urls import path

from gis_projects.atlas.views import (
    bookmarks,
    browsing,
    bundles,
    catalogue,
    differences,
    exports,
    layer,
    map,
    projects,
    series,
    tiles,
    uploads,
    versions,
)
from gis_projects.people.tokens import accepted

app_name = "atlas"
urlpatterns = [
    path(
        "tiles/<slug:code>/changes/<str:before>/<str:after>/<str:z>/<str:x>/<str:y>.mvt",
        differences.tile,
        name="differences-tile",
    ),
    path("tiles/<str:z>/<str:x>/<str:y>.mvt", bundles.bundle, name="bundle"),
    path("tiles/<slug:layer>/<str:version>/<str:z>/<str:x>/<str:y>.mvt", accepted(tiles.tile), name="tile"),
    path(
        "tiles/<slug:layer>/<str:version>/<str:z>/<str:x>/<str:y>.png",
        accepted(tiles.picture),
        name="picture",
    ),
    path("tiles/<slug:layer>/<str:version>/permission/", accepted(tiles.permission), name="tile-permission"),
    path("map/", map.map_page, name="map"),
    path("map/series/<int:pk>/", series.download, name="series-file"),
    path("map/projects/export/", projects.export, name="map-export"),
    path("map/bookmarks/", bookmarks.bookmarks_page, name="bookmarks"),
    path("map/bookmarks/<int:pk>/", bookmarks.open_bookmark, name="bookmark-open"),
    path("map/bookmarks/<int:pk>/edit/", bookmarks.edit_bookmark, name="bookmark-edit"),
    path("map/bookmarks/<int:pk>/delete/", bookmarks.delete_bookmark, name="bookmark-delete"),
    path("map/bookmarks/<int:pk>/move/", bookmarks.move_bookmark, name="bookmark-move"),
    path("layers/", catalogue.layers_page, name="layers"),
    path("layers/<slug:code>/edit/", layer.edit, name="layer-edit"),
    path("layers/uploads/", uploads.uploads_page, name="uploads"),
    path("layers/uploads/<uuid:key>/", uploads.upload_page, name="upload"),
    path("layers/<slug:code>/versions/<int:number>/", versions.version_page, name="version"),
    path(
        "layers/<slug:code>/versions/<int:number>/quality.<str:kind>",
        versions.quality_file,
        name="version-quality",
    ),
    path("layers/exports/", exports.exports_page, name="exports"),
    path("layers/exports/<int:pk>/", exports.download, name="export-file"),
    path("layers/<slug:code>/features/", browsing.features_page, name="features"),
    path("layers/<slug:code>/export/", exports.export, name="export"),
    path("layers/<slug:code>/", layer.layer, name="layer"),
    path("jobs/", uploads.jobs_page, name="jobs"),
    path("layers/<slug:code>/differences/", differences.page, name="differences"),
]
