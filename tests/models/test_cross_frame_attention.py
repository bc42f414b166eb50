"""Attention across frames: what is looked at, that batches don't matter, and that runs go on."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import Attention

from framesmooth.errors import UsageError
from framesmooth.frames import FrameList, FrameSource
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.specs import Feedback, Restyle
from framesmooth.models.cross_frame_attention import attending_to_first, self_attentions
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.motion.camera.moves import Moves
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.generators import camera_feedback, make_keyframes, prompt_travel, video_to_video
from tests.listeners import Stop, stop_at
from tests.scenes import texture
from tests.tiny_families import build_tiny_family

FRAMES, SIZE = 7, (24, 32)
VIDEO = [np.asarray(texture(*SIZE, seed=time) * 255, np.uint8) for time in range(FRAMES)]


def create(
    model: TextToImage,
    kind: Callable[..., Any] = prompt_travel,
    *plan: Feedback | Restyle,
    cross: bool = True,
    batch_size: int = 2,
    guidance_end: float = 0.6,
) -> Any:
    timeline = Timeline((Keyframe(0, "a cat", 3), Keyframe(FRAMES - 1, "red sea", 4)), FRAMES)
    return kind(
        model,
        timeline,
        *plan,
        width=SIZE[1],
        height=SIZE[0],
        steps=5,
        cadence=2,
        batch_size=batch_size,
        guidance_end=guidance_end,
        cross_frame=cross,
    )


def frames(source: FrameSource) -> np.ndarray:
    return np.stack(list(source)).astype(int)


def finals(source: PromptTravel) -> np.ndarray:
    make_keyframes(source)
    return np.stack([source.store[time] for time in source.keyframe_indices])


class Network(torch.nn.Module):
    """One layer of self-attention, named as in a UNet."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.block: Any = torch.nn.ModuleDict({"attn1": Attention(8, heads=2, dim_head=4)})

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(self.block["attn1"](hidden))


def test_every_picture_attends_to_the_first_of_its_half() -> None:
    """Against attention written out; the halves are the negative prompt's and the prompt's."""
    network, hidden = Network(), torch.randn(6, 5, 8, generator=torch.Generator().manual_seed(1))
    layer = network.block["attn1"]
    plain = network(hidden)
    with attending_to_first(network, 3):
        made = network(hidden)
    for index in range(6):
        seen = hidden[3 * (index // 3)]
        query, key, value = layer.to_q(hidden[index]), layer.to_k(seen), layer.to_v(seen)
        heads = [
            torch.softmax(query[:, part] @ key[:, part].T / 2, dim=-1) @ value[:, part]
            for part in (slice(0, 4), slice(4, 8))
        ]
        assert torch.allclose(made[index], layer.to_out[0](torch.cat(heads, dim=-1)), atol=1e-5)
    assert torch.allclose(made[::3], plain[::3], atol=1e-5)  # the first at itself
    assert torch.equal(network(hidden), plain)  # and only while it is asked for


def test_the_first_frame_is_as_ever_and_the_others_are_not(model: TextToImage) -> None:
    assert len(self_attentions(model.denoiser)) == 4
    crossed, plain = finals(create(model)), finals(create(model, cross=False))
    assert np.allclose(crossed[0], plain[0], atol=1e-4)
    assert np.abs(crossed[1:] - plain[1:]).max() > 1e-3


@pytest.mark.parametrize("guidance_end", [0.6, 1.0])
def test_a_frame_is_the_same_in_any_batch(model: TextToImage, guidance_end: float) -> None:
    pairs, alone, together, sparing = (
        create(one, batch_size=size, guidance_end=guidance_end)
        for one, size in ((model, 2), (model, 1), (model, 8), (replace(model, low_vram=True), 8))
    )
    wanted = finals(pairs)
    for other in (alone, together, sparing):
        assert np.allclose(finals(other), wanted, atol=2e-4)
    assert np.abs(frames(alone) - frames(pairs)).max() <= 1
    assert np.array_equal(pairs.render(pairs.batches[0])[0].frame, alone.render(alone.batches[0])[0].frame)


def test_frames_drawn_over_others_attend_to_the_first_too(model: TextToImage) -> None:
    plan = Restyle(video=FrameList(VIDEO), content="", strengths=[0.6] * FRAMES)
    single, several = (frames(create(model, video_to_video, plan, batch_size=size)) for size in (1, 4))
    assert np.abs(single - several).max() <= 1
    plain = frames(create(model, video_to_video, plan, cross=False))
    assert np.abs(plain[0] - several[0]).max() <= 1
    assert not np.array_equal(plain[1:], several[1:])
    moves = Moves(zoom="1.1").values(FRAMES, Fraction(12))
    chain = Feedback(moves=moves, strengths=[0.6] * FRAMES, color_anchor=0.3)
    with_it, without = (frames(create(model, camera_feedback, chain, cross=cross)) for cross in (True, False))
    assert np.abs(with_it[0] - without[0]).max() <= 1
    assert not np.array_equal(with_it[1:], without[1:])


def test_larger_unets_have_it_and_transformers_refuse_it(tmp_path: Path) -> None:
    sdxl = load_pipeline(str(build_tiny_family("stable_diffusion_xl", tmp_path / "sdxl")), dtype="float32")
    assert np.isfinite(finals(create(sdxl))).all()
    for name in ("stable_diffusion_3", "pixart_alpha", "flux"):
        other = load_pipeline(str(build_tiny_family(name, tmp_path / name)), dtype="float32")
        with pytest.raises(UsageError, match="--cross-frame-attention"):
            create(other, guidance_end=1.0)


def test_a_stopped_run_is_resumed_to_the_same_frames(tiny_model: Path, tmp_path: Path) -> None:
    whole = GenerateSettings.of(
        prompts=parse_prompts(["a cat on the beach", "the lion at sunset"]),
        output=tmp_path / "whole.mkv",
        model=str(tiny_model),
        num_frames=FRAMES,
        cadence=2,
        width=32,
        height=24,
        steps=5,
        batch_size=1,
        cross_frame_attention=True,
        smoother="ema",
        dtype="float32",
    )
    assert resolve(whole).keyframes_key != resolve(whole.but(cross_frame_attention=False)).keyframes_key
    make_clip(whole, lambda _event: None)
    stopped = whole.but(output=tmp_path / "stopped.mkv")
    with pytest.raises(Stop):
        make_clip(stopped, stop_at("keyframes", 12))
    run = RunFolder.beside(stopped.output)
    resume_run(run.folder, Resume(paths=[("model", stopped.model.name)]), lambda _event: None)
    made, wanted = (
        [path.read_bytes() for path in sorted(RunFolder.beside(one.output).folder.glob("frames/*.png"))]
        for one in (stopped, whole)
    )
    assert made == wanted
