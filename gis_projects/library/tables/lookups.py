"""What cells refer to: regions and organisations by code or name, choices by label; each asked once for a file."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict

from gis_projects.library.tables.columns import CellError, Column, plain
from gis_projects.people.models import Organisation, Region

_CODE_FIRST = re.compile(r"([0-9]{6,12})(?!\d)")
_CREDIT_CODE_FIRST = re.compile(r"([0-9A-Z]{18})(?![0-9A-Z])")


class Lookups:
    """Keeps what was looked up, so that 10,000 rows ask as often as one."""

    def __init__(self) -> None:
        self._regions: dict[str, str] | None = None
        self._region_names: dict[str, list[str]] = {}
        self._organisations: dict[str, list[int]] = {}
        self._organisation_texts: dict[int, str] = {}
        self._choices: dict[str, dict[str, str]] = {}
        self._shown: dict[str, dict[str, str]] = {}

    def region(self, text: str) -> str:
        """The code of a region by its code (which may stand before its name), its name or its short name."""
        self._read_regions()
        assert self._regions is not None
        words = unicodedata.normalize("NFKC", text).strip()
        if found := _CODE_FIRST.match(words):
            if found[1] in self._regions:
                return found[1]
            raise CellError("cell-no-region", "没有代码为 %(number)s 的地区", number=found[1])
        codes = self._region_names.get(plain(words), [])
        if len(codes) == 1:
            return codes[0]
        if codes:
            raise CellError(
                "cell-regions",
                "有多个地区叫“%(name)s”，请填代码：%(codes)s",
                name=words,
                codes=codes[:8],
            )
        raise CellError("cell-no-region-name", "没有名为“%(name)s”的地区", name=words[:40])

    def region_text(self, code: str) -> str:
        self._read_regions()
        assert self._regions is not None
        return f"{code} {self._regions.get(code, '')}".strip()

    def _read_regions(self) -> None:
        if self._regions is not None:
            return
        self._regions = {}
        names: defaultdict[str, list[str]] = defaultdict(list)
        for code, name, short in Region.objects.divisions().values_list("code", "name", "short_name"):
            self._regions[code] = short
            for word in {plain(name), plain(short)}:
                names[word].append(code)
        self._region_names = dict(names)

    def organisation(self, text: str) -> int:
        """The key of an organisation by its credit code (which may stand before its name) or its name."""
        self._read_organisations()
        words = unicodedata.normalize("NFKC", text).strip()
        found = _CREDIT_CODE_FIRST.match(words)
        keys = self._organisations.get(plain(found[1] if found else words), [])
        if not keys and found:
            keys = self._organisations.get(plain(words), [])
        if len(keys) == 1:
            return keys[0]
        if keys:
            raise CellError(
                "cell-organisations", "有多个单位叫“%(name)s”，请填统一社会信用代码", name=words[:40]
            )
        raise CellError("cell-no-organisation", "没有登记过单位“%(name)s”", name=words[:60])

    def knows_organisation(self, text: str) -> bool:
        self._read_organisations()
        return plain(text) in self._organisations

    def organisation_text(self, key: int) -> str:
        self._read_organisations()
        return self._organisation_texts.get(key, str(key))

    def _read_organisations(self) -> None:
        if self._organisation_texts:
            return
        names: defaultdict[str, list[int]] = defaultdict(list)
        for key, code, name in Organisation.objects.values_list("pk", "code", "name"):
            self._organisation_texts[key] = f"{code} {name}"
            for word in {plain(code), plain(name)}:
                names[word].append(key)
        self._organisations = dict(names)

    def shown(self, column: Column, value: str) -> str:
        """The label of a choice in the language of the moment."""
        if column.key not in self._shown:
            self._shown[column.key] = {option.value: option.shown for option in column.options()}
        return self._shown[column.key].get(value, value)

    def chosen(self, column: Column, word: str) -> str | None:
        """The value that a word means in a column: a label in either language, or the value itself."""
        if column.key not in self._choices:
            known: dict[str, str] = {}
            for option in column.options():
                for name in (option.value, option.label_en, option.label):
                    if name:
                        known[plain(name)] = option.value
            self._choices[column.key] = known
        return self._choices[column.key].get(plain(word))
