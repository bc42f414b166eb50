"""A story to a film, end to end on a tiny model: exact lengths, what is reused, what is resumed."""

import subprocess
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pysubs2
import pytest
import yaml

import framesmooth as fs
from framesmooth.errors import OutputExists, UsageError
from framesmooth.events import Event, StageFinished, StageStarted
from framesmooth.frames import Frame
from framesmooth.runs import content_of, read_json
from framesmooth.sound.speech import can_speak
from framesmooth.video import open_sink, open_source, read_image, read_metadata, write_png
from framesmooth.video.audio_filters import loudness_of
from framesmooth.video.audio_placement import RATE
from framesmooth.video.audio_samples import read_samples, write_samples
from tests.listeners import Stop, stop_at

Write = Callable[..., Path]

SHOTS: list[dict[str, Any]] = [
    {"prompt": "a cat on the beach", "title": "Hi"},
    {"prompt": "the lion at sunset", "transition": "dissolve 0.25", "seed": 3},
    {"prompt": "a castle", "transition": "fade black 0.25", "camera": "fast pan left"},
]


@pytest.fixture
def write(tiny_model: Path, tmp_path: Path) -> Write:
    """Return what writes a story of shots, with a tiny model, and returns its path."""

    def written(shots: list[dict[str, Any]], **film: Any) -> Path:
        defaults = {
            "model": str(tiny_model), "steps": 2, "smoother": "ema", "dtype": "float32", "cadence": 4,
            "duration": 0.75,
        }  # fmt: skip
        path = tmp_path / "story.yaml"
        path.write_text(
            yaml.safe_dump({"size": "32x24", "fps": 8, "defaults": defaults, **film, "shots": shots})
        )
        return path

    return written


def content(film: Any) -> dict[int, str]:
    return {shot.number: content_of(shot.clip) for shot in film.shots}


def frames(path: Path) -> list[Frame]:
    return list(open_source(path))


def test_shots_stand_where_the_story_says(write: Write, tmp_path: Path) -> None:
    output = tmp_path / "film.mp4"
    film = fs.storyboard(write(SHOTS, end="fade black 0.25"), output, otio=tmp_path / "film.otio")
    assert [(shot.start, shot.length) for shot in film.shots] == [(0, 6), (6, 6), (12, 6)]
    assert (film.num_frames, film.fps, film.size) == (18, Fraction(8), (24, 32))
    made = frames(output)
    assert len(made) == 18
    assert made[11].max() < 20, "faded to black before the cut"
    assert made[12].max() < 20, "and from it after the cut"
    assert made[17].max() < 20
    assert made[14].max() > 30
    lengths = [len(frames(shot.clip)) for shot in film.shots]
    assert lengths == [7, 7, 6], "with the handles of the dissolve"
    assert "AI-generated" in read_metadata(output)["comment"]
    record = read_json(film.run_folder / "film.json")
    assert record["film"]["sha256"] == content_of(output)
    assert [shot["transition"] for shot in record["shots"]] == ["cut", "dissolve 0.25", "fade black 0.25"]
    assert str(tmp_path) not in (film.run_folder / "film.json").read_text()
    assert film.flashes is not None
    assert (tmp_path / "film.otio").stat().st_size > 1000


def test_one_word_redraws_one_shot(write: Write, tmp_path: Path) -> None:
    output = tmp_path / "film.mp4"
    before = content(fs.storyboard(write(SHOTS), output))
    changed = [dict(shot) for shot in SHOTS]
    changed[1]["prompt"] = "the cat at sunset"
    film = fs.storyboard(write(changed), output, overwrite=True)
    after = content(film)
    assert [shot.reused for shot in film.shots] == [True, False, True]
    assert after[1] == before[1]
    assert after[3] == before[3]
    assert after[2] != before[2]
    assert any("no longer has" in notice.message for notice in film.notices)
    back = fs.storyboard(write(SHOTS), output, overwrite=True, prune=True)
    assert content(back) == before
    assert all(shot.reused for shot in back.shots)
    assert len(list((back.run_folder / "shots").glob("*.mp4"))) == 3
    words = [dict(shot) for shot in SHOTS]
    words[0]["title"], words[2]["caption"] = "Ho", "x"
    assert all(shot.reused for shot in fs.storyboard(write(words), output, overwrite=True).shots)


def test_a_film_that_was_stopped_goes_on(write: Write, tmp_path: Path) -> None:
    """It is stopped four times, in the middle of shots and of the film itself."""
    story = write(SHOTS)
    whole = fs.storyboard(story, tmp_path / "whole.mkv", codec="ffv1")
    for stage in ("shot 1: frames", "shot 2: keyframes", "shot 3: smooth", "film"):
        with pytest.raises(Stop):
            fs.storyboard(story, tmp_path / "film.mkv", codec="ffv1", on_event=stop_at(stage))
        assert not (tmp_path / "film.mkv").exists()
    film = fs.storyboard(story, tmp_path / "film.mkv", codec="ffv1")
    assert film.output is not None
    assert whole.output is not None
    assert np.array_equal(frames(film.output), frames(whole.output))


def test_a_match_starts_from_the_last_frame(write: Write, tmp_path: Path) -> None:
    story = write([SHOTS[0], {"prompt": "a castle", "transition": "match"}])
    film = fs.storyboard(story, tmp_path / "film.mp4")
    first, second = (frames(shot.clip) for shot in film.shots)
    assert (len(first), len(second)) == (6, 7)
    assert np.abs(second[0].astype(int) - first[-1]).mean() < 4
    assert film.num_frames == 12


def test_a_morph_leads_from_one_shot_to_the_next(write: Write, tmp_path: Path) -> None:
    story = write([SHOTS[0], {"prompt": "a castle", "transition": "morph 0.5"}])
    film = fs.storyboard(story, tmp_path / "film.mp4", subtitles="none")
    (morph,) = (film.run_folder / "shots").glob("morph-*.mp4")
    bridge, first, second = frames(morph), *(frames(shot.clip) for shot in film.shots)
    assert len(bridge) == 6
    for given, end in ((bridge[0], first[3]), (bridge[-1], second[2])):
        assert np.abs(given.astype(int) - end).mean() < 4
    assert film.num_frames == len(list(film.frames)) == 12


def test_single_shots_are_made_anew(write: Write, tmp_path: Path) -> None:
    story, output = write(SHOTS), tmp_path / "film.mp4"
    alone = fs.storyboard(story, output, shot=[2])
    assert (alone.output, [shot.number for shot in alone.shots]) == (None, [2])
    assert any("waits for 2 shots (1, 3)" in notice.message for notice in alone.notices)
    assert fs.storyboard(story, output).output == output
    started: list[str] = []

    def listen(event: Event) -> None:
        started.extend([event.stage] if isinstance(event, StageStarted) else [])

    again = fs.storyboard(story, output, shot=[3], overwrite=True, on_event=listen)
    assert again.output == output
    assert [shot.reused for shot in again.shots] == [True, True, False]
    assert "shot 3: keyframes" in started
    with pytest.raises(UsageError, match="has 3 shots: there is no --shot 4"):
        fs.storyboard(story, output, shot=[4])


def test_every_stage_that_starts_ends(write: Write, tmp_path: Path) -> None:
    events: list[Event] = []
    fs.storyboard(write(SHOTS[:2]), tmp_path / "film.webp", on_event=events.append)
    started = [event.stage for event in events if isinstance(event, StageStarted)]
    assert sorted(started) == sorted(event.stage for event in events if isinstance(event, StageFinished))
    assert {"shots", "film", "shot 2: frames"} <= set(started)


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "mov_text"), (".mkv", "subrip"), (".webm", "webvtt")])
def test_soft_subtitles_are_read_back(write: Write, tmp_path: Path, suffix: str, codec: str) -> None:
    shots = [{"prompt": "a cat", "say": "It begins."}, {"prompt": "a lion", "caption": "Sea, שלום"}]
    output = tmp_path / f"film{suffix}"
    film = fs.storyboard(write(shots), output, subtitles="soft")
    second = float(film.shots[1].start / film.fps)
    asked = (
        "-v error -select_streams s -show_entries stream=codec_name:packet=pts_time,duration_time -of csv=p=0"
    )
    try:
        told = subprocess.run(
            ["ffprobe", *asked.split(), str(output)], capture_output=True, text=True, check=True
        )
        assert codec in told.stdout
        subprocess.run(["ffmpeg", "-v", "error", "-i", str(output), str(tmp_path / "out.srt")], check=True)
    except FileNotFoundError:
        pytest.skip("ffmpeg is not installed")
    lines = [(line.plaintext, line.start, line.end) for line in pysubs2.load(str(tmp_path / "out.srt"))]
    assert [text for text, _, _ in lines] == ["It begins.", "Sea, שלום"]
    assert lines[0][1] == pytest.approx(250, abs=12)
    assert lines[1][1] == pytest.approx(1000 * second, abs=12)
    assert lines[1][2] == pytest.approx(1000 * second + 750, abs=12)


def test_a_subtitle_file_and_burnt_words(write: Write, tmp_path: Path) -> None:
    story = write([{"prompt": "a cat", "say": "Hi", "caption": "Ho"}])
    plain = fs.storyboard(story, tmp_path / "a.mkv", codec="ffv1", subtitles=str(tmp_path / "a.srt"))
    assert [line.plaintext for line in pysubs2.load(str(tmp_path / "a.srt"))] == ["Ho", "Hi"]
    burnt = fs.storyboard(story, tmp_path / "b.mkv", codec="ffv1", subtitles="burn")
    changed = [(a != b).any(axis=(1, 2)) for a, b in zip(plain.frames, burnt.frames, strict=True)]
    assert not changed[0][:4].any(), "the upper part has no text"
    assert changed[3][8:].any()


def test_the_errors_of_shots_name_their_lines(write: Write, tmp_path: Path) -> None:
    def told(shot: Mapping[str, Any], **film: Any) -> str:
        with pytest.raises(UsageError) as error:
            fs.storyboard(write([SHOTS[0], {"prompt": "a cat"} | dict(shot)], **film), tmp_path / "film.mp4")
        assert str(error.value).startswith(f"{tmp_path / 'story.yaml'}:")
        return str(error.value)

    assert "shots[2].steps: " in told({"steps": 0})
    assert "shots[2].camera: " in told({"camera": "paan left"})
    assert "shots[2]" in told({"control_model": "nowhere"})
    assert "shots[2].title: does not fit" in told({"title": "word " * 60})
    assert "did you mean smooth_strength" in told({"smoothstrength": 0.3})
    assert not (tmp_path / "film.framesmooth" / "shots").exists(), "nothing was made before all was checked"


def test_sound_is_in_its_place_and_at_its_loudness(write: Write, tmp_path: Path) -> None:
    """A click in the music, at a cut, is heard at the cut; a shot lasts as long as its words."""
    music = np.zeros((RATE * 3, 2), np.float32)
    music[: RATE * 3 : 4] += 0.001
    music[round(0.75 * RATE) : round(0.75 * RATE) + 96] = 0.9
    write_samples(tmp_path / "music.wav", music)
    story = write(SHOTS[:2], music={"file": "music.wav", "fade": 0})
    output = tmp_path / "film.mp4"
    film = fs.storyboard(story, output)
    heard = read_samples(output)
    assert np.abs(heard).argmax() / RATE == pytest.approx(float(film.shots[1].start / film.fps), abs=0.02)
    assert len(heard) / RATE == pytest.approx(float(film.num_frames / film.fps), abs=0.03)
    assert not any("ends" in notice.message for notice in film.notices)


def test_ambience_and_speech(write: Write, tmp_path: Path) -> None:
    shots = [{"prompt": "a boat on the sea"}, {"prompt": "a lake", "say": "It begins at sea, at dawn."}]
    film = fs.storyboard(write(shots, ambience="yes"), tmp_path / "film.mp4")
    assert any("procedural ambience: sea, stream" in notice.message for notice in film.notices)
    loud = loudness_of(read_samples(tmp_path / "film.mp4", layout="stereo")).integrated
    assert loud == pytest.approx(-16, abs=1)
    if not can_speak():
        assert any("espeak-ng is not installed" in notice.message for notice in film.notices)
        return
    (words,) = (film.run_folder / "speech").glob("*.wav")
    spoken = len(read_samples(words)) / RATE
    assert float(film.shots[1].length / film.fps) == pytest.approx(spoken + 0.5, abs=1 / 8)
    silent = fs.storyboard(tmp_path / "story.yaml", tmp_path / "film.webp")
    assert any("holds no sound" in notice.message for notice in silent.notices)


@pytest.mark.parametrize("name", ["text.mp3", "picture.png", "silent.mp4"])
def test_music_that_cannot_be_heard_is_refused(write: Write, tmp_path: Path, name: str) -> None:
    if name == "silent.mp4":
        with open_sink(tmp_path / name, fps=Fraction(8), size=(16, 16)) as sink:
            sink.write(np.zeros((16, 16, 3), np.uint8))
    elif name == "picture.png":
        write_png(tmp_path / name, np.zeros((16, 16, 3), np.uint8))
    else:
        (tmp_path / name).write_text("no sound")
    with pytest.raises(UsageError, match=rf"story\.yaml:\d+: music: .*{name}"):
        fs.storyboard(write(SHOTS[:1], music=name), tmp_path / "film.mp4")


def test_styles_give_words_look_and_transitions(write: Write, tmp_path: Path) -> None:
    """A match starts from the frame before it was graded: the black bars are not drawn twice."""
    shots = [
        {"prompt": "a cat"},
        {"prompt": "a lion"},
        {"prompt": "a castle", "transition": "match", "style": "noir"},
    ]
    film = fs.storyboard(write(shots, style="cinematic", size="48x32"), tmp_path / "film.mp4")
    record = read_json(film.run_folder / "film.json")
    assert [shot["transition"] for shot in record["shots"]] == ["cut", "dissolve 0.5", "match"]
    made = frames(tmp_path / "film.mp4")
    assert made[2][0].max() < 8, "bars of the cinematic look"
    assert np.ptp(made[-1].astype(int), axis=2).max() < 24, "noir is black and white"
    (picture,) = (film.run_folder / "pictures").glob("*.png")
    assert read_image(picture)[0].max() > 10
    with pytest.raises(UsageError, match=r"story\.yaml:\d+: shots\[2\]\.style: unknown style"):
        fs.storyboard(write([*shots[:1], {"prompt": "a", "style": "nor"}]), tmp_path / "b.mp4")


def test_a_film_is_not_overwritten_unasked(write: Write, tmp_path: Path) -> None:
    story, output = write(SHOTS[:1]), tmp_path / "film.webp"
    fs.storyboard(story, output)
    with pytest.raises(OutputExists):
        fs.storyboard(story, output)
    with pytest.raises(UsageError, match=r"story\.yaml is read or written already"):
        fs.storyboard(story, tmp_path / "b.webp", otio=story, overwrite=True)
    with pytest.raises(UsageError, match="holds no subtitles"):
        fs.storyboard(story, tmp_path / "b.webp", subtitles="soft")
