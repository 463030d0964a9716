"""What in a text looks like a person's data: shown before anything is published, decided by whoever publishes.

Pure. A finding is a warning, never a proof: a bureau's own telephone is meant to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Sort(StrEnum):
    ID_CARD = "id_card"
    MOBILE = "mobile"
    TELEPHONE = "telephone"
    PLATE = "plate"
    EMAIL = "email"

    @property
    def label(self) -> str:
        return str(_LABELS[self])


_LABELS: dict[Sort, Any] = {
    Sort.ID_CARD: _("身份证号"),
    Sort.MOBILE: _("手机号码"),
    Sort.TELEPHONE: _("固定电话"),
    Sort.PLATE: _("车牌号"),
    Sort.EMAIL: _("电子邮箱"),
}


@dataclass(frozen=True)
class Found:
    """What was found, and from which character to which."""

    sort: Sort
    text: str
    start: int
    end: int


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
#: Digits are often written in groups: 138 0000 0000, 138-0000-0000.
_GAP = r"[ \-·]?"
_PATTERNS: tuple[tuple[Sort, re.Pattern[str]], ...] = (
    (Sort.ID_CARD, re.compile(rf"(?<!\d)\d{{6}}{_GAP}\d{{8}}{_GAP}\d{{3}}[\dXx](?![\dA-Za-z])")),
    (Sort.MOBILE, re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)")),
    (Sort.TELEPHONE, re.compile(r"(?<!\d)[(\uff08]?0\d{2,3}[)\uff09]?[ \-]?\d{7,8}(?!\d)")),
    (
        Sort.PLATE,
        re.compile(
            rf"[{_PROVINCES}][ ]?[A-HJ-NP-Z][ ·]?(?:[0-9DF][A-HJ-NP-Z0-9]\d{{4}}|\d{{5}}[DF]"
            r"|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳])(?![A-Z0-9])"
        ),
    ),
    (Sort.EMAIL, re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})*\.[A-Za-z]{2,24}")),
)  # fmt: skip
_WIDE = str.maketrans({chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)} | {"\u3000": " "})


def find(text: str) -> list[Found]:
    """Everything in a text that looks like a person's data, in its order; a stretch is found once."""
    folded = text.translate(_WIDE)  # full-width digits and letters, one character for one
    found: list[Found] = []
    for hit in _hits(folded):
        if all(hit.end <= other.start or other.end <= hit.start for other in found):
            found.append(Found(hit.sort, text[hit.start : hit.end], hit.start, hit.end))
    return sorted(found, key=lambda hit: hit.start)


def _hits(text: str) -> Iterator[Found]:
    for sort, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if sort is Sort.ID_CARD and not is_id_number(re.sub(r"[^\dXx]", "", match[0])):
                continue
            yield Found(sort, match[0], match.start(), match.end())


def is_id_number(number: str) -> bool:
    """Whether 18 characters are a citizen's number: a day of birth that there was, and the check character.

    GB 11643-1999: ISO 7064 MOD 11-2 over the first 17 digits.
    """
    if not re.fullmatch(r"\d{17}[\dXx]", number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == number[17].upper()
