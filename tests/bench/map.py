"""The map page in a real browser: every layer on at zoom 12, first full paint and frames per second while panning."""

from __future__ import annotations

import itertools
import shutil
import statistics
import time

from playwright.sync_api import Browser, Page, sync_playwright

from gis_projects.atlas import tile_cache
from layers.models import LayerVersion, Status
from tests.bench.http import server, session
from tests.bench.land import Land, collect_assets
from tests.bench.report import Report, Row

CHROMIUM = "/usr/bin/chromium"
WINDOW = {"width": 1440, "height": 900}
ZOOM = 12
# In the city, where parcels are smallest; among its villages; at its rim.
PLACES = ((40.62, 109.90), (40.56, 109.70), (40.66, 110.05))
PAINT_TARGET_S = 3.0
FRAMES_TARGET = 30.0
STEPS = 180
STEP_S = 1 / 60
STEP_PX = 6  # 360 px a second

_FRAMES = """() => {
  window.frames_ = [];
  const tick = (now) => { window.frames_.push(now); window.ticking_ = requestAnimationFrame(tick); };
  window.ticking_ = requestAnimationFrame(tick);
}"""
_PAINTED = "() => document.querySelector('#map')?.dataset.painted === 'yes'"


def every_layer() -> tuple[int, str]:
    """All layers of the catalogue, how many, and as the page's address names them."""
    rows = LayerVersion.objects.filter(status=Status.PUBLISHED).order_by("-layer__order")
    codes = list(rows.values_list("layer__code", flat=True))
    return len(codes), ",".join(codes)


def opened(
    browser: Browser, port: int, cookie: str, place: tuple[float, float], layers: str
) -> tuple[Page, float]:
    """The page in a browser that has seen nothing yet, and the seconds until all that is in view is drawn."""
    context = browser.new_context(locale="zh-CN", viewport=WINDOW, base_url=f"http://127.0.0.1:{port}")
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{port}"}])
    page = context.new_page()
    page.goto(f"/map/#{ZOOM}/{place[0]}/{place[1]}/layers={layers}/kinds=key", wait_until="commit")
    page.wait_for_function(_PAINTED, timeout=120_000)
    marks = page.evaluate("performance.getEntriesByName('map-painted').map(m => m.startTime)")
    return page, marks[-1] / 1000


def panned(page: Page) -> tuple[float, float]:
    """Frames per second while a hand drags the map about, and the longest frame of twenty in seconds."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(_FRAMES)
    began = time.perf_counter()
    for step in range(STEPS):
        # back and forth, so that the hand stays on the map and new tiles come from every side
        leg, along = divmod(step, 45)
        way = (1, 1, -1, -1)[leg]
        x += way * STEP_PX
        y += (STEP_PX / 2) * (1, -1, -1, 1)[leg]
        page.mouse.move(x, y)
        time.sleep(max(0.0, began + (step + 1) * STEP_S - time.perf_counter()))
        assert along >= 0
    times: list[float] = page.evaluate("() => (cancelAnimationFrame(window.ticking_), window.frames_)")
    page.mouse.up()
    gaps = [(b - a) / 1000 for a, b in itertools.pairwise(times)]
    gaps.sort()
    return len(gaps) / sum(gaps), gaps[int(len(gaps) * 0.95)]


def forget_tiles() -> None:
    """Delete the kept tiles of this city's versions; the folder may be the demo's too."""
    for root_hash in LayerVersion.objects.values_list("root_hash", flat=True):
        for folder in tile_cache.folder().glob(f"*{root_hash[:20]}*"):
            shutil.rmtree(folder)


def run(land: Land) -> bool:
    collect_assets()
    count, layers = every_layer()
    report = Report(
        "map", f"Map page, {count} layers on at zoom {ZOOM}, {WINDOW['width']} × {WINDOW['height']}", ""
    )
    cold: list[float] = []
    warm: list[float] = []
    frames: list[float] = []
    slow: list[float] = []
    cookie = session()
    forget_tiles()
    with server(land) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for place in PLACES:
            for paints in (cold, warm):  # the second finds the server's tiles made, the browser's never
                page, seconds = opened(browser, port, cookie, place, layers)
                paints.append(seconds)
                if paints is warm:
                    page.wait_for_timeout(500)
                    rate, gap = panned(page)
                    frames.append(rate)
                    slow.append(gap)
                page.context.close()
        version = browser.version
        browser.close()
    report.add(
        Row(
            "first full paint, tiles made before",
            statistics.median(warm),
            "s",
            target=PAINT_TARGET_S,
            note=_each(warm),
        ),
        Row("first full paint, no tile made yet", statistics.median(cold), "s", note=_each(cold)),
        Row(
            "panning",
            statistics.median(frames),
            "frames/s",
            target=FRAMES_TARGET,
            at_most=False,
            note=_each(frames),
        ),
        Row(
            "slowest frame of twenty",
            statistics.median(slow) * 1000,
            "ms",
            note=_each([gap * 1000 for gap in slow]),
        ),
    )
    report.notes += [
        f"headless Chromium {version} without GPU, a fresh profile each time, on the two cores of server and database",
        "from the start of the navigation to the last tile in view drawn; panning with the pointer at 400 px/s over "
        "tiles that were not made before, by the page's animation frames",
        f"median of {len(PLACES)} places",
    ]
    return report.finish()


def _each(values: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)
