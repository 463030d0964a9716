"""What a refusal says, as tests ask for it."""

from __future__ import annotations

from typing import Any


def codes(refusal: Any) -> set[str]:
    """The codes of the notices that `pytest.raises` caught."""
    return {notice.code for notice in refusal.value.notices}
