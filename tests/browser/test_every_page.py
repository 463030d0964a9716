"""Every page that the rooms' own links lead to, as the people see it who work there.

One sign-in for each; a page is looked at once, by the first who comes to it: it fits a desk and a phone, every cell of
a card says what column it is of, and the axe checker finds nothing serious. Every link that anybody is shown leads
somewhere: what is refused isn't offered.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.house import house
from tests.browser.test_accessibility import serious
from tests.thorough import many

ROOMS = {"library", "argument", "people", "desk", "clock", "reporting"}
WHO = [
    "coordinator", "handler", "organiser", "expert", "owner", "intermediary", "unit_admin", "admission", "finance",
    "committee", "leader", "administrator",
]  # fmt: skip
BEGINNINGS = ["/desk/", "/projects/", "/units/register/"]
#: Files, and addresses that differ by what they ask alone: they have tests of their own.
FILES = re.compile(
    r"[?&]format=|/(export|template|marked|proof|files|package|attachments)/|\.(zip|toml|json|pdf|docx)$"
)
HREF = re.compile(r'<a\b[^>]*?href="([^"#]*)')
BARE_CELLS = """() => [...document.querySelectorAll('table.table-cards')].flatMap((table) => {
  const heads = [...(table.tHead?.rows[table.tHead.rows.length - 1]?.cells ?? [])];
  const named = heads.map((head) => head.innerText.trim() !== '' && !head.querySelector('.visually-hidden'));
  return [...table.tBodies].flatMap((body) => [...body.rows]).flatMap((row) => {
    let column = 0;
    return [...row.cells].filter((cell) => {
      const bare = cell.tagName === 'TD' && cell.colSpan === 1 && named[column] && cell.dataset.label === undefined
        && !cell.classList.contains('card-empty');
      column += cell.colSpan;
      return bare;
    }).map((cell) => cell.innerText.slice(0, 40));
  });
})"""
#: Counts what a page's scripts have asked for and not yet shown: waiting until the network has been idle for half a
#: second would be half of the time that all the pages take.
COUNTS_WHAT_IS_ASKED = """
  window.asked = 0;
  const before = window.fetch;
  window.fetch = (...given) => {
    window.asked += 1;
    return before(...given).finally(() => setTimeout(() => { window.asked -= 1; }, 50));
  };
"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


#: Widths at which the axe checker looks: on a phone targets are smallest; the desk's pages have it in their own tests.
CHECKED_AT = many([PHONE], [DESKTOP, PHONE])


@pytest.fixture(scope="module")
def seen():
    """Which pages somebody has looked at already."""
    return set()


def place(address: str) -> str | None:
    """The name of one of the rooms' pages, with what makes it another page; None for any other address."""
    if FILES.search(address):
        return None
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return f"nowhere {address}"
    if match.namespace not in ROOMS:
        return None
    words = [value for value in match.kwargs.values() if isinstance(value, str) and not value.isdigit()]
    return " ".join(
        [match.view_name, *(words if match.url_name in ("library-act", "database", "register") else [])]
    )


def looked_at(page, address: str) -> list[str]:
    """What is wrong with a page at a desk and on a phone."""
    found = []
    page.goto(address)
    page.wait_for_function("() => window.asked === 0")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        if size in CHECKED_AT:
            found += [f"{size['width']} {each}" for each in serious(page)]
        if page.evaluate(WIDER):
            found.append(f"wider than {size['width']}")
    found += [f"says not what it is: {text}" for text in page.evaluate(BARE_CELLS)[:3]]
    page.set_viewport_size(DESKTOP)
    return [f"{address}: {each}" for each in found]


@pytest.mark.parametrize("who", WHO)
def test_every_page_can_be_read_and_every_link_leads_somewhere(who, open_page, seen, django_db_blocker):
    with django_db_blocker.unblock():
        user = house().people[who]
    page = open_page("/desk/", user)
    page.add_init_script(COUNTS_WHAT_IS_ASKED)
    waiting, followed, wrong = [(address, "") for address in BEGINNINGS], set(), []
    while waiting:
        address, whence = waiting.pop(0)
        name = place(address)
        if name is None or name in followed:
            continue
        followed.add(name)
        answer = page.context.request.get(address)
        if answer.status != 200:
            if whence:  # a beginning may be closed to some
                wrong.append(f"{answer.status} {address}, offered on {whence}")
            continue
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        if name not in seen:
            seen.add(name)
            wrong += looked_at(page, address)
        here = answer.url
        waiting += [
            (urljoin(here, link.replace("&amp;", "&")).removeprefix(here[: here.index("/", 8)]), address)
            for link in HREF.findall(answer.text())
        ]
    assert len(followed) > 10, followed
    assert wrong == []
