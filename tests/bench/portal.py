"""What a phone on a slow network waits for on each public page: a slower processor, 1.6 Mbit/s, 150 ms of delay."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.bench.land import Land, collect_assets
from tests.bench.report import Report, Row

CHROMIUM = "/usr/bin/chromium"
PHONE = {"width": 390, "height": 844}
SLOWER = 4
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
TIMES = 3
PAINT_S, USABLE_S, SCRIPT_KB, CHART_KB = 1.5, 3.5, 150, 220
# The first moment at which symbols of fetched tiles stand on the map.
_WATCH = """
new MutationObserver(() => {
  const map = document.querySelector('#map[data-drawn]');
  if (map && map.dataset.drawn !== '0' && !window.drawn_) window.drawn_ = performance.now();
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['data-drawn']});
"""
_SCRIPTS = """() => performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js'))
  .map((one) => [one.name.split('/').pop(), one.encodedBodySize])"""
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass(frozen=True)
class Seen:
    """Seconds, and compressed bytes of scripts (of charts apart); ``usable`` is None where there is no map."""

    paint: float
    usable: float | None
    scripts: int
    charts: int


def opened(browser: Browser, address: str) -> tuple[Page, CDPSession]:
    context = browser.new_context(
        viewport=PHONE, locale="zh-CN", has_touch=True, is_mobile=True, service_workers="block"
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.add_init_script(_WATCH)
    control = context.new_cdp_session(page)
    control.send("Network.enable")
    control.send("Network.emulateNetworkConditions", NETWORK)
    control.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="commit")
    return page, control


def seen(browser: Browser, address: str, *, has_map: bool = False) -> Seen:
    """One first visit. The map is usable once its first tiles are drawn and a tap on a symbol has opened a project."""
    page, _control = opened(browser, address)
    usable = None
    if has_map:
        page.wait_for_function("() => window.drawn_")
        box = page.locator("#map").bounding_box()
        assert box is not None
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_selector("#map-card:not([hidden]) a")
        usable = float(page.evaluate("performance.now()")) / 1000
    page.wait_for_load_state("networkidle")
    sizes: list[tuple[str, int]] = [(name, size) for name, size in page.evaluate(_SCRIPTS)]
    paint = float(page.evaluate(_PAINT)) / 1000
    page.context.close()
    return Seen(
        paint,
        usable,
        sum(size for name, size in sizes if not name.startswith("charts")),
        sum(size for name, size in sizes if name.startswith("charts")),
    )


def measured(base: str, pages: Iterable[tuple[str, str, bool]], report: Report) -> None:
    """Add the lines of each page (what it is, its address, whether it has a map)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for what, path, has_map in pages:
            visits = [seen(browser, base + path, has_map=has_map) for _ in range(TIMES)]
            report.add(
                Row(f"{what}: first contentful paint", statistics.median(one.paint for one in visits), "s",
                    target=PAINT_S, note=f"slowest {max(one.paint for one in visits):.2f} s"),
                Row(f"{what}: scripts, compressed", max(one.scripts for one in visits) / 1024, "kB", target=SCRIPT_KB),
            )  # fmt: skip
            if has_map:
                times = [one.usable for one in visits if one.usable is not None]
                report.add(Row(f"{what}: map usable", statistics.median(times), "s", target=USABLE_S,
                               note=f"slowest {max(times):.2f} s"))  # fmt: skip
            if charts := max(one.charts for one in visits):
                report.add(Row(f"{what}: charts, after the table", charts / 1024, "kB", target=CHART_KB))
        browser.close()


def addresses(slug: str, lon: float, lat: float) -> list[tuple[str, str, bool]]:
    return [
        ("map", f"/#15/{lat:.5f}/{lon:.5f}", True),
        ("list", "/public/projects/", False),
        ("project", f"/public/projects/{slug}/", False),
        ("statistics", "/public/statistics/", False),
        ("handling", "/public/handling/", False),
        ("guides", "/public/guides/", False),
        ("policies", "/public/policies/", False),
        ("notices", "/public/notices/", False),
        ("questions", "/public/questions/", False),
        ("open data", "/public/open-data/", False),
    ]


def run(land: Land) -> bool:
    """Each page by a browser that has seen nothing yet, from processes for the public only."""
    from gis_projects.disclosure.models import DisclosedProject
    from tests.bench.public import _disclosed, public

    report = Report(
        "portal",
        f"the public pages on a phone: {SLOWER} × slower, 1.6 Mbit/s, 150 ms; median of {TIMES} first visits",
        "",
    )
    _disclosed()
    collect_assets()
    project = DisclosedProject.objects.exclude(mark=None).filter(slug__startswith="bench").first()
    assert project is not None
    at = project.mark.transform(4326, clone=True)
    with public(land) as port:
        measured(f"http://127.0.0.1:{port}", addresses(project.slug, at.x, at.y), report)
    return report.finish()
