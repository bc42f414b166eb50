"""Files for editors, read back by OpenTimelineIO and its EDL adapter: the same cuts."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from framesmooth.errors import UsageError
from framesmooth.story.edit import Edit, Placed, plan_edit
from framesmooth.story.editors import smpte_multiple, write_edl, write_otio
from tests.story.stories import shots


@pytest.fixture
def edit() -> Edit:
    return plan_edit(
        shots(
            {"duration": 2, "title": {"text": "Dawn", "at": 0.5}},
            {"duration": 3, "transition": "dissolve 0.5", "say": "It begins.\nAt sea."},
            {"duration": 1.5, "transition": "cut"},
            {"duration": 2, "transition": "wipe left 0.5"},
            {"duration": 1, "transition": "match"},
            {"duration": 1, "transition": "morph 0.5"},
            fps=24,
            handles=0.5,
        )
    )


def test_a_morph_needs_no_handles_in_an_edl(tmp_path: Path) -> None:
    edit = plan_edit(shots({"duration": 1}, {"duration": 1, "transition": "morph 0.5"}, fps=24))
    write_edl(tmp_path / "film.edl", edit, clip_of(tmp_path), name="film")
    assert cuts(otio.adapters.read_from_file(str(tmp_path / "film.edl"), rate=24)) == [(0, 24), (24, 24)]


def clip_of(folder: Path) -> Callable[[Placed], Path]:
    return lambda placed: folder / "film.framesmooth" / "shots" / f"shot-{placed.shot.number}.mp4"


def cuts(timeline: otio.schema.Timeline) -> list[tuple[int, int]]:
    """Return (start, length) in frames of each clip in the film."""
    track = timeline.video_tracks()[0]
    spans = [clip.trimmed_range_in_parent() for clip in track.find_clips()]
    return [(round(span.start_time.value), round(span.duration.value)) for span in spans]


def test_otio_read_back(tmp_path: Path, edit: Edit) -> None:
    path = tmp_path / "film.otio"
    sound = tmp_path / "film.framesmooth" / "sound.wav"
    write_otio(path, edit, clip_of(tmp_path), name="film", sound=sound)
    read = otio.adapters.read_from_file(str(path))
    assert cuts(read) == [(placed.start, placed.length) for placed in edit.placed]
    track = read.video_tracks()[0]
    ways = [item for item in track if isinstance(item, otio.schema.Transition)]
    assert [(way.transition_type, way.in_offset.value, way.out_offset.value) for way in ways] == [
        ("SMPTE_Dissolve", 6, 6), ("Custom_Transition", 6, 6),
    ]  # fmt: skip
    for clip, placed in zip(track.find_clips(), edit.placed, strict=True):
        reference = clip.media_reference
        assert reference.target_url == f"film.framesmooth/shots/shot-{placed.shot.number}.mp4"
        assert round(reference.available_range.duration.value) == placed.generated
        assert round(clip.source_range.start_time.value) == placed.head
    first, second = list(track.find_clips())[:2]
    assert [(marker.name, marker.marked_range.start_time.value) for marker in first.markers] == [
        ("title: Dawn", 12)
    ]
    assert second.markers[0].name == "say: It begins. At sea."
    (audio,) = read.audio_tracks()
    assert audio.duration().value == edit.num_frames


def test_edl_read_back(tmp_path: Path, edit: Edit) -> None:
    path = tmp_path / "film.edl"
    write_edl(path, edit, clip_of(tmp_path), name="film")
    read = otio.adapters.read_from_file(str(path), rate=24)
    begins = [p.start - (p.transition.kind != "morph") * p.before for p in edit.placed]
    assert [start for start, _ in cuts(read)] == begins, "an EDL counts from where a transition begins"
    assert sum(length for _, length in cuts(read)) == edit.num_frames
    ways = [item for item in read.video_tracks()[0] if isinstance(item, otio.schema.Transition)]
    assert [way.out_offset.value for way in ways] == [12, 12]
    assert len({line.split()[1] for line in path.read_text().splitlines() if line[:3].isdigit()}) == 6


def test_an_edl_counts_at_a_rate_of_smpte(tmp_path: Path) -> None:
    assert [smpte_multiple(Fraction(rate)) for rate in ("24", "12", "8", "24000/1001", "10")] == [
        1,
        2,
        3,
        1,
        3,
    ]
    with pytest.raises(UsageError, match="--otio"):
        smpte_multiple(Fraction(17))
    edit = plan_edit(shots({"duration": 1}, {"duration": 2}, fps=12))
    write_edl(tmp_path / "film.edl", edit, clip_of(tmp_path), name="film")
    read = otio.adapters.read_from_file(str(tmp_path / "film.edl"), rate=24)
    assert cuts(read) == [(0, 24), (24, 48)]
