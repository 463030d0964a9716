"""What becomes of an author's Markdown: nothing runs, nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.publishing.markdown import ATTRIBUTES, TAGS, html, plain

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "![a](https://evil.example/x.png)",
    "<a href='x' onclick='y'>z</a>",
    '[a](https://ok.example "t\\" onmouseover=\\"alert(1)")',
    "<svg><script>alert(1)</script></svg>",
    "<style>*{display:none}</style>",
    "`</code><script>`",
    "[a]: javascript:alert(1)\n\n[a]",
    '<https://ok.example/" onclick="x>',
]

#: What a text is put together from at random.
PARTS = [*HOSTILE, "# ", "\n", "- ", "> ", "|a|\n|-|\n", "**", "`", "<", '"']


class Seen(HTMLParser):
    """An independent reader of the made HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))


def checked(made: str) -> None:
    seen = Seen()
    seen.feed(made)
    for tag, attributes in seen.tags:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"rel"}
        address = attributes.get("href")
        assert address is None or re.match(r"(https?:|mailto:|tel:|/|#|[^:]*$)", address), address


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_survives(text):
    checked(html(text))


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=8)), max_size=8))
def test_whatever_is_written_only_listed_tags_come_out(parts):
    checked(html("".join(parts)))


def test_structure_stays_and_headings_begin_below_the_pages_own():
    made = html("# 一\n\n## 二\n\n- 甲\n- 乙\n\n|表|头|\n|--|--|\n|1|2|\n\n[网](https://a.cn)")
    assert "<h2>一</h2>" in made
    assert "<h3>二</h3>" in made
    assert "<li>甲</li>" in made
    assert "<td>2</td>" in made
    assert 'href="https://a.cn" rel="noopener noreferrer"' in made


def test_plain_text_is_the_words_alone():
    assert plain("# 标题\n\n**重点** a<b & [链接](https://a.cn)") == "标题 重点 a<b & 链接"
