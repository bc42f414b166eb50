"""What a clip will take: counts against what the network really sees, and that asking changes nothing."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.events import Event, Notice
from framesmooth.generation import cost_probe
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.work import Cost, Probe, Tally, Work
from framesmooth.models.loading import load_pipeline
from framesmooth.runs import RunFolder
from framesmooth.video import write_png
from framesmooth.workflows.generate import estimate as estimating
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.run import estimate_clip, make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.sharing import Shares, shares_of
from tests.listeners import nothing
from tests.small_clip import small_clip


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip of two prompts."""
    return small_clip(tiny_model, tmp_path / "clip.mkv", num_frames=9, cadence=3, steps=5, batch_size=2)


def test_a_cost_is_found_again_from_two_measurements() -> None:
    cost = Cost.through([(1, 0.5 + 0.2), (4, 0.5 + 4 * 0.2)])
    assert cost.of(Tally(3, 10)) == pytest.approx(3 * 0.5 + 10 * 0.2)
    assert Cost.through([(2, 0.6)]).of(Tally(5, 10)) == pytest.approx(3.0)
    assert Cost.through([(1, 0.1), (4, 9.9)]).of(Tally(1, 4)) == pytest.approx(0.4)  # a busy machine


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"guidance_end": 0.6},
        {"guidance_scale": 1.0},
        {"low_vram": True},
        {"inbetween": "crossfade"},
        {"pacing": "even"},
        {"init_video": None, "strength": "0:(0.4), -1:(0.8)"},
        {"zoom": "1.02", "strength": "0:(0.4), -1:(0.8)"},
    ],
    ids=str,
)
def test_counts_are_those_of_the_run(
    settings: GenerateSettings, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "init_video" in changes:
        video = settings.output.parent / "video"
        for index in range(9):
            write_png(video / f"{index}.png", np.full((24, 32, 3), 20 * index, np.uint8))
        changes |= {"init_video": video, "num_frames": None}
    settings = settings.but(**({"pacing": "linear"} | changes))
    expected = estimate_clip(settings, nothing)
    assert not RunFolder.beside(settings.output).folder.exists()
    seen = 0

    def counting(*arguments: object, **options: object) -> object:
        loaded = load_pipeline(*arguments, **options)  # type: ignore[arg-type]

        def evaluated(_network: object, given: tuple[torch.Tensor, ...]) -> None:
            nonlocal seen
            seen += len(given[0])

        loaded.denoiser.register_forward_pre_hook(evaluated)
        return loaded

    monkeypatch.setattr("framesmooth.models.loading.load_pipeline", counting)
    monkeypatch.setattr(
        "framesmooth.workflows.generate.frames_stage.FramesStage._report_cost", lambda *_: None
    )
    made = make_clip(settings, nothing)
    keyframes = RunFolder.beside(made.clip).record["generation"]["num_diffused"]
    assert (expected.frames, expected.width, expected.height) == (9, 32, 24)
    assert expected.keyframes == keyframes == 4
    assert expected.evaluations == seen


def test_workers_share_batches_out_as_far_as_there_are_some() -> None:
    work = Work(frames=12, batches=(1, 4, 7))
    assert [work.quicker(workers) for workers in (1, 2, 3)] == [1, 12 / 8, 12 / 7]
    assert Work(frames=12).quicker(2) == 2  # frames between stored keyframes


def test_the_estimate_knows_how_many_processes_work(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def probe(self: PromptTravel, _is_worth_it: object) -> Probe:
        threads.append(torch.get_num_threads())
        image = np.zeros((*self.size, 3), np.uint8)
        return Probe(Cost(0, 0.5), Cost(0, 0.25), 0.0, 2.0, image, 10**9, 10**12)

    monkeypatch.setattr(PromptTravel, "probe", probe)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    before = torch.get_num_threads()
    alone, by_two = (estimate_clip(settings.but(workers=workers), nothing) for workers in (1, 2))
    assert threads == [before, 1]
    assert torch.get_num_threads() == before
    assert by_two.diffusing == alone.diffusing / 2  # batches of 1, 2 and 1 keyframes
    assert by_two.decoding == alone.decoding / 2
    assert by_two.evaluations == alone.evaluations
    assert round(by_two.memory, -9) == 2 * round(alone.memory, -9) == 2 * 10**9


def test_what_follows_from_the_image_before_is_only_smoothed_by_several(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    chain = settings.but(zoom="1.1", camera_anchor="off", cadence=4, pacing=None, smoother="trajectory")
    shares = shares_of(resolve(chain.but(workers=2)))
    assert shares == Shares(drawing=1, smoothing=2, threads=1, beside=2)
    assert shares_of(resolve(chain.but(workers="ray"))) == Shares()


def test_a_stopped_run_has_less_to_do(settings: GenerateSettings) -> None:
    whole = estimate_clip(settings, nothing)

    def stop(event: Event) -> None:
        if type(event).__name__ == "StageFinished" and getattr(event, "stage", "") == "keyframes":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_clip(settings, stop)
    left = estimate_clip(settings, nothing)
    assert left.keyframes == 0
    assert 0 < left.evaluations < whole.evaluations
    assert estimate_clip(settings.but(seed=1, overwrite=True), nothing).keyframes == 4


def test_a_long_run_is_announced_and_scarce_memory_warned_of(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Notice] = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            told.append(event)

    make_clip(settings, listen)
    assert not any("to go" in notice.message for notice in told)
    monkeypatch.setattr("framesmooth.workflows.generate.frames_stage.LONG", 0.0)
    monkeypatch.setattr(cost_probe, "memory_free", lambda _device: -(10**12))
    make_clip(settings.but(output=settings.output.with_name("other.mkv")), listen)
    assert any("to go: 4 keyframes in" in notice.message and not notice.warning for notice in told)
    assert any("--low-vram" in notice.message and notice.warning for notice in told)


def test_asking_first_changes_no_frame(settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def frames(name: str) -> list[bytes]:
        clip = settings.but(output=settings.output.with_name(name))
        make_clip(clip, nothing)
        folder = RunFolder.beside(clip.output).frames.folder
        return [path.read_bytes() for path in sorted(folder.glob("*.png"))]

    asked = frames("asked.mkv")
    monkeypatch.setattr(
        "framesmooth.workflows.generate.frames_stage.FramesStage._report_cost", lambda *_: None
    )
    assert frames("quiet.mkv") == asked


def test_dry_run_prints_and_writes_nothing(tiny_model: Path, tmp_path: Path) -> None:
    arguments = [
        "generate",
        "a cat",
        "-o",
        str(tmp_path / "clip.mp4"),
        "--model",
        str(tiny_model),
        "--dry-run",
    ]
    arguments += ["--num-frames", "5", "-W", "32", "-H", "24"]
    shown = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert shown.exit_code == 0
    assert "network evaluations" in shown.stdout
    written = CliRunner().invoke(cli, [*arguments, "--json", "-", "-q"], catch_exceptions=False)
    figures = json.loads(written.stdout)
    assert {"width", "frames", "keyframes", "evaluations", "diffusing", "memory", "disk"} <= set(figures)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "clip.mp4").write_bytes(b"there already")
    again = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert again.exit_code == 0
    assert (tmp_path / "clip.mp4").read_bytes() == b"there already"


@pytest.mark.parametrize("tracing", [False, True])
def test_asking_for_memory_leaves_a_callers_own_tracing_alone(tracing: bool) -> None:
    if tracing:
        tracemalloc.start()
    try:
        seconds, held = estimating._traced(lambda: float(np.ones(1_000_000).sum()))
        assert tracemalloc.is_tracing() == tracing
    finally:
        tracemalloc.stop()
    assert seconds == 1_000_000
    assert held == pytest.approx(8_000_000, rel=0.02)


def test_words_for_times_and_sizes() -> None:
    assert [estimating.duration(seconds) for seconds in (8.2, 99, 300, 7800)] == [
        "8 s",
        "99 s",
        "5 min",
        "2 h 10 min",
    ]
    assert [estimating.size(number) for number in (900, 14.2e6, 3.21e9)] == ["900 B", "14 MB", "3.2 GB"]
