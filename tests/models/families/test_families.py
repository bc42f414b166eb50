"""Every class of pipelines against the pipeline's own call, from a folder on disk."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import ModelError, UsageError
from framesmooth.generation.image_latents import encode_images
from framesmooth.generation.specs import Feedback
from framesmooth.models.conditioning import interpolate_conditioning, stack
from framesmooth.models.families import family_of
from framesmooth.models.families.base import Guidance
from framesmooth.models.latent_scaling import for_decoder, for_sampler
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import camera_feedback, prompt_travel
from tests.tiny_families import FAMILIES, build_tiny_family

HEIGHT, WIDTH, STEPS = 32, 48, 4
GUIDANCE = Guidance(scale=3.0)
TRUE_GUIDANCE = Guidance(scale=3.0, true_scale=2.0)
PIXART = ("pixart_alpha", "pixart_sigma")
FLUX = ("flux", "flux_schnell")

every_family = pytest.mark.parametrize("name", FAMILIES)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the function from a family's name to the folder of its tiny pipeline."""
    root = tmp_path_factory.mktemp("families")
    return cache(lambda name: build_tiny_family(name, root / name))


@pytest.fixture(scope="session")
def load(folders: Any) -> Any:
    """Return the function from a family's name, and a dtype, to its adapter."""
    return cache(lambda name, dtype="float32": load_pipeline(str(folders(name)), device="cpu", dtype=dtype))


def guidance_of(name: str) -> Guidance:
    return TRUE_GUIDANCE if name in FLUX else GUIDANCE


def denoise(model: TextToImage, seeds: list[int], guidance: Guidance, **settings: Any) -> torch.Tensor:
    guided = model.family.negates(guidance)
    one = model.encode("a cat", "blurry red", guided=guided)
    latents = torch.stack([model.noise(seed, HEIGHT, WIDTH) for seed in seeds])
    given: dict[str, Any] = {"latents": latents, "conditioning": stack([one] * len(seeds))} | settings
    return model.denoise(seeds=seeds, steps=STEPS, guidance=guidance, **given)


@every_family
def test_it_gives_the_picture_that_the_pipeline_itself_gives(name: str, folders: Any, load: Any) -> None:
    import diffusers

    without: dict[str, Any] = {}
    if name == "stable_diffusion_3_without_t5":
        without = {"text_encoder_3": None, "tokenizer_3": None}
    pipe = diffusers.DiffusionPipeline.from_pretrained(folders(name), use_safetensors=True, **without)
    own: dict[str, Any] = {"negative_prompt": "blurry red"} if name != "latent_consistency" else {}
    own |= {"true_cfg_scale": 2.0} if name in FLUX else {}
    own |= {"use_resolution_binning": False} if name in PIXART else {}
    own |= {"max_sequence_length": 256} if name == "flux_schnell" else {}
    theirs = pipe(
        "a cat",
        height=HEIGHT,
        width=WIDTH,
        num_inference_steps=STEPS,
        guidance_scale=3.0,
        generator=torch.Generator("cpu").manual_seed(5),
        output_type="np",
        **own,
    ).images[0]
    model = load(name)
    ours = model.decode(denoise(model, [5], guidance_of(name)))[0]
    assert ours.shape == (HEIGHT, WIDTH, 3)
    assert ours.std() > 5
    assert np.abs(ours - np.rint(theirs * 255)).max() <= 1


@every_family
def test_prompts_and_guidance_have_a_say(name: str, load: Any) -> None:
    model, guidance = load(name), guidance_of(name)
    guided = model.family.negates(guidance)

    def drawn(prompt: str, negative: str, guidance: Guidance = guidance) -> torch.Tensor:
        conditioning = model.encode(prompt, negative, guided=guided)
        return denoise(model, [5], guidance, conditioning=conditioning)

    first = drawn("a cat", "red")
    assert not torch.allclose(first, drawn("the blue sea", "red"), atol=1e-4)
    if guided:
        assert not torch.allclose(first, drawn("a cat", "castle"), atol=1e-4)
    if name != "flux_schnell":
        assert not torch.allclose(first, drawn("a cat", "red", replace(guidance, scale=5.0)), atol=1e-4)


@every_family
def test_a_frame_is_the_same_in_any_batch(name: str, load: Any) -> None:
    model, guidance = load(name), guidance_of(name)
    together = denoise(model, [1, 2, 3], guidance)
    for index, seed in enumerate([1, 2, 3]):
        alone = denoise(model, [seed], guidance)[0]
        assert torch.allclose(together[index], alone, atol=1e-3 * float(alone.std()))


@every_family
def test_a_trajectory_continues_where_it_was_left(name: str, load: Any) -> None:
    model, guidance = load(name), guidance_of(name)
    states: dict[int, torch.Tensor] = {}
    final = denoise(
        model, [5], guidance, on_step=lambda done, latents: states.setdefault(done, latents.clone())
    )
    assert sorted(states) == [1, 2, 3, 4]
    assert all(state.shape == (1, *model.latent_shape(HEIGHT, WIDTH)) for state in states.values())
    torch.testing.assert_close(states[4], final)
    continued = denoise(model, [5], guidance, latents=states[2], first_step=2)
    tolerance = 0.1 if name == "pixart_alpha" else 1e-4  # a multistep solver begins again at first order
    assert float((continued - final).std()) <= tolerance * float(final.std())


@every_family
def test_what_is_between_finished_and_noise_lies_on_the_samplers_scale(name: str, load: Any) -> None:
    """At the first step there is nothing but noise, at a later one mostly the picture."""
    model = load(name)
    clean = torch.randn(1, *model.latent_shape(HEIGHT, WIDTH), generator=torch.Generator().manual_seed(1))
    noise = model.noise(5, HEIGHT, WIDTH)[None]
    assert torch.equal(model.state_at(clean, noise, first_step=0, steps=8), noise)
    shares = []
    for step in (2, 7):
        state = model.state_at(clean, noise, first_step=step, steps=8)
        noisy = (state * noise).sum() / (noise * noise).sum()
        pure = (state * clean).sum() / (clean * clean).sum()
        shares.append(float(noisy / (noisy + pure)))
    assert shares[1] < shares[0] < 0.97


@every_family
def test_pictures_go_into_latents_and_back_on_one_scale(name: str, load: Any) -> None:
    model = load(name)
    latents = torch.randn(2, 4, 8, 12, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(for_sampler(model.pipe.vae, for_decoder(model.pipe.vae, latents)), latents)
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    encoded = encode_images(model, [picture])
    config = model.pipe.vae.config
    values = torch.full((1, 3, HEIGHT, WIDTH), 90 / 127.5 - 1)
    raw = model.pipe.vae.encode(values.to(memory_format=torch.channels_last)).latent_dist.mode()
    expected = (raw - (config.shift_factor or 0)) * config.scaling_factor
    torch.testing.assert_close(encoded, expected.detach(), atol=1e-4, rtol=1e-4)


@every_family
def test_a_clip_of_it(name: str, load: Any) -> None:
    """Keyframes, latent in-betweens, and the travel from one prompt to a longer one."""
    keys = (Keyframe(0, "a cat", 3), Keyframe(6, "the red lion on the beach", 3))
    source = prompt_travel(
        load(name), Timeline(keys, 7), width=40, height=30, steps=4, guidance_scale=3.0, cadence=3
    )
    frames = np.stack(list(source))
    assert frames.shape == (7, 30, 40, 3)
    steps = np.abs(np.diff(frames.astype(float), axis=0)).mean(axis=(1, 2, 3))
    assert steps.max() < 4 * max(np.median(steps), 1.0)


@every_family
def test_a_camera_over_it(name: str, load: Any) -> None:
    clip = Timeline((Keyframe(0, "a cat", 3),), 4)
    moves = Moves(zoom="1.02").values(4, Fraction(12), 3)
    plan = Feedback(moves=moves, strengths=[0.5] * 4, color_anchor=0.3)
    size = {"width": 48, "height": 32}
    made = camera_feedback(load(name), clip, plan, **size, steps=4, guidance_scale=3.0, cadence=1)
    frames = np.stack(list(made))
    assert frames.shape == (4, 32, 48, 3)
    assert len(np.unique(frames.reshape(4, -1), axis=0)) == 4


@every_family
def test_the_sampler_stays_in_float32_in_a_bfloat16_model(name: str, load: Any) -> None:
    model, guidance = load(name, "bfloat16"), guidance_of(name)
    dtypes = set()
    latents = denoise(model, [5], guidance, on_step=lambda _done, latents: dtypes.add(latents.dtype))
    assert dtypes == {torch.float32}
    assert model.denoiser.dtype == torch.bfloat16
    reference = denoise(load(name), [5], guidance)
    assert float((latents - reference).std()) < 0.05 * float(reference.std())


@pytest.mark.parametrize("name", ["stable_diffusion_2", "stable_diffusion_xl", "stable_diffusion_3"])
def test_guidance_ends_where_it_should(name: str, load: Any) -> None:
    model = load(name)
    batches: list[int] = []

    def count(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        batches.append(len(args[0] if args else kwargs["hidden_states"]))

    hook = model.denoiser.register_forward_pre_hook(count, with_kwargs=True)
    try:
        denoise(model, [5, 6], GUIDANCE, guided_steps=2)
    finally:
        hook.remove()
    assert batches == [4, 4, 2, 2]


@pytest.mark.parametrize("name", [*PIXART, *FLUX, "latent_consistency"])
def test_guidance_that_cannot_end_early_is_a_usage_error(name: str, load: Any) -> None:
    with pytest.raises(UsageError, match="--guidance-end 1"):
        prompt_travel(load(name), Timeline((Keyframe(0, "a cat", 1),), 1), guidance_end=0.5)


def test_true_guidance_is_for_those_that_have_it(load: Any) -> None:
    clip = Timeline((Keyframe(0, "a cat", 1),), 1)
    with pytest.raises(UsageError, match="one guidance only"):
        prompt_travel(load("stable_diffusion_3"), clip, true_cfg_scale=2.0)
    assert prompt_travel(load("flux"), clip, true_cfg_scale=2.0).path.sampling.guidance == Guidance(
        scale=7.5, true_scale=2.0
    )


def test_a_size_beyond_the_models_positions_is_a_usage_error(load: Any) -> None:
    clip = Timeline((Keyframe(0, "a cat", 1),), 1)
    with pytest.raises(UsageError, match="192 pixels at most"):
        prompt_travel(load("stable_diffusion_3"), clip, width=200, height=64)


@pytest.mark.parametrize(("name", "steps"), [("latent_consistency", 60), ("pixart_alpha", 1)])
def test_what_a_pipeline_refuses_is_one_line(name: str, steps: int, load: Any) -> None:
    source = prompt_travel(
        load(name), Timeline((Keyframe(0, "a cat", 1),), 1), width=32, height=32, steps=steps
    )
    with pytest.raises(ModelError, match=f"{name} cannot denoise with these settings .*--steps") as caught:
        list(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", PIXART)
def test_masks_travel_without_a_jump(name: str, load: Any) -> None:
    """A token that only the next prompt has comes in gradually."""
    model = load(name)
    start, end = (
        model.encode(prompt, "", guided=True) for prompt in ("a cat", "the red lion on the blue beach")
    )
    drawn = [
        denoise(model, [5], GUIDANCE, conditioning=interpolate_conditioning(start, end, mix))
        for mix in (0.0, 1e-4, 1 - 1e-4, 1.0)
    ]
    whole = float((drawn[3] - drawn[0]).std())
    assert float((drawn[1] - drawn[0]).std()) < 0.02 * whole
    assert float((drawn[3] - drawn[2]).std()) < 0.02 * whole


def test_the_end_of_a_long_prompt_is_that_of_the_longest_reader(load: Any) -> None:
    """T5 counts spaces and an end token, too; what has CLIP alone reads in chunks."""
    assert load("stable_diffusion_xl").cut_off(60 * "cat ") == ""
    for name, room in (("stable_diffusion_3", 256), ("flux", 512), ("flux_schnell", 256)):
        assert load(name).cut_off("cat red sea") == ""
        assert load(name).cut_off(240 * "cat ") == " ".join((240 - (room - 1) // 4) * ["cat"])
    assert load("pixart_alpha").cut_off("x" * 118) == ""
    assert load("pixart_alpha").cut_off("x" * 117 + "yz") == "x" * 117 + "yz"


def test_what_t5_has_no_room_for_is_said(load: Any) -> None:
    generator = prompt_travel(load("flux"), Timeline((Keyframe(0, 240 * "cat ", 1),), 1), steps=1)
    told = [
        notice.message for notice in generator.notices("flux") if "too long for the model" in notice.message
    ]
    assert told == [
        f"the prompt is too long for the model: it ignores the last {240 - 511 // 4} of 240 words, from "
        "'cat cat cat cat cat cat ...' on"
    ]


def test_an_empty_negative_prompt_of_xl_is_what_it_was_trained_with(load: Any) -> None:
    model = load("stable_diffusion_xl")
    assert not model.encode("a cat", "", guided=True)["negative_prompt_embeds"].any()
    assert model.encode("a cat", "red", guided=True)["negative_prompt_embeds"].any()


def test_latents_with_a_mean_and_a_deviation() -> None:
    """As of Playground v2.5: scaled channel by channel."""
    from diffusers import AutoencoderKL

    moments = {"latents_mean": [1.0, 2.0, 3.0, 4.0], "latents_std": [2.0, 4.0, 5.0, 8.0]}
    vae = AutoencoderKL(block_out_channels=(4,), norm_num_groups=2, scaling_factor=0.5, **moments)
    decoded = for_decoder(vae, torch.ones(1, 4, 1, 1))
    assert decoded.flatten().tolist() == [5.0, 10.0, 13.0, 20.0]
    torch.testing.assert_close(for_sampler(vae, decoded), torch.ones(1, 4, 1, 1))


def test_another_class_is_a_model_error_that_names_those_known() -> None:
    class OtherPipeline:
        pass

    with pytest.raises(ModelError, match=r"mine is a OtherPipeline.*StableDiffusionXL.*Flux"):
        family_of(OtherPipeline(), "mine")


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("stable_diffusion_xl", ["--scheduler", "EulerAncestralDiscrete"], None),
        ("latent_consistency", [], "ignores negative prompts\n"),
        (
            "pixart_sigma",
            ["--guidance-scale", "1"],
            "ignores negative prompts without --guidance-scale above 1",
        ),
        ("flux", [], "ignores negative prompts without --true-cfg-scale above 1"),
        ("flux", ["--true-cfg-scale", "2"], None),
    ],
)
def test_the_command_makes_a_clip(
    name: str, options: list[str], told: str | None, folders: Any, tmp_path: Path
) -> None:
    fixed = ["--num-frames", "3", "-W", "32", "-H", "32", "--steps", "2", "--smoother", "ema"]
    asked = ["a cat", "red sea", "--negative-prompt", "blurry", "-o", str(tmp_path / "clip.mp4")]
    arguments = ["generate", *asked, "--model", str(folders(name)), *fixed, *options]
    made = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert made.exit_code == 0, made.stderr
    assert (tmp_path / "clip.mp4").is_file()
    assert told in made.stderr if told else "ignores" not in made.stderr


@every_family
def test_latents_can_be_changed_after_a_step(name: str, load: Any) -> None:
    model, guidance = load(name), guidance_of(name)
    states: list[torch.Tensor] = []

    def keep(_done: int, latents: torch.Tensor) -> None:
        states.append(latents.float().cpu().clone())

    def smaller(done: int, latents: torch.Tensor) -> torch.Tensor:
        return latents / 2 if done == 2 else latents

    free = denoise(model, [1, 2], guidance)
    same = denoise(model, [1, 2], guidance, changes=[lambda _done, latents: latents] * 2)
    changed = denoise(
        model, [1, 2], guidance, changes=[lambda _done, latents: latents, smaller], on_step=keep
    )
    assert torch.allclose(same, free, atol=1e-5)
    assert torch.allclose(changed[0], free[0], atol=1e-4)
    assert float((changed[1] - free[1]).norm()) > 0.01 * float(free[1].norm())
    assert len(states) == STEPS
    assert states[1].shape == free.shape
