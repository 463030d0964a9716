"""Whether what went wrong is that a disk is full: then somebody can make room, and the same is tried again."""

from __future__ import annotations

import errno

_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PGCODE = "53100"  # PostgreSQL's disk_full


def is_full(error: BaseException) -> bool:
    """Whether an error, or what caused it, says that a disk is full: of this process or of the database's."""
    if isinstance(error, OSError) and error.errno in _ERRNOS:
        return True
    cause = error.__cause__
    return getattr(error, "pgcode", None) == _PGCODE or (cause is not None and is_full(cause))
