"""Tables as files: `gis_projects.exports`, below every room that has lists."""

from gis_projects.exports import *  # noqa: F403
