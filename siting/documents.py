"""A check as a document, canonical and hashed; made by the engine, so that a batch's workers give the same one."""

from __future__ import annotations

from siting.engine.document import (
    ENGINE_VERSION,
    FORMAT,
    boundary_sha256,
    canonical,
    document,
    engine_versions,
)

__all__ = ["ENGINE_VERSION", "FORMAT", "boundary_sha256", "canonical", "document", "engine_versions"]
