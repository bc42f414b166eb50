"""What a report says in plain words, and that its page begins with the clip and what looks wrong."""

from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from framesmooth.frames import Frame, FrameList
from framesmooth.metrics.measure import measure
from framesmooth.reports import ShownClip, write_html, write_report
from framesmooth.reports.plain_words import steadiness, wrong_frames, wrong_words
from tests.scenes import moving_scene

FPS = Fraction(10)


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return [np.asarray(frame) for frame in moving_scene(frames=14).frames]


@pytest.fixture(scope="module")
def spoiled(clean: list[Frame]) -> list[Frame]:
    """The clip with one frame that is 30 levels brighter."""
    frames = [frame.copy() for frame in clean]
    frames[6] = np.clip(frames[6].astype(int) + 30, 0, 255).astype(np.uint8)
    return frames


class Tags(HTMLParser):
    """The tags of a page in order, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_clean_clip_is_steady_and_no_frame_stands_out(clean: list[Frame]) -> None:
    report = measure(clean)
    assert steadiness(None, report).startswith("steady: flicker ")
    assert "of 255 levels" in steadiness(None, report)
    assert wrong_words(wrong_frames(report), FPS) == ["no frame stands out"]


def test_what_smoothing_did_is_said(clean: list[Frame], spoiled: list[Frame]) -> None:
    before, after = measure(spoiled), measure(clean)
    level = before["flicker_score"].mean
    assert f"({level:.2f} before smoothing)" in steadiness(before, after)


def test_too_few_frames_have_no_verdict(clean: list[Frame]) -> None:
    assert steadiness(None, measure(clean[:1])).startswith("flicker is unknown: ")
    assert wrong_frames(measure(clean[:1])) == []


def test_the_frame_that_looks_wrong_is_named_with_the_reason(spoiled: list[Frame]) -> None:
    (found,) = wrong_frames(measure(spoiled))
    assert found.index == 6
    assert found.why.startswith("it is brighter or darker than the frames beside it")
    assert wrong_words([found], FPS)[0].startswith("look at frame 6 (0.6 s): ")


def test_a_black_frame_is_called_one(clean: list[Frame]) -> None:
    frames = [*clean[:7], np.zeros_like(clean[0]), *clean[7:]]
    assert [(one.index, one.why) for one in wrong_frames(measure(frames))] == [
        (7, "it shows a black picture in the middle of a scene")
    ]


@pytest.mark.parametrize(
    ("name", "tag"), [("a clip.webm", "video"), ("clip.mkv", "video"), ("clip.gif", "img"), ("frames", "img")]
)
def test_the_page_begins_with_the_clip(spoiled: list[Frame], tmp_path: Path, name: str, tag: str) -> None:
    folder, report = tmp_path / "clip.framesmooth", measure(spoiled)
    write_report(folder, report, report, title=name, clip=ShownClip(tmp_path / name, FrameList(spoiled, FPS)))
    page = (folder / "report.html").read_text()
    tags = Tags(page).found
    shown = next(index for index, (kind, _) in enumerate(tags) if kind in ("video", "img"))
    assert tags[shown][0] == tag
    if tag == "video":
        assert tags[shown][1]["poster"].startswith("data:image/jpeg")  # type: ignore[union-attr]
        assert tags[shown + 1] == ("source", {"src": f"../{name.replace(' ', '%20')}"})
    assert ("a", {"href": f"../{name.replace(' ', '%20')}"}) in tags
    assert shown < [kind for kind, _ in tags].index("table")
    assert page.index("frame 6 (0.6 s): it is brighter or darker") < page.index("<table")
    assert str(tmp_path) not in page


def test_a_page_without_a_clip_loads_nothing(clean: list[Frame], tmp_path: Path) -> None:
    write_html(tmp_path / "report.html", None, measure(clean), title="frames")
    page = (tmp_path / "report.html").read_text()
    assert "media-src" not in page
    assert all(attributes.get("src", "data:").startswith("data:") for _, attributes in Tags(page).found)  # type: ignore[union-attr]
