"""The page in a real browser, from disk and without a network. Run by ``pytest -m browser``."""

from pathlib import Path
from typing import Any

import pytest

from framesmooth.frames import FrameList
from framesmooth.metrics.measure import measure
from framesmooth.reports import HeatMeter, write_clips_html
from tests.scenes import add_flicker, moving_scene

pytestmark = pytest.mark.browser
NAMES = ("<b>one</b> & 'two'</script>", "clean.mp4")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clean = moving_scene(frames=6).frames
    clips = dict(zip(NAMES, (FrameList(add_flicker(clean)), FrameList(clean)), strict=True))
    heats = {name: HeatMeter() for name in clips}
    reports = {name: measure(clip, watchers=[heats[name]]) for name, clip in clips.items()}
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_clips_html(path, reports, clips, heats, title=NAMES[0], facts={"reference": NAMES[0]})
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_works_offline(browser: Any, page_file: Path, scheme: str, width: int) -> None:
    context = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    told: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_file.as_uri())
    page.wait_for_selector("#chart .main-svg")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert NAMES[0] in page.inner_text("h1")
    legend = page.locator(".legend button")
    assert legend.all_text_contents() == list(NAMES)
    rows = page.evaluate("new Set(document.getElementById('chart').data.map(trace => trace.yaxis)).size")
    lines = page.locator("#chart .scatterlayer .trace")
    assert lines.count() == 2 * rows
    legend.first.click()
    assert lines.count() == rows
    legend.first.click()
    assert lines.count() == 2 * rows
    page.evaluate("document.getElementById('chart').scrollIntoView()")
    row = page.locator("#chart .nsewdrag").first.bounding_box()
    for step in (0, 2):
        page.mouse.move(row["x"] + row["width"] / 2 + step, row["y"] + row["height"] / 2)
    page.locator(".hoverlayer .hovertext").nth(rows - 1).wait_for()  # one label in every row
    assert told == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    context.close()
