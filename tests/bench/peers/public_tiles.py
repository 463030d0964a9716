"""A floor for the public's tiles: one SQL statement a tile, no framework, no permission, nothing kept."""

import os
import threading
from urllib.parse import unquote

import psycopg2

SQL = """
WITH bounds AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box),
shapes AS (
    SELECT slug, name, ST_AsMVTGeom(ST_Transform(geometry, 3857), bounds.box) AS geom
    FROM disclosure_disclosedproject, bounds
    WHERE geometry && ST_Transform(bounds.box, 4490)
)
SELECT ST_AsMVT(shapes, 'projects') FROM shapes WHERE geom IS NOT NULL
"""
_local = threading.local()


def application(environ, start_response):
    """``/z/x/y``."""
    if not hasattr(_local, "connection"):
        _local.connection = psycopg2.connect(
            host=unquote(os.environ["PEER_HOST"]),
            user=os.environ["PEER_USER"],
            dbname=os.environ["PEER_DATABASE"],
        )
        _local.connection.autocommit = True
    z, x, y = (int(part) for part in environ["PATH_INFO"].strip("/").split("/"))
    with _local.connection.cursor() as cursor:
        cursor.execute(SQL, {"z": z, "x": x, "y": y})
        [(tile,)] = cursor.fetchall()
    body = bytes(tile)
    start_response(
        "200 OK", [("Content-Type", "application/vnd.mapbox-vector-tile"), ("Content-Length", str(len(body)))]
    )
    return [body]
