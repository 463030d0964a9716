"""Many sites against layer versions that were written as files: by one process, several, or a cluster of machines.

A version is written once (`export`, `snapshot`); after that no database is asked, so a worker is a plain process with
numpy and shapely, on this machine or another that has the files. The answer is the same from all of them.
"""

from siting.batch.engines import Engine, EngineFailed
from siting.batch.exporting import export, snapshot
from siting.batch.running import Findings, run
from siting.batch.sites import BadRow, SitesFile, read_sites
from siting.engine import partitions
from siting.engine.measuring import overlap

__all__ = [
    "BadRow",
    "Engine",
    "EngineFailed",
    "Findings",
    "SitesFile",
    "export",
    "overlap",
    "partitions",
    "read_sites",
    "run",
    "snapshot",
]
