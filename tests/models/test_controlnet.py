"""ControlNets of every class against the pipeline's own call, and in every way of drawing a clip."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from framesmooth.errors import ModelError
from framesmooth.frames import Frame, FrameList
from framesmooth.generation.control_frames import ControlFrames, edges
from framesmooth.generation.specs import Feedback
from framesmooth.models.conditioning import Conditioning, stack
from framesmooth.models.controlnet import conditioning_of
from framesmooth.models.controlnet_spec import Control, check_fit, locate_control
from framesmooth.models.families.base import Guidance
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import camera_feedback, prompt_travel
from tests.tiny_controls import CONTROLLED, build_tiny_control, certain_autoencoders
from tests.tiny_families import build_tiny_family

HEIGHT, WIDTH, STEPS = 32, 48, 4
GUIDANCE = Guidance(scale=3.0, true_scale=2.0)
ENCODED = ("stable_diffusion_3", "flux")
"""Whose control pictures go through the autoencoder."""

every_control = pytest.mark.parametrize("name", CONTROLLED)


def scrawl(seed: int) -> Frame:
    """A picture of random dots."""
    dots = np.random.default_rng(seed).random((HEIGHT, WIDTH, 1)) > 0.8
    return np.ascontiguousarray(np.repeat(dots, 3, axis=2), np.uint8) * np.uint8(255)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the function from a family's name to the folders of its tiny pipeline and ControlNet."""
    root = tmp_path_factory.mktemp("controls")

    @cache
    def build(name: str) -> tuple[Path, Path]:
        model = build_tiny_family(name, root / name)
        return model, build_tiny_control(name, model, root)

    return build


@pytest.fixture(scope="module")
def load(folders: Any) -> Any:
    """Return the function from a family's name to its adapter, with a ControlNet unless told otherwise."""

    @cache
    def loaded(name: str, controlled: bool = True, dtype: str = "float32") -> TextToImage:
        model, control = folders(name)
        added = {"control_model": control} if controlled else {}
        return load_pipeline(str(model), device="cpu", dtype=dtype, **added)

    return loaded


def prompt(model: TextToImage) -> Conditioning:
    return model.encode("a cat", "blurry red", guided=model.family.negates(GUIDANCE))


def denoise(model: TextToImage, controls: list[Conditioning], **settings: Any) -> torch.Tensor:
    """Denoise the noise of seed 5 along each of the controls, in one batch."""
    given: dict[str, Any] = {"latents": torch.stack([model.noise(5, HEIGHT, WIDTH)] * len(controls))}
    conditioning = stack([prompt(model) | control for control in controls])
    given |= {"conditioning": conditioning, "seeds": [5] * len(controls)} | settings
    return model.denoise(steps=STEPS, guidance=GUIDANCE, **given)


def own_picture(name: str, folders: Any, latents: torch.Tensor, **control: Any) -> Any:
    """Return what the pipeline of diffusers itself draws, float (H, W, 3) in 0 to 1."""
    import diffusers
    from PIL import Image

    classes = {
        "stable_diffusion_2": ("ControlNetModel", "StableDiffusionControlNetPipeline"),
        "latent_consistency": ("ControlNetModel", "StableDiffusionControlNetPipeline"),
        "stable_diffusion_xl": ("ControlNetModel", "StableDiffusionXLControlNetPipeline"),
        "stable_diffusion_3": ("SD3ControlNetModel", "StableDiffusion3ControlNetPipeline"),
        "flux": ("FluxControlNetModel", "FluxControlNetPipeline"),
    }
    kind, whole = (getattr(diffusers, one) for one in classes[name])
    model, folder = folders(name)
    plain = diffusers.DiffusionPipeline.from_pretrained(model, use_safetensors=True)
    pipe = whole.from_pipe(plain, controlnet=kind.from_pretrained(folder, use_safetensors=True))
    own: dict[str, Any] = {"negative_prompt": "blurry red"} if name != "latent_consistency" else {}
    own |= {"true_cfg_scale": 2.0} if name == "flux" else {}
    own["control_image" if name in ENCODED else "image"] = Image.fromarray(scrawl(1))
    generator = torch.Generator("cpu").manual_seed(5)
    torch.randn(latents.shape[1:], generator=generator)  # which would have been the initial noise
    packed = pipe._pack_latents(latents, *latents.shape) if name == "flux" else latents
    size = {"height": HEIGHT, "width": WIDTH, "num_inference_steps": STEPS, "guidance_scale": 3.0}
    asked = {"latents": packed, "generator": generator, "output_type": "np"}
    with certain_autoencoders():
        return pipe("a cat", **size, **own, **control, **asked).images[0]


@every_control
@pytest.mark.parametrize(("scale", "end"), [(0.7, 1.0), (1.0, 0.5)])
def test_it_gives_the_picture_that_the_pipeline_itself_gives(
    name: str, scale: float, end: float, folders: Any, load: Any
) -> None:
    model = load(name)
    latents = model.noise(5, HEIGHT, WIDTH)[None]
    asked = {"controlnet_conditioning_scale": scale, "control_guidance_end": end}
    theirs = own_picture(name, folders, latents, **asked)
    ours = model.decode(denoise(model, [conditioning_of(scrawl(1), scale, end)]))[0]
    assert ours.std() > 5
    assert np.abs(ours - np.rint(theirs * 255)).max() <= 1


@every_control
def test_a_scale_of_zero_is_no_control(name: str, load: Any) -> None:
    controlled, plain = load(name), load(name, controlled=False)
    without = denoise(plain, [{}])
    assert torch.equal(denoise(controlled, [conditioning_of(scrawl(1), 0.0, 1.0)]), without)
    with_it = denoise(controlled, [conditioning_of(scrawl(1), 1.0, 1.0)])
    other = denoise(controlled, [conditioning_of(scrawl(2), 1.0, 1.0)])
    assert float((with_it - without).std()) > 0.02 * float(without.std())
    assert float((with_it - other).std()) > 0.005 * float(without.std())


@every_control
def test_every_picture_of_a_batch_follows_its_own(name: str, load: Any) -> None:
    model = load(name)
    controls = [conditioning_of(scrawl(seed), scale, 1.0) for seed, scale in ((1, 1.0), (2, 0.4), (3, 0.0))]
    together = denoise(model, controls)
    for drawn, control in zip(together, controls, strict=True):
        alone = denoise(model, [control])[0]
        assert torch.allclose(drawn, alone, atol=1e-3 * float(alone.std()))


@pytest.mark.parametrize("name", ["stable_diffusion_2", "stable_diffusion_xl", "stable_diffusion_3"])
def test_guidance_ends_under_a_control(name: str, load: Any) -> None:
    model = load(name)
    control = conditioning_of(scrawl(1), 1.0, 1.0)
    whole = denoise(model, [control, control])
    ended = denoise(model, [control, control], guided_steps=2)
    assert torch.allclose(ended[0], ended[1], atol=1e-4)
    states: dict[int, torch.Tensor] = {}
    denoise(model, [control], on_step=lambda done, latents: states.setdefault(done, latents.clone()))
    unguided = denoise(model, [control], latents=states[2], first_step=2, guided_steps=2)
    assert torch.allclose(ended[:1], unguided, atol=1e-4 * float(unguided.std()))
    assert not torch.allclose(ended, whole, atol=1e-3)


@pytest.mark.parametrize("end", [0.25, 0.75])
def test_the_share_of_the_steps_is_that_of_all_steps(end: float, load: Any) -> None:
    """A frame that begins midway, as one between two others does, has it end where they had."""
    model = load("stable_diffusion_2")
    control = conditioning_of(scrawl(1), 1.0, end)
    states: dict[int, torch.Tensor] = {}
    final = denoise(model, [control], on_step=lambda done, latents: states.setdefault(done, latents.clone()))
    assert torch.allclose(denoise(model, [control], latents=states[2], first_step=2), final, atol=1e-4)


@pytest.mark.parametrize("name", ["stable_diffusion_2", *ENCODED])
def test_little_memory_draws_the_same(name: str, folders: Any, load: Any) -> None:
    model, control = folders(name)
    thrifty = load_pipeline(str(model), device="cpu", dtype="float32", control_model=control, low_vram=True)
    controls = [conditioning_of(scrawl(seed), 1.0, 1.0) for seed in (1, 2)]
    assert torch.allclose(denoise(thrifty, controls), denoise(load(name), controls), atol=1e-4)


def test_little_memory_encodes_large_controls_in_tiles(folders: Any) -> None:
    model, control = folders("flux")
    thrifty = load_pipeline(str(model), device="cpu", dtype="float32", control_model=control, low_vram=True)
    factor, seen = thrifty.family.factor, []
    encoder = thrifty.pipe.vae.encoder
    hook = encoder.register_forward_pre_hook(lambda _encoder, args: seen.append(max(args[0].shape[-2:])))
    image = torch.rand(1, 3, 80 * factor, 72 * factor, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        encoded = thrifty.pipe.vae.encode(image).latent_dist.sample()
    hook.remove()
    assert encoded.shape == (1, 4, 80, 72)
    assert max(seen) == 64 * factor
    assert len(seen) > 1


@every_control
def test_it_computes_in_bfloat16(name: str, load: Any) -> None:
    control = conditioning_of(scrawl(1), 1.0, 1.0)
    rough = denoise(load(name, dtype="bfloat16"), [control])
    exact = denoise(load(name), [control])
    assert float((rough - exact).std()) < 0.05 * float(exact.std())


def plan(frames: list[Frame], scale: float = 1.0, **settings: Any) -> ControlFrames:
    source = FrameList(frames, Fraction(12))
    return ControlFrames(kind="depth", source=source, content="", scales=[scale] * len(frames), **settings)


def clip(load: Any, control: ControlFrames | None, chain: Feedback | None = None, **settings: Any) -> Any:
    keys = (Keyframe(0, "a cat", 3), Keyframe(5, "the red sea", 3))
    asked = {"width": WIDTH, "height": HEIGHT, "steps": 4, "guidance_scale": 3.0, "cadence": 3} | settings
    model, timeline = load("stable_diffusion_2"), Timeline(keys, 6, hold=0.5)
    if chain is not None:
        return camera_feedback(model, timeline, chain, control=control, **asked)
    return prompt_travel(model, timeline, control=control, **asked)


def test_a_clip_follows_it_frame_by_frame(load: Any) -> None:
    """The prompt rests over the first frames, and they differ all the same; one changed frame stays one."""
    frames = [scrawl(seed) for seed in range(6)]
    drawn = np.stack(list(clip(load, plan(frames))))
    assert len(np.unique(drawn.reshape(6, -1), axis=0)) == 6
    between = frames.copy()
    between[3] = scrawl(99)
    changed = np.stack(list(clip(load, plan(between))))
    assert [bool((one != other).any()) for one, other in zip(drawn, changed, strict=True)] == [
        index == 3 for index in range(6)
    ]


def test_without_a_scale_a_clip_is_as_without_control(load: Any) -> None:
    frames = [scrawl(seed) for seed in range(6)]
    settings: Any = {"cadence": 1}
    drawn = np.stack(list(clip(load, plan(frames, scale=0.0), **settings)))
    source = clip(load, plan(frames), **settings)
    plain = prompt_travel(
        load("stable_diffusion_2", controlled=False),
        source.path.timeline,
        width=WIDTH,
        height=HEIGHT,
        steps=4,
        guidance_scale=3.0,
        cadence=1,
    )
    assert np.abs(drawn.astype(int) - np.stack(list(plain)).astype(int)).max() <= 1


def test_a_reroll_follows_it(load: Any) -> None:
    frames = [scrawl(seed) for seed in range(6)]
    others = [*frames[:4], scrawl(99), frames[5]]
    first, second = (clip(load, plan(given)) for given in (frames, others))
    assert (first.reroll(4, 1).frame != second.reroll(4, 1).frame).any()
    assert (first.reroll(3, 1).frame == second.reroll(3, 1).frame).all()


def test_frames_drawn_from_each_other_follow_it(load: Any) -> None:
    moves = Moves(zoom="1.02").values(6, Fraction(12), 3)
    chain = Feedback(moves=moves, strengths=[0.75] * 6, color_anchor=0.3)
    frames = [scrawl(seed) for seed in range(6)]
    others = [*frames[:4], scrawl(99), frames[5]]
    drawn, changed = (list(clip(load, plan(given), chain, cadence=1)) for given in (frames, others))
    differs = [bool((one != other).any()) for one, other in zip(drawn, changed, strict=True)]
    assert differs == [False, False, False, False, True, True]


def test_a_controlled_picture_is_fitted_to_the_clip() -> None:
    """Scaled to fill it and cropped around its centre, and edges are found in that."""
    wide = np.zeros((100, 400, 3), np.uint8)
    wide[:, 150:250] = 255
    source = FrameList([wide], Fraction(12))
    shown = ControlFrames(kind="pose", source=source, content="", scales=[1.0]).picture(0, (50, 100))
    assert shown.shape == (50, 100, 3)
    assert (shown[:, 30:70] == 255).all()
    assert not shown[:, [0, -1]].any()
    outlined = ControlFrames(kind="canny", source=source, content="", scales=[1.0]).picture(0, (50, 100))
    assert set(np.unique(outlined)) == {0, 255}
    columns = np.flatnonzero(outlined[25, :, 0])
    assert len(columns) == 2
    assert np.abs(columns - [25, 75]).max() <= 1


def test_edges_of_nothing_are_none() -> None:
    assert not edges(np.full((20, 30, 3), 90, np.uint8)).any()


def test_a_controlnet_of_another_base_is_one_line(folders: Any) -> None:
    model, control = folders("stable_diffusion_2")
    other = folders("stable_diffusion_xl")[0]
    with pytest.raises(ModelError, match=r"_2_control does not fit stable_diffusion_xl \(cross_"):
        check_fit(control, other)
    with pytest.raises(ModelError, match=r"ControlNetModel.*FluxControlNetModel"):
        check_fit(control, folders("flux")[0])
    check_fit(control, model)


def test_a_pipeline_without_controlnets_is_one_line(folders: Any, tmp_path: Path) -> None:
    model = build_tiny_family("pixart_sigma", tmp_path)
    with pytest.raises(ModelError, match=r"PixArtSigmaPipeline.*--control"):
        check_fit(folders("stable_diffusion_2")[1], model)


def test_what_is_no_controlnet_is_one_line(folders: Any, tmp_path: Path) -> None:
    control = Control(kind="depth", source=tmp_path, model=str(tmp_path / "missing"))
    with pytest.raises(ModelError, match="no ControlNet at"):
        locate_control(control)
    with pytest.raises(ModelError, match=r"is no ControlNet in diffusers' format.*config.json"):
        locate_control(replace(control, model=str(tmp_path)))
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text("{}")
    (pickled / "diffusion_pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match="only pickled weights"):
        locate_control(replace(control, model=str(pickled)))
    with pytest.raises(ModelError, match="owner/name"):
        locate_control(replace(control, model="owner/name"))
    folder = folders("stable_diffusion_2")[1]
    assert locate_control(replace(control, model=str(folder))) == folder


def test_a_pipeline_that_brings_a_controlnet_is_one_line(folders: Any, tmp_path: Path) -> None:
    import diffusers

    model, control = folders("stable_diffusion_2")
    plain = diffusers.DiffusionPipeline.from_pretrained(model, use_safetensors=True)
    net = diffusers.ControlNetModel.from_pretrained(control, use_safetensors=True)
    whole = diffusers.StableDiffusionControlNetPipeline.from_pipe(plain, controlnet=net)
    whole.save_pretrained(tmp_path / "whole", safe_serialization=True)
    with pytest.raises(ModelError, match=r"whole .*--control-model"):
        load_pipeline(str(tmp_path / "whole"), device="cpu")
