"""Frames drawn from each other under a camera: the chain, what is between, and that it is always the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from framesmooth.errors import MediaError, UsageError
from framesmooth.events import Event, Notice, Progress, StageFinished, StageStarted
from framesmooth.frames import Frame, FrameSource
from framesmooth.generation.camera_feedback import CameraFeedback
from framesmooth.generation.color_anchor import ColorAnchor
from framesmooth.generation.color_transfer import Colors
from framesmooth.generation.image_latents import encode_images, invert_images
from framesmooth.generation.specs import Feedback
from framesmooth.interpolation.detail_matching import detail_energy
from framesmooth.models.families.base import Guidance
from framesmooth.models.latents import noise_of
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.motion.camera.homography import Camera
from framesmooth.motion.camera.moves import Moves
from framesmooth.motion.warping import backward_warp
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.video import write_png
from framesmooth.video.resize import fitted
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_from_record
from tests.generators import camera_feedback, make_keyframes
from tests.listeners import nothing
from tests.scenes import texture

FRAMES, SIZE = 9, (48, 64)
PICTURE = np.asarray(texture(*SIZE, seed=5) * 255, np.uint8)


def create(
    model: TextToImage,
    moves: Mapping[str, str] | None = None,
    *,
    strength: float = 0.5,
    pull: float = 0.3,
    first: Frame | None = None,
    prompts: tuple[str, ...] = ("a cat",),
    cadence: int = 4,
) -> CameraFeedback:
    times = [round(index * (FRAMES - 1) / max(1, len(prompts) - 1)) for index in range(len(prompts))]
    timeline = Timeline(tuple(Keyframe(*key, 3) for key in zip(times, prompts, strict=True)), FRAMES)
    values = Moves(**(moves or {})).values(FRAMES, Fraction(12))
    plan = Feedback(moves=values, strengths=[strength] * FRAMES, color_anchor=pull, first=first)
    size = {"width": SIZE[1], "height": SIZE[0]}
    return camera_feedback(model, timeline, plan, **size, steps=4, cadence=cadence)


def frames(source: FrameSource) -> np.ndarray:
    return np.stack(list(source)).astype(int)


def test_it_is_a_frame_source_and_always_the_same(model: TextToImage) -> None:
    source = create(model, {"zoom": "1.1"})
    assert isinstance(source, FrameSource)
    assert frames(source).shape == (FRAMES, *SIZE, 3)
    assert np.array_equal(frames(source), frames(create(model, {"zoom": "1.1"})))


def test_what_is_in_the_store_is_gone_on_from(model: TextToImage) -> None:
    whole = create(model, {"roll": "3", "zoom": "1.02"})
    wanted = frames(whole)
    steps: list[int] = []
    continued = create(model, {"roll": "3", "zoom": "1.02"})
    continued.store[0], continued.store[4] = whole.store[0], whole.store[4]
    make_keyframes(continued, steps.append)
    assert sum(steps) == 2  # half of four steps, of the last picture
    assert np.array_equal(frames(continued), wanted)
    assert create(model, {"roll": "3", "zoom": "1.02"}).work().keyframe_steps == 4 + 2 + 2
    assert whole.keyframe_indices == (0, 4, 8)


def test_without_strength_the_picture_only_moves(model: TextToImage) -> None:
    source = create(model, {"pan_x": "2", "pan_y": "-1"}, strength=0, pull=0, first=PICTURE)
    moved = frames(source)
    assert np.array_equal(moved[0], PICTURE)
    for time in range(1, FRAMES):
        inside = moved[time][: SIZE[0] - time, 2 * time :], PICTURE[time:, : SIZE[1] - 2 * time]
        near = np.abs(inside[0] - inside[1].astype(int))  # pixels onto pixels
        assert near[: -time - 8, 2 * time + 8 :].max() <= 1  # near the border the next picture fades in
    assert source.work().keyframe_steps == 0


def test_a_camera_that_stands_still_keeps_a_picture_that_is_not_drawn_over(model: TextToImage) -> None:
    still = frames(create(model, strength=0, first=PICTURE))
    assert np.abs(still - PICTURE.astype(int)).max() == 0


@pytest.mark.parametrize("moves", [{"zoom": "1.02"}, {"roll": "2"}, {"rotate_3d_y": "1"}])
def test_in_betweens_lie_along_the_known_motion(model: TextToImage, moves: dict[str, str]) -> None:
    source = create(model, moves, first=PICTURE, strength=0, cadence=8)
    made = [frame.astype(np.float32) for frame in source]
    still = create(model, first=PICTURE, strength=0, cadence=8)
    errors = [
        np.abs(backward_warp(made[time + 1], source.camera.flow(time, time + 1)) - made[time])[9:-9, 9:-9]
        for time in range(FRAMES - 1)
    ]
    unmoved = [np.abs(made[time + 1] - made[time])[9:-9, 9:-9].mean() for time in range(FRAMES - 1)]
    assert np.mean([error.mean() for error in errors]) < 0.45 * np.mean(unmoved)
    assert len(frames(still)) == FRAMES


def test_colours_stay_those_of_the_first_frame(model: TextToImage) -> None:
    """An untrained model drifts to grey: held strictly, the picture doesn't."""
    drifts = []
    for pull in (0.0, 1.0):
        made = list(create(model, strength=0.75, pull=pull, first=PICTURE, cadence=1))
        drifts.append(float(np.linalg.norm(Colors.of(made[-1]).mean - Colors.of(PICTURE).mean)))
    assert drifts[1] < 2
    assert drifts[1] <= drifts[0]


def test_a_camera_that_goes_in_for_ever_still_has_colours_to_hold_to(model: TextToImage) -> None:
    source = create(model, {"zoom": "2"}, cadence=1, first=PICTURE, pull=1)
    spread = [Colors.of(frame).spread[0] for frame in source]
    assert min(spread[2:]) > 0.7 * spread[2]


def test_the_first_frame_is_seen_up_to_sixteen_times_enlarged() -> None:
    """In area: at twice per frame and side that is frame 2."""
    values = Moves(zoom="2").values(FRAMES, Fraction(12))
    anchor = ColorAnchor(
        timeline=Timeline((Keyframe(0, "a cat", 3),), FRAMES),
        camera=Camera(values, SIZE),
        pull=1.0,
        times=range(FRAMES),
        first=PICTURE,
        generate=lambda time: pytest.fail(f"frame {time} has no prompt of its own"),
    )
    assert anchor.last_seen == {0: 0, 1: 1, 2: 2} | dict.fromkeys(range(3, FRAMES), 2)


def test_the_prompt_travels(model: TextToImage) -> None:
    alone, travelling = (
        frames(create(model, prompts=prompts)) for prompts in (("a cat",), ("a cat", "red sea"))
    )
    assert np.array_equal(alone[0], travelling[0])
    assert not np.array_equal(alone[-1], travelling[-1])


def test_a_long_chain_does_not_wear_the_picture_out() -> None:
    """With one noise for all frames, and guided like the first, fine detail grows many times over."""
    settings = GenerateSettings.of(
        prompts=parse_prompts(["a red sailboat on the sea at dawn"]),
        output=Path("clip.mp4"),
        num_frames=13,
        seed=2,
        cadence=1,
        zoom="1",
        strength="0.3",
        width=128,
        height=96,
    )

    def worn(asked: GenerateSettings) -> float:
        shown = frames(load_generator(resolve(asked), None)) / 255
        first, last = (detail_energy(shown[time].astype(np.float32)) for time in (0, -1))
        return last / first

    assert 0.5 < worn(settings) < 2
    assert worn(settings.but(noise_renewal=0.0, guidance_scale=2.0)) > 3


@pytest.mark.parametrize("renewal", [0.0, 1.0])
def test_samplers_that_draw_noise_draw_other_noise_for_each_frame(
    model: TextToImage, monkeypatch: pytest.MonkeyPatch, renewal: float
) -> None:
    """Unless the noise moves along; seeds that repeat would paint the same thing over and over."""
    seen: list[int] = []
    denoise = TextToImage.denoise

    def spied(self: TextToImage, latents: Tensor, conditioning: Any, seeds: Sequence[int], **how: Any) -> Any:
        seen.extend(seeds)
        return denoise(self, latents, conditioning, seeds, **how)

    monkeypatch.setattr(TextToImage, "denoise", spied)
    frames(replace(create(model, {"zoom": "1.1"}, cadence=2), noise_renewal=renewal))
    assert len(seen) == 5
    assert len(set(seen)) == (5 if renewal else 1)


def test_a_picture_that_goes_round_stays_as_it_is() -> None:
    """A chain codes each picture again; what the encoder alone makes of it gets outlines that grow."""
    model = load_pipeline("storybook", device="cpu", dtype="float32")
    noise = noise_of(7, model.latent_shape(128, 128))[None]
    conditioning = model.encode("a lighthouse on the sea at sunset", "", guided=True)
    drawn = model.denoise(noise, conditioning, [7], steps=4, guidance=Guidance(scale=2))
    (first,) = model.decode(drawn)
    kept, worn = first, first
    for _ in range(10):
        kept, worn = (
            model.decode(coded(model, [picture]))[0]
            for coded, picture in ((invert_images, kept), (encode_images, worn))
        )
    kept_off, worn_off = (np.square(one.astype(float) - first).mean() for one in (kept, worn))
    assert kept_off < 0.25 * worn_off


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_inverting_never_does_worse_than_encoding(tiny_model: Path, dtype: str) -> None:
    """The tiny model's weights are random: nothing promises that a correction helps."""
    model = load_pipeline(str(tiny_model), device="cpu", dtype=dtype)
    rng = np.random.default_rng(3)
    pictures = [PICTURE, rng.integers(0, 256, PICTURE.shape, np.uint8), np.zeros_like(PICTURE)]
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 127.5 - 1
    encoded, inverted = (
        (model.autoencoder.decode(latents).clamp(-1, 1) - images).square().flatten(1).mean(dim=1)
        for latents in (encode_images(model, pictures), invert_images(model, pictures))
    )
    assert bool((inverted <= encoded).all())


@pytest.mark.parametrize(
    "scheduler", ["DDIM", "EulerDiscrete", "DPMSolverMultistep", "HeunDiscrete", "UniPCMultistep"]
)
def test_drawing_over_a_picture_is_what_image_to_image_does(tiny_model: Path, scheduler: str) -> None:
    """Against diffusers' own pipeline: the same latents, the same noise, the same last steps."""
    from diffusers import StableDiffusionImg2ImgPipeline

    model = load_pipeline(str(tiny_model), device="cpu", dtype="float32", scheduler=scheduler)
    noise = noise_of(3, model.latent_shape(*SIZE))[None]
    start = encode_images(model, [PICTURE])
    state = model.state_at(start, noise, first_step=2, steps=4)
    conditioning = model.encode("a cat", "", guided=True)
    made = model.denoise(state, conditioning, [3], steps=4, guidance=Guidance(scale=2), first_step=2)
    pipe = StableDiffusionImg2ImgPipeline(
        **{**model.pipe.components, "scheduler": model.scheduler}, requires_safety_checker=False
    )
    (wanted,) = pipe(
        **conditioning,
        image=torch.from_numpy(PICTURE).permute(2, 0, 1)[None] / 255,
        strength=0.5,
        num_inference_steps=4,
        guidance_scale=2,
        generator=[torch.Generator().manual_seed(3)],
        output_type="latent",
        return_dict=False,
    )[:1]
    assert torch.allclose(made, wanted, atol=1e-3)


def test_a_picture_is_cropped_to_fill_the_frame() -> None:
    wide = np.zeros((40, 200, 3), np.uint8)
    wide[:, 90:110] = 255
    made = fitted(wide, (80, 60))
    assert made.shape == (80, 60, 3)
    assert made[:, 25:35].min() == 255
    assert fitted(PICTURE, (24, 24)).shape == (24, 24, 3)


Make = Callable[..., GenerateSettings]


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    write_png(tmp_path / "first.png", PICTURE)
    return GenerateSettings.of(
        prompts=parse_prompts(["a cat on the beach", "the lion at sunset"]),
        output=tmp_path / "clip.mp4",
        model=str(tiny_model),
        num_frames=FRAMES,
        cadence=2,
        width=32,
        height=24,
        steps=4,
        zoom="0:(1.05), 4:(1)",
        pan_x="0.5",
        strength="0:(0.5), -1:(0.8)",
        smoother="ema",
        dtype="float32",
    )


def kept(settings: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).folder
    return [path.read_bytes() for path in sorted(folder.glob("*/*.png"))]


def test_a_stopped_run_goes_on_to_the_same_frames(settings: GenerateSettings, tmp_path: Path) -> None:
    settings = settings.but(init_image=tmp_path / "first.png")
    events: list[Event] = []
    make_clip(settings, events.append)
    wanted = kept(settings)
    (steps,) = (event for event in events if isinstance(event, StageStarted) and event.stage == "keyframes")
    done = sum(e.advance for e in events if isinstance(e, Progress) and e.stage == "keyframes")
    assert steps.total == done == 2 + 3 + 3 + 3  # no picture is diffused for the first frame
    run = RunFolder.beside(settings.output)
    again = settings_from_record(run.record, run.folder)
    assert (again.camera.moves, again.img2img.strength, again.img2img.init_image) == (
        settings.camera.moves, settings.img2img.strength, settings.img2img.init_image)  # fmt: skip
    for name in ("keyframes/frame_000006.png", "keyframes/frame_000008.png", "frames/frame_000007.png"):
        (run.folder / name).unlink()
    settings.output.unlink()
    run.frames.note(complete=False)
    make_clip(again.but(model=settings.model.name), nothing)
    assert kept(settings) == wanted


def test_smoothing_again_diffuses_nothing_and_another_camera_all(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(settings, nothing)
    events: list[Event] = []
    make_clip(settings.but(smooth_strength=0.9, overwrite=True), events.append)
    reused = [e.reused for e in events if isinstance(e, StageFinished) and e.stage == "frames"]
    assert reused == [True]
    events.clear()
    make_clip(settings.but(zoom="1.1", overwrite=True), events.append)
    assert any(isinstance(event, Notice) and "replaced" in event.message for event in events)


def test_what_decides_the_pictures_is_in_their_key(settings: GenerateSettings, tmp_path: Path) -> None:
    others = [
        settings.but(zoom=None, pan_x=None),
        settings.but(roll="1"),
        settings.but(strength="0.5"),
        settings.but(color_anchor=0.0),
        settings.but(cadence=3),
        settings.but(init_image=tmp_path / "first.png"),
    ]
    keys = [str(resolve(one).keyframes_key) for one in (settings, *others)]
    assert len(set(keys)) == len(keys)
    plain = settings.but(zoom=None, pan_x=None, strength=None)
    assert "feedback" not in resolve(plain).keyframes_key


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zoom": "0:(1), 5:(foo)"}, "--zoom: schedule, column 11"),
        ({"strength": "0:(0.5), 3:(1.5)"}, r"--strength: 1\.\d+ at frame \d is outside 0 to 1"),
        ({"seeds": (1, 2)}, "give one --seed"),
        ({"inbetween": "flow"}, "drop --inbetween"),
        ({"zoom": None, "pan_x": None, "strength": None, "color_anchor": 0.5}, "--color-anchor needs"),
        ({"zoom": None, "pan_x": None, "strength": None, "noise_renewal": 0.5}, "--noise-renewal needs"),
        ({"prompts": parse_prompts(['0: a cat | 8: a lion'])}, None),
    ],
)  # fmt: skip
def test_wrong_wishes_are_refused_before_the_model_is_loaded(
    settings: GenerateSettings, changes: dict[str, object], words: str | None
) -> None:
    wrong = settings.but(**changes)
    if words is None:
        assert resolve(wrong).feedback is not None
        return
    with pytest.raises(UsageError, match=words):
        resolve(wrong)


def test_a_first_picture_that_is_none(settings: GenerateSettings, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture")
    for name in ("no.png", "missing.png"):
        with pytest.raises(MediaError, match=name):
            resolve(settings.but(init_image=tmp_path / name))
