"""What is disclosed, as files for everybody: OC4IDS 0.9.5, GeoJSON and CSV, of today or of a past day.

`holdings` reads, `oc4ids`, `geojson` and `table` write (piece by piece, whatever the number), `fields` says what each
field is, `validation` holds a package against the vendored schema. docs/open-data.md is for whoever uses the files.
"""
