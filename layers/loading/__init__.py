"""New versions of layers: staged behind the version in force, and published or taken away again."""

from layers.loading.leftovers import tidy
from layers.loading.raster import load_raster, stage_raster
from layers.loading.vector import finish, load, stage

__all__ = ["finish", "load", "load_raster", "stage", "stage_raster", "tidy"]
