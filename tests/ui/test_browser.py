"""The page in a real browser, as people use it. Run by ``pytest -m browser``."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from framesmooth.video import open_sink
from tests.scenes import add_flicker, moving_scene
from tests.ui.server import Server

pytestmark = pytest.mark.browser
PATIENCE = 40_000  # milliseconds; only a failing test waits for so long
FPS = 12
PAGES = ("Create", "Steady", "Measure", "Story", "Runs")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A clip without flicker, the same with it, and what only looks like a clip."""
    folder = tmp_path_factory.mktemp("clips")
    clean = moving_scene(frames=16).frames
    for name, frames in (("clean", clean), ("flickering", add_flicker(clean))):
        with open_sink(folder / f"{name}.mp4", fps=Fraction(FPS), size=(64, 96)) as sink:
            for frame in frames:
                sink.write(frame)
    (folder / "broken.mp4").write_bytes(b"not a video at all")
    (folder / "notes.txt").write_text("hello")
    (folder / "large.mp4").write_bytes(bytes(3 * 2**20))
    return {path.stem: path for path in folder.iterdir()}


Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, server: Server) -> Iterator[Open]:
    """Opens pages; in the end none of them has told of an error, or asked any other machine."""
    told: list[str] = []
    hosts: set[str] = set()
    contexts = []

    def open_one(width: int = 1280, scheme: str = "light", address: str = "") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda one: told.extend([f"{one.text} {one.location}"] * (one.type == "error")))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda one: hosts.add(urlsplit(one.url).hostname or ""))
        page.goto(server.address + address)
        page.locator("#create-button").wait_for()
        return page

    yield open_one
    for context in contexts:
        context.close()
    expected = re.compile(r"413|Failed to load resource.*(40[49]|413)")  # answers that a test asks for
    assert [line for line in told if not expected.search(line)] == []
    assert hosts <= {"127.0.0.1", ""}


def fill_clip(page: Any, frames: int, **others: str) -> None:
    for label, value in ({"Length in frames": str(frames), "Width": "32", "Height": "24"} | others).items():
        page.get_by_label(re.compile(rf"^\s*{label}")).first.fill(value)


def send(page: Any, place: str, *paths: Path) -> None:
    """Choose files, and wait until the server has them."""
    page.locator(f"{place} .wrap").first.wait_for()
    page.locator(f"{place} input[type=file]").set_input_files(paths)
    page.locator(f"{place} .file-preview").get_by_text(paths[-1].stem).first.wait_for()


def view(page: Any, text: str) -> Any:
    return page.locator(".fs-job").filter(visible=True).get_by_text(text)


def test_a_clip_from_two_prompts_is_there_after_a_reload(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Prompt 1", exact=True).fill("a cat on the beach")
    page.get_by_label("Prompt 2", exact=True).fill("the <b>lion</b> at sunset")
    fill_clip(page, 4, Steps="2")
    page.locator("#create-button").click()
    page.locator(".fs-clip").wait_for()
    assert page.locator(".fs-job h2").first.text_content() == "a cat on the beach → the <b>lion</b> at sunset"
    command = page.locator(".fs-command code").first.text_content()
    assert command.startswith(
        "framesmooth generate 'a cat on the beach' 'the <b>lion</b> at sunset' -o clip.mp4"
    )
    page.wait_for_function("document.querySelector('video.fs-clip').readyState >= 1")
    assert page.evaluate("document.querySelector('video.fs-clip').videoWidth") == 32
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith("clip.mp4")
    page.reload()
    page.locator(".fs-clip").wait_for()


def test_a_job_is_stopped_resumed_and_found_by_other_tabs(open_page: Open, server: Server) -> None:
    page = open_page()
    fill_clip(page, 60, Steps="900")  # longer than this test looks at it
    page.locator("#create-button").click()
    page.locator(".fs-keyframes img").first.wait_for()
    assert page.locator(".fs-bar").get_attribute("aria-valuenow") is not None
    page.reload()  # in the middle of the job
    page.locator(".fs-keyframes img").first.wait_for()
    other = open_page()  # a second browser that knows no address
    other.locator(".fs-keyframes img").first.wait_for()
    other.get_by_role("tab", name="Runs").click()
    card = other.locator(".fs-card").first
    card.get_by_role("button", name="Stop").wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume").wait_for()
    card.get_by_role("button", name="Resume").wait_for()
    made = page.locator(".fs-keyframes img").count()
    assert made > 0
    card.get_by_role("button", name="Resume").click()
    page.reload()
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    page.wait_for_function(f"document.querySelectorAll('.fs-keyframes img').length >= {made}")
    page.wait_for_function("document.querySelector('.fs-what').textContent.startsWith('keyframes')")
    page.get_by_role("button", name="Stop", exact=True).click()
    card.get_by_role("button", name="Delete").click()
    card.get_by_role("button", name="Delete for good").click()
    other.wait_for_function("!document.querySelector('.fs-card .fs-danger')")
    assert page.url.split("#job=")[1] not in [one["job"] for one in server.get("/ui/jobs")["jobs"]]


def test_the_two_clips_of_the_wipe_are_in_sync(open_page: Open, clips: dict[str, Path]) -> None:
    page = open_page()
    page.get_by_role("tab", name="Steady").click()
    send(page, "#steady-file", clips["flickering"])
    page.locator("#steady-button").click()
    page.locator(".fs-wipe").wait_for()
    page.wait_for_function(
        "[...document.querySelectorAll('.fs-stage video')].every(one => one.readyState >= 3)"
    )
    times = "[...document.querySelectorAll('.fs-stage video')].map(one => one.currentTime)"
    page.get_by_role("button", name="Play").click()
    drifts, seen = [], set()
    for _ in range(30):  # twice around
        page.wait_for_timeout(100)
        first, second = page.evaluate(times)
        drifts.append(abs(first - second))
        seen.add(int(first * FPS))
    assert max(drifts) < 1 / FPS
    assert len(seen) > 8
    page.get_by_role("button", name="Pause").click()
    for frame in (11, 3):
        page.get_by_label("Frame", exact=True).fill(str(frame))
        page.wait_for_function(f"{times}.every(time => Math.floor(time * {FPS}) === {frame})")
    page.get_by_label(re.compile("^Wipe")).fill("250")
    assert "25%" in page.locator(".fs-second").get_attribute("style")
    assert view(page, "Tuned: strength").count() == 1
    page.get_by_text("Figures", exact=True).click()
    assert page.locator(".fs-table .fs-good").count() > 0


def test_clips_are_compared_and_gates_applied(open_page: Open, clips: dict[str, Path]) -> None:
    page = open_page()
    page.get_by_role("tab", name="Measure").click()
    send(page, "#measure-file", clips["flickering"], clips["clean"])
    page.get_by_text("Gates: the most that may be").click()
    page.get_by_label("Luma flicker, levels of 255").fill("1")
    page.locator("#measure-button").click()
    report = page.frame_locator(".fs-report")
    report.locator("h1").wait_for()
    assert report.locator("h1").text_content() == "flickering.mp4 and clean.mp4"
    assert (
        "flickering.mp4: gate: luma_flicker is"
        in page.locator(".fs-job .fs-problem").filter(visible=True).text_content()
    )


def test_every_error_is_a_sentence(open_page: Open, clips: dict[str, Path]) -> None:
    page = open_page()
    problem = page.locator(".fs-problem:visible")

    def says(words: str) -> None:
        problem.filter(has_text=words).first.wait_for()

    for number in (1, 2):
        page.get_by_label(f"Prompt {number}", exact=True).fill("")
    page.locator("#create-button").click()
    says("there is no prompt: say in the first row what to show")
    page.get_by_label("Prompt 1", exact=True).fill("a cat")
    fill_clip(page, 0)
    page.locator("#create-button").click()
    says("“Length in frames” 0 is out of range: give a whole number, 1 to")
    page.get_by_role("tab", name="Steady").click()
    page.locator("#steady-button").click()
    says("there is no clip: choose a video")
    for name, words in (("notes", "notes.txt is no clip"), ("broken", "broken.mp4")):
        send(page, "#steady-file", clips[name])
        page.locator("#steady-button").click()
        says(words)
        page.get_by_label("Clear").filter(visible=True).first.click()
    page.locator("#steady-file input[type=file]").set_input_files(clips["large"])
    page.get_by_text(re.compile("exceed|larger", re.IGNORECASE)).first.wait_for()


LOW_CONTRAST = (Path(__file__).parent / "low_contrast.js").read_text(encoding="utf-8")
"""A function that lists the texts on a page whose contrast is below that of WCAG AA."""
NAMELESS = (Path(__file__).parent / "nameless.js").read_text(encoding="utf-8")
"""A function that lists the controls on a page that have no name for a screen reader."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_and_can_be_read(open_page: Open, width: int, scheme: str) -> None:
    """Nothing is wider than the screen, and text has the contrast of WCAG AA, 4.5 to 1."""
    page = open_page(width, scheme)
    for name in PAGES:
        page.get_by_role("tab", name=name, exact=True).click()
        page.locator(".fs-job h2, .fs-empty, .fs-card").filter(visible=True).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(LOW_CONTRAST) == [], name
        assert page.evaluate(NAMELESS) == [], name


def test_the_timeline_is_edited_with_the_keyboard_and_as_text(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Add a prompt").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("a third one")  # the new row has the focus
    assert page.get_by_label("Prompt 3", exact=True).input_value() == "a third one"
    page.get_by_role("button", name="Remove prompt 1").click()
    page.get_by_role("button", name="As text").click()
    text = page.get_by_label("Prompts as text")
    assert text.input_value().splitlines()[-1] == "a third one"
    text.fill("0: dawn | 12: night --neg stars")
    page.get_by_role("button", name="As rows").click()
    page.get_by_role("button", name="As text").wait_for()
    assert page.get_by_label("Prompt 2", exact=True).input_value() == "night --neg stars"
    assert page.get_by_label("Frame of prompt 2").input_value() == "12"


def test_a_story_of_two_shots_and_one_shot_again(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("tab", name="Story").click()
    for number in (1, 2):
        page.get_by_label(f"Seconds, shot {number}").fill("1")
    for label, value in (("Size", "32x24"), ("Steps", "2")):
        page.locator(".fs-film").get_by_label(label).fill(value)
    page.locator("#board-button").click()
    page.locator(".fs-sheet").filter(visible=True).wait_for()
    page.locator("#story-button").click()
    shots = page.locator(".fs-made-shots video")
    shots.nth(1).wait_for()
    page.get_by_role("button", name="Make shot 2 again").click()
    page.wait_for_function("document.querySelectorAll('.fs-field-seed input')[1].value === '1'")
    shots.nth(1).wait_for()
    page.get_by_label("What to show, shot 1").fill("secret.yaml")
    page.locator("#story-button").click()
    page.locator(".fs-problem").filter(visible=True, has_text="like the name of a file").wait_for()
