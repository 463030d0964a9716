"""Everything that a public page reads, over the database role that can read nothing else.

Each query names the connection (`PUBLIC`), so none can end up on the other one by a default.
"""

from __future__ import annotations

PUBLIC = "public"
