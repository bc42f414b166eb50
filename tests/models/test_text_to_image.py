"""The adapter against the pipeline it wraps."""

from pathlib import Path

import numpy as np
import pytest
import torch

from framesmooth.errors import ModelError, UsageError
from framesmooth.models.conditioning import Conditioning, interpolate_conditioning, stack
from framesmooth.models.devices import choose_device, choose_dtype
from framesmooth.models.families.base import Family, Guidance
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import prompt_travel

SIZE = (32, 48)
SAMPLER = {"steps": 6, "guidance": Guidance(scale=3.0)}


def denoise(model: TextToImage, seeds: list[int], prompts: list[str], **settings: object) -> torch.Tensor:
    return model.denoise(
        torch.stack([model.noise(seed, *SIZE) for seed in seeds]),
        stack([model.encode(prompt, "", guided=True) for prompt in prompts]),
        seeds,
        **(SAMPLER | settings),  # type: ignore[arg-type]
    )


def test_it_gives_the_picture_that_the_pipeline_itself_gives(model: TextToImage) -> None:
    ours = model.decode(denoise(model, [5], ["a cat"]))[0]
    theirs = model.pipe(
        "a cat",
        negative_prompt="",
        height=SIZE[0],
        width=SIZE[1],
        num_inference_steps=6,
        guidance_scale=3.0,
        generator=torch.Generator("cpu").manual_seed(5),
        output_type="np",
    ).images[0]
    assert ours.shape == (*SIZE, 3)
    assert np.abs(ours - np.rint(theirs * 255)).max() <= 1


def test_a_frame_is_the_same_in_any_batch(model: TextToImage) -> None:
    together = denoise(model, [1, 2, 3], ["a cat", "the lion", "red sea"])
    for index, (seed, prompt) in enumerate([(1, "a cat"), (2, "the lion"), (3, "red sea")]):
        alone = denoise(model, [seed], [prompt])[0]
        assert torch.allclose(together[index], alone, atol=1e-3 * float(alone.std()))


@pytest.mark.parametrize(
    "scheduler", [None, "DDIM", "EulerDiscrete", "EulerAncestralDiscrete", "UniPCMultistep"]
)
def test_continuing_a_trajectory_gives_nearly_what_it_would_have(
    tiny_model: Path, scheduler: str | None
) -> None:
    model = load_pipeline(str(tiny_model), device="cpu", dtype="float32", scheduler=scheduler)
    states: dict[int, torch.Tensor] = {}
    final = denoise(
        model, [5], ["a cat"], on_step=lambda done, latents: states.setdefault(done, latents.clone())
    )
    assert sorted(states) == [1, 2, 3, 4, 5, 6]
    conditioning = model.encode("a cat", "", guided=True)
    continued = model.denoise(states[4], conditioning, [5], first_step=4, **SAMPLER)  # type: ignore[arg-type]
    assert float((continued - final).std()) < 0.05 * float(final.std())
    if scheduler in ("DDIM", "EulerDiscrete", "EulerAncestralDiscrete"):  # no memory of earlier steps: exact
        assert torch.allclose(continued, final, atol=1e-4 * float(final.std()))


def test_guidance_ends_where_it_should(tiny_model: Path) -> None:
    """The guided steps are those of a guided run, and what follows is an unguided run from there."""
    model = load_pipeline(str(tiny_model), device="cpu", dtype="float32", scheduler="DDIM")
    pictures: list[int] = []
    model.denoiser.register_forward_pre_hook(lambda _module, args: pictures.append(len(args[0])))
    guided: dict[int, torch.Tensor] = {}
    denoise(model, [5, 6], ["a cat"] * 2, on_step=lambda done, x: guided.setdefault(done, x.clone()))
    assert pictures == [4] * 6
    pictures.clear()
    mixed: dict[int, torch.Tensor] = {}
    final = denoise(
        model,
        [5, 6],
        ["a cat"] * 2,
        guided_steps=4,
        on_step=lambda done, x: mixed.setdefault(done, x.clone()),
    )
    assert pictures == [4] * 4 + [2] * 2
    torch.testing.assert_close(mixed[4], guided[4])
    unguided = denoise_from(model, guided[4], guidance=Guidance(scale=1.0))
    torch.testing.assert_close(final, unguided)
    pictures.clear()
    torch.testing.assert_close(
        denoise_from(model, guided[4], guidance=Guidance(scale=3.0), guided_steps=4), unguided
    )
    assert pictures == [2] * 2


def denoise_from(model: TextToImage, state: torch.Tensor, **settings: object) -> torch.Tensor:
    conditioning = stack([model.encode("a cat", "", guided=True)] * 2)
    return model.denoise(state, conditioning, [5, 6], steps=6, first_step=4, **settings)  # type: ignore[arg-type]


def test_guidance_that_cannot_end_early_is_a_usage_error(
    model: TextToImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = Timeline((Keyframe(0, "a cat", 1),), 1)
    assert prompt_travel(model, clip, guidance_end=0.5).path.sampling.guided_steps == 5
    monkeypatch.setattr(Family, "ends_guidance", False)
    with pytest.raises(UsageError, match="--guidance-end 1"):
        prompt_travel(model, clip, guidance_end=0.5)
    assert prompt_travel(model, clip, guidance_end=0.5, guidance_scale=1.0).num_frames == 1


def test_running_leaves_the_scheduler_as_it_was(tiny_model: Path) -> None:
    model = load_pipeline(str(tiny_model), device="cpu", dtype="float32")
    before = dict(model.scheduler.__dict__)
    denoise(model, [1], ["a cat"])
    denoise(model, [1], ["a cat"])
    assert model.pipe.scheduler is model.scheduler
    assert model.scheduler.__dict__.keys() == before.keys()
    assert model.scheduler.num_inference_steps is None


def test_the_sampler_stays_in_float32_in_a_bfloat16_model(tiny_model: Path) -> None:
    model = load_pipeline(str(tiny_model), device="cpu", dtype="bfloat16")
    dtypes = set()
    latents = denoise(model, [5], ["a cat"], on_step=lambda _done, latents: dtypes.add(latents.dtype))
    assert dtypes == {torch.float32}
    assert model.denoiser.dtype == torch.bfloat16
    reference = denoise(load_pipeline(str(tiny_model), device="cpu", dtype="float32"), [5], ["a cat"])
    assert float((latents - reference).std()) < 0.02 * float(reference.std())


def test_nothing_assumes_the_usual_sizes(model: TextToImage) -> None:
    assert model.latent_shape(64, 96) == (6, 16, 24)
    assert model.native_size == (64, 64)
    assert model.multiple == 8
    assert model.encode("a cat", "", guided=True)["prompt_embeds"].shape == (1, 16, 12)
    assert "negative_prompt_embeds" not in model.encode("a cat", "", guided=False)


def test_nan_is_an_error_and_not_a_black_frame(model: TextToImage) -> None:
    with pytest.raises(ModelError, match="NaN"):
        model.decode(torch.full((1, *model.latent_shape(*SIZE)), torch.nan))


def test_a_long_prompt_is_read_in_chunks_to_its_end(model: TextToImage) -> None:
    """CLIP of 16 tokens has room for 14 letters."""

    def tokens(prompt: str, negative: str = "") -> torch.Tensor:
        return model.encode(prompt, negative, guided=True)["prompt_embeds"]

    assert tokens("abcdefgh ijklmn").shape[1] == 16
    whole = tokens("abcdefgh ijklmn op (qr:1.5)")
    assert whole.shape[1] == 32
    assert torch.equal(whole[:, :16], tokens("abcdefgh ijklmn"))
    assert torch.equal(whole[:, 16:], tokens("op (qr:1.5)"))
    assert not torch.equal(whole, tokens("abcdefgh ijklmn op qr")), "weights count in every chunk"
    assert model.cut_off("abcdefgh ijklmn op") == ""
    both = model.encode("abcdefgh ijklmn op", 5 * "abcdefgh ijklmn ", guided=True)
    assert both["prompt_embeds"].shape == both["negative_prompt_embeds"].shape == (1, 160, 12)


def test_prompts_of_other_lengths_go_together_and_repetition_changes_nothing(model: TextToImage) -> None:
    short, long = (model.encode(text, "", guided=True) for text in ("a cat", "abcdefgh ijklmn op"))
    latents = model.noise(3, *SIZE)[None]

    def denoised(conditioning: Conditioning) -> torch.Tensor:
        return model.denoise(latents, conditioning, [0], steps=2, guidance=Guidance(scale=3.0))

    pair = stack([short, long])
    assert pair["prompt_embeds"].shape == (2, 32, 12)
    twice = {name: value[:1] for name, value in pair.items()}
    assert torch.allclose(denoised(short), denoised(twice), atol=1e-4)
    assert not torch.allclose(denoised(short), denoised(long), atol=1e-3)
    halfway = interpolate_conditioning(short, long, 0.5)
    assert halfway["prompt_embeds"].shape == (1, 32, 12)


def test_an_unknown_scheduler_names_near_ones(tiny_model: Path) -> None:
    with pytest.raises(UsageError, match="EulerDiscrete"):
        load_pipeline(str(tiny_model), scheduler="eulerr-discrete")


def test_devices_and_dtypes() -> None:
    cpu = choose_device("cpu")
    assert choose_dtype("bfloat16", cpu) == torch.bfloat16
    assert choose_dtype("auto", cpu) in (torch.bfloat16, torch.float32)
    for name in ("cuda:99", "gpu", "mps:3"):
        with pytest.raises(UsageError):
            choose_device(name)
    with pytest.raises(UsageError, match="float16"):
        choose_dtype("float16", cpu)
    with pytest.raises(UsageError, match="unknown dtype"):
        choose_dtype("float8", cpu)
