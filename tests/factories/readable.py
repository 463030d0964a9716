"""Files for the confined reader, and what it says of those that it refuses."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from layers.reading import UnreadableFile, read_features

PARCEL = shapely.box(37_600_000, 4_500_000, 37_605_000, 4_501_000)  # CGCS2000 3° zone 37: EPSG:4525
IN_DEGREES = [[109.9, 40.6], [109.91, 40.6], [109.91, 40.61], [109.9, 40.6]]


def shapefile(
    folder: Path, *, encoding="GB18030", cpg=None, crs="EPSG:4525", texts=("耕地",), name="图斑"
) -> Path:
    """A zipped shapefile as bureaus send it: GBK attributes, with or without .cpg."""
    geometry = shapely.to_wkb(np.array([PARCEL] * len(texts), dtype=object))
    columns = [
        np.array(texts, dtype=object),
        np.array(["0101"] * len(texts), dtype=object),
        np.full(len(texts), 12.5),
    ]
    pyogrio.raw.write(
        str(folder / f"{name}.shp"), geometry, columns, ["名称", "DLBM", "TBMJ"],
        geometry_type="Polygon", crs=crs or "EPSG:4525", encoding=encoding,
    )  # fmt: skip
    target = folder / f"{name}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob(f"{name}.*")):
            if path.suffix not in (".zip", ".cpg") and (path.suffix != ".prj" or crs):
                archive.write(path, path.name)
        if cpg is not None:
            archive.writestr(f"{name}.cpg", cpg)
    return target


def geojson(folder: Path, coordinates=None, **extra) -> Path:
    path = folder / "a.geojson"
    geometry = {"type": "Polygon", "coordinates": [coordinates or IN_DEGREES]}
    feature = {"type": "Feature", "properties": {"BSM": "1", "DLBM": "0101"}, "geometry": geometry}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature], **extra}))
    return path


def refusal(path: Path, **options) -> tuple[str, str]:
    with pytest.raises(UnreadableFile) as caught:
        read_features(path, **options)
    return caught.value.notices[0].code, str(caught.value)
