"""Clips that are gone on with: what was there stays, and the rest follows from it."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import UsageError
from framesmooth.events import Event, Listener, StageStarted
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import open_source
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import estimate_clip, make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import Stop, nothing, stop_at
from tests.small_clip import small_clip
from tests.tiny_video_families import build_tiny_video_family


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """Six frames of one prompt."""
    clip = small_clip(tiny_model, tmp_path / "clip.mkv", num_frames=6, steps=4, batch_size=4, cadence=2)
    return clip.but(prompts=parse_prompts(["a cat on the beach"]))


def on(clip: GenerateSettings, name: str = "longer.mkv", *texts: str, **given: Any) -> GenerateSettings:
    """Return what asks to go on with a clip: nothing of its own settings but where its model is."""
    output = clip.output.with_name(name)
    return GenerateSettings.of(
        prompts=parse_prompts(texts), output=output, extend=clip.output, model=clip.model.name, **given
    )


def make(settings: GenerateSettings, listen: Listener = nothing) -> GeneratedClip:
    return make_clip(settings, listen, report=False)


def frames_of(clip: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(clip.output).frames.folder
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def differences(clip: GenerateSettings) -> np.ndarray:
    frames = list(open_source(RunFolder.beside(clip.output).frames.folder))
    return np.array([np.abs(a.astype(int) - b).mean() for a, b in pairwise(frames)])


MOVES: dict[str, dict[str, Any]] = {
    "travel": {},
    "camera": {"camera": "pan left", "cadence": None},
    "chain": {"zoom": "1.02", "camera_anchor": "off"},
}


@pytest.mark.parametrize("kind", ["travel", "camera", pytest.param("chain", marks=pytest.mark.slow)])
def test_old_frames_stay_and_new_ones_follow_without_a_jump(settings: GenerateSettings, kind: str) -> None:
    clip = settings.but(**MOVES[kind])
    make(clip)
    longer = on(clip)
    made = make(longer)
    assert made.num_frames == 12
    assert frames_of(longer)[:6] == frames_of(clip)
    steps = differences(longer)
    assert steps[5] <= 1.5 * steps.max(initial=0, where=np.arange(11) != 5)
    again = on(longer, "longest.mkv", num_frames=15)
    make(again)
    assert frames_of(again)[:12] == frames_of(longer)
    assert len(frames_of(again)) == 15


def test_noise_goes_on_from_where_it_was(settings: GenerateSettings) -> None:
    clip = settings.but(drift=0.4)
    make(clip)
    before, after = (load_generator(resolve(one), None).path for one in (clip, on(clip)))  # type: ignore[attr-defined]
    for time in range(6):
        assert np.allclose(before.noise(time), after.noise(time), atol=1e-6)
    apart = [float((after.noise(t + 1) - after.noise(t)).square().mean()) for t in range(11)]
    assert max(apart) < 3 * min(apart), "it drifts on"


def test_keyframes_that_are_there_are_not_drawn_again(settings: GenerateSettings) -> None:
    make(settings)
    expected = estimate_clip(on(settings), nothing)
    assert (
        expected.keyframes
        < estimate_clip(settings.but(output=Path("x.mkv"), num_frames=12), nothing).keyframes
    )
    old, new = (RunFolder.beside(one.output).keyframes for one in (settings, on(settings)))
    make(on(settings))
    for path in old.results():
        assert (new.folder / path.name).read_bytes() == path.read_bytes()


def test_a_stopped_extension_is_resumed_to_the_same_frames(settings: GenerateSettings) -> None:
    make(settings)
    whole, longer = on(settings, "whole.mkv"), on(settings)
    make(whole)
    with pytest.raises(Stop):
        make(longer, stop_at("frames", 2))
    run = RunFolder.beside(longer.output)
    resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing)
    assert frames_of(longer) == frames_of(whole)
    assert run.record["settings"]["raw"]["img2img"]["extend"] == "../clip.mkv"


def test_it_travels_on_to_new_prompts(settings: GenerateSettings) -> None:
    make(settings)
    longer = on(settings, "longer.mkv", "the lion at sunset", "a red castle", num_frames=14)
    make(longer)
    keys = RunFolder.beside(longer.output).record["keyframes"]
    assert [(key["time"], key["prompt"]) for key in keys] == [
        (0, "a cat on the beach"),
        (5, "a cat on the beach"),
        (9, "the lion at sunset"),
        (13, "a red castle"),
    ]


def test_a_cascade_goes_on_in_finished_frames(settings: GenerateSettings) -> None:
    clip = settings.but(num_frames=7, interpolate=2, upscale=2.0, upscaler="lanczos")
    make(clip)
    longer = on(clip, num_frames=11)
    made = make(longer)
    assert (made.num_frames, made.size) == (11, (48, 64))
    assert frames_of(longer)[:4] == frames_of(clip)
    assert len(frames_of(longer)) == 6


def test_a_video_pipeline_goes_on_from_the_last_frame(tmp_path: Path) -> None:
    model = build_tiny_video_family("ltx", tmp_path / "models")
    clip = GenerateSettings.of(
        prompts=["a cat"], output=tmp_path / "clip.mkv", model=str(model), width=32, height=32, num_frames=9,
        steps=2, smoother="ema", dtype="float32", device="cpu",
    )  # fmt: skip
    make(clip)
    longer = on(clip, num_frames=14, dtype="float32", device="cpu")
    events: list[Event] = []
    make(longer, events.append)
    assert frames_of(longer)[:9] == frames_of(clip)
    (keyframes,) = (one for one in events if isinstance(one, StageStarted) and one.stage == "keyframes")
    assert keyframes.total == 2 * 5, "only what follows is denoised"


@pytest.mark.parametrize(
    ("before", "refused"),
    [
        ({"loop": True}, [({}, "a loop has no end")]),
        ({"seeds": (1, 2)}, [({}, "several seeds")]),
        (
            {},
            [
                ({"num_frames": 6}, "larger --num-frames"),
                ({"steps": 9}, "--num-inference-steps"),
                ({"output": "clip.mkv", "overwrite": True}, "another -o"),
                ({"extend": "nothing.mp4"}, "not there"),
                ({"prompts": parse_prompts(["3: a lion"])}, "leave out their frames"),
            ],
        ),
    ],
)
def test_what_cannot_be_gone_on_with_is_one_line(
    settings: GenerateSettings, before: dict[str, Any], refused: list[tuple[dict[str, Any], str]]
) -> None:
    clip = settings.but(**before)
    make(clip)
    for given, word in refused:
        places = {key: clip.output.with_name(str(given[key])) for key in ("output", "extend") if key in given}
        with pytest.raises(UsageError, match=word) as caught:
            make(on(clip).but(**given | places))
        assert "\n" not in str(caught.value)
    assert not RunFolder.beside(clip.output.with_name("longer.mkv")).folder.exists()


def test_an_unfinished_run_is_finished_first(settings: GenerateSettings) -> None:
    with pytest.raises(Stop):
        make(settings, stop_at("frames", 1))
    with pytest.raises(UsageError, match="framesmooth resume"):
        make(on(settings))


def test_the_command_needs_a_prompt_or_a_clip(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["generate", "-o", str(tmp_path / "clip.mp4")])
    assert result.exit_code == 2
    assert "--extend" in result.output
