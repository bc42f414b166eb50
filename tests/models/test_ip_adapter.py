"""IP-Adapters of every kind against the pipeline's own call, from the command line, and what is refused."""

import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.errors import FramesmoothError, MediaError, ModelError, RunChanged, UsageError
from framesmooth.frames import Frame
from framesmooth.models.conditioning import interpolate_conditioning, stack
from framesmooth.models.controlnet import conditioning_of
from framesmooth.models.families.base import Guidance
from framesmooth.models.ip_adapter import IMAGE
from framesmooth.models.ip_adapter_spec import ImagePrompt, IPAdapter, locate_adapter, parse_adapter
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import write_png
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import nothing
from tests.tiny_adapters import ADAPTED, build_tiny_adapter, plus_projection, vision
from tests.tiny_controls import build_tiny_control, certain_autoencoders
from tests.tiny_families import build_tiny_family

HEIGHT, WIDTH, STEPS, SCALE = 32, 48, 4, 0.6
GUIDANCE = Guidance(scale=3.0, true_scale=2.0)
ENCODED = ("stable_diffusion_3", "flux")
"""Whose control pictures go through the autoencoder."""

every_adapter = pytest.mark.parametrize("name", ADAPTED)


def patterned(seed: int) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (40, 48, 3)).astype(np.uint8)


def dots() -> Frame:
    drawn = np.random.default_rng(0).random((HEIGHT, WIDTH, 1)) > 0.8
    return np.ascontiguousarray(np.repeat(drawn, 3, axis=2), np.uint8) * np.uint8(255)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the function from a family's name to its tiny pipeline, ControlNet and IP-Adapter."""
    root = tmp_path_factory.mktemp("adapters")

    @cache
    def build(name: str) -> tuple[Path, Path, Path]:
        model = build_tiny_family(name, root / name)
        return model, build_tiny_control(name, model, root), build_tiny_adapter(name, model, root)

    return build


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two pictures to prompt with."""
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(2):
        write_png(folder / f"{index}.png", patterned(index))
    return [folder / f"{index}.png" for index in range(2)]


@pytest.fixture(scope="module")
def load(folders: Any, pictures: list[Path]) -> Any:
    """Return the function from a family's name, and a scale or None, to its adapter."""

    @cache
    def loaded(
        name: str,
        scale: float | None = SCALE,
        picture: int = 0,
        controlled: bool = False,
        dtype: str = "float32",
    ) -> TextToImage:
        model, control, adapter = folders(name)
        prompt = None
        if scale is not None:
            prompt = ImagePrompt(adapter=adapter, image=pictures[picture], scale=scale)
        net = control if controlled else None
        return load_pipeline(str(model), device="cpu", dtype=dtype, image_prompt=prompt, control_model=net)

    return loaded


def denoise(model: TextToImage, seeds: list[int] | None = None, **settings: Any) -> torch.Tensor:
    seeds = seeds or [5]
    one = model.encode("a cat", "blurry red", guided=model.family.negates(GUIDANCE))
    if len(model.family.networks) > 1:
        one = one | conditioning_of(dots(), 1.0, 1.0)
    given: dict[str, Any] = {"latents": torch.stack([model.noise(seed, HEIGHT, WIDTH) for seed in seeds])}
    given |= {"conditioning": stack([one] * len(seeds)), "seeds": seeds, "guidance": GUIDANCE} | settings
    return model.denoise(steps=STEPS, **given)


def own_picture(name: str, folders: Any, picture: Frame, latents: torch.Tensor, controlled: bool) -> Any:
    """Return what the pipeline of diffusers itself draws, float (H, W, 3) in 0 to 1."""
    import diffusers
    import transformers
    from PIL import Image

    model, control, adapter = folders(name)
    pipe = diffusers.DiffusionPipeline.from_pretrained(model, use_safetensors=True)
    own: dict[str, Any] = {"negative_prompt": "blurry red"} if name != "latent_consistency" else {}
    own |= {"true_cfg_scale": 2.0} if name == "flux" else {}
    if controlled:
        family = {"stable_diffusion_3": "SD3", "flux": "Flux"}.get(name, "")
        net = getattr(diffusers, f"{family}ControlNetModel").from_pretrained(control, use_safetensors=True)
        kind = type(pipe).__name__.replace("LatentConsistencyModel", "StableDiffusion")
        pipe = getattr(diffusers, kind.replace("Pipeline", "ControlNetPipeline")).from_pipe(
            pipe, controlnet=net
        )
        own["control_image" if name in ENCODED else "image"] = Image.fromarray(dots())
    where: dict[str, Any] = {"subfolder": "", "weight_name": "ip-adapter.safetensors"}
    if name == "stable_diffusion_3":
        encoder = transformers.SiglipVisionModel.from_pretrained(adapter / "image_encoder")
        processor = transformers.SiglipImageProcessor(size={"height": 28, "width": 28})
        pipe.register_modules(image_encoder=encoder, feature_extractor=processor)
    if name == "flux":
        where["image_encoder_pretrained_model_name_or_path"] = str(adapter / "image_encoder")
        where["image_encoder_dtype"] = torch.float32
    pipe.load_ip_adapter(str(adapter), **where)
    pipe.set_ip_adapter_scale(SCALE)
    generator = torch.Generator("cpu").manual_seed(5)
    torch.randn(latents.shape[1:], generator=generator)  # which would have been the initial noise
    packed = pipe._pack_latents(latents, *latents.shape) if name == "flux" else latents
    size = {"height": HEIGHT, "width": WIDTH, "num_inference_steps": STEPS, "guidance_scale": 3.0}
    asked = {"latents": packed, "generator": generator, "output_type": "np"}
    with certain_autoencoders():
        return pipe("a cat", ip_adapter_image=Image.fromarray(picture), **size, **own, **asked).images[0]


@every_adapter
@pytest.mark.parametrize("controlled", [False, True])
def test_it_gives_the_picture_that_the_pipeline_itself_gives(
    name: str, controlled: bool, folders: Any, load: Any
) -> None:
    model = load(name, controlled=controlled)
    latents = model.noise(5, HEIGHT, WIDTH)[None]
    theirs = own_picture(name, folders, patterned(0), latents, controlled)
    ours = model.decode(denoise(model))[0]
    assert ours.std() > 5
    assert np.abs(ours - np.rint(theirs * 255)).max() <= 1


def test_an_adapter_that_sees_patches(folders: Any, pictures: list[Path], tmp_path: Path) -> None:
    """The kind that is called Plus attends to all of the picture, and its embeddings are many."""
    import diffusers
    from PIL import Image
    from safetensors.torch import load_file, save_file

    model, _, whole = folders("stable_diffusion_2")
    folder = shutil.copytree(whole, tmp_path / "plus")
    tensors = load_file(folder / "ip-adapter.safetensors")
    attending = {name: one for name, one in tensors.items() if name.startswith("ip_adapter.")}
    width = next(iter(attending.values())).shape[1]
    torch.manual_seed(3)
    projection = {f"image_proj.{name}": one for name, one in plus_projection(width).items()}
    save_file(attending | projection, folder / "ip-adapter.safetensors")
    adapter = load_pipeline(
        str(model), device="cpu", dtype="float32", image_prompt=ImagePrompt(adapter=folder, image=pictures[0])
    )
    ours = adapter.decode(denoise(adapter))[0]
    pipe = diffusers.DiffusionPipeline.from_pretrained(model, use_safetensors=True)
    pipe.load_ip_adapter(str(folder), subfolder="", weight_name="ip-adapter.safetensors")
    theirs = pipe(
        "a cat",
        negative_prompt="blurry red",
        ip_adapter_image=Image.fromarray(patterned(0)),
        height=HEIGHT,
        width=WIDTH,
        num_inference_steps=STEPS,
        guidance_scale=3.0,
        generator=torch.Generator("cpu").manual_seed(5),
        output_type="np",
    ).images[0]
    assert np.abs(ours - np.rint(theirs * 255)).max() <= 1


@every_adapter
def test_the_picture_has_a_say_and_none_at_scale_zero(name: str, load: Any) -> None:
    without = denoise(load(name, scale=None))
    assert torch.equal(denoise(load(name, scale=0.0)), without)
    drawn, other = denoise(load(name)), denoise(load(name, picture=1))
    assert float((drawn - without).std()) > 1e-3 * float(without.std())
    assert float((drawn - other).std()) > 1e-4 * float(without.std())


@every_adapter
def test_a_frame_is_the_same_in_any_batch(name: str, load: Any) -> None:
    model = load(name)
    together = denoise(model, [1, 2, 3])
    for index, seed in enumerate([1, 2, 3]):
        alone = denoise(model, [seed])[0]
        assert torch.allclose(together[index], alone, atol=1e-3 * float(alone.std()))


@pytest.mark.parametrize("name", ["stable_diffusion_2", "stable_diffusion_xl", "stable_diffusion_3"])
@pytest.mark.parametrize("controlled", [False, True])
def test_guidance_ends_with_a_picture(name: str, controlled: bool, load: Any) -> None:
    model = load(name, controlled=controlled)
    ended = denoise(model, [5, 6], guided_steps=2)
    states: dict[int, torch.Tensor] = {}
    denoise(model, [5, 6], on_step=lambda done, latents: states.setdefault(done, latents.clone()))
    unguided = denoise(model, [5, 6], latents=states[2], first_step=2, guided_steps=2)
    assert torch.allclose(ended, unguided, atol=1e-4 * float(unguided.std()))


@every_adapter
def test_it_computes_in_bfloat16(name: str, load: Any) -> None:
    exact = denoise(load(name))
    assert float((denoise(load(name, dtype="bfloat16")) - exact).std()) < 0.1 * float(exact.std())


def test_the_picture_is_embedded_once_and_rests_while_prompts_travel(load: Any) -> None:
    model = load("stable_diffusion_xl")
    start, end = (model.encode(prompt, "", guided=True) for prompt in ("a cat", "the red lion"))
    assert start[IMAGE] is end[IMAGE]
    assert torch.equal(interpolate_conditioning(start, end, 0.3)[IMAGE], start[IMAGE])
    assert not any("negative" in name for name in model.encode("a cat", "", guided=False))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a.safetensors", (Path("a.safetensors"), 1.0)),
        ("ip/a.safetensors:0.6", (Path("ip/a.safetensors"), 0.6)),
        ("ip:0", (Path("ip"), 0.0)),
        ("odd:name", (Path("odd:name"), 1.0)),
    ],
)
def test_an_adapter_and_its_scale(text: str, parsed: tuple[Path, float]) -> None:
    assert parse_adapter(text) == parsed


@pytest.mark.parametrize("text", [":0.5", "ip:-1", "ip:nan", "ip:1e9"])
def test_a_scale_that_is_none_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--ip-adapter"):
        parse_adapter(text)


@pytest.fixture
def settings(folders: Any, pictures: list[Path], tmp_path: Path) -> GenerateSettings:
    """A small clip with a picture that lies elsewhere."""
    model, _, adapter = folders("stable_diffusion_2")
    return GenerateSettings.of(
        prompts=parse_prompts(["a cat", "the lion"]),
        output=tmp_path / "clip.mp4",
        model=str(model),
        ip_adapter=IPAdapter(adapter, SCALE),
        ip_adapter_image=pictures[0],
        num_frames=5,
        cadence=2,
        width=32,
        height=24,
        steps=2,
        smoother="ema",
        dtype="float32",
    )


def test_a_run_is_recorded_and_resumed(settings: GenerateSettings, pictures: list[Path]) -> None:
    prompt = settings.conditioning.image_prompt
    assert prompt is not None
    make_clip(settings, nothing)
    run = RunFolder.beside(settings.output)
    raw = run.record["settings"]["raw"]["conditioning"]
    assert raw["ip_adapter"] == {"path": "stable_diffusion_2_adapter", "scale": SCALE}
    assert raw["ip_adapter_image"] == "0.png"
    for path in run.folder.rglob("*.json"):
        assert str(pictures[0].parent) not in path.read_text()
    hashed = run.record["model"]["sha256"]
    assert {"image prompt: 0.png", "ip-adapter: ip-adapter.safetensors"} <= set(hashed)
    how = Resume(paths=[("model", settings.model.name)], overwrite=True)

    def how_with(name: str, path: Path) -> Resume:
        return replace(how, paths=[*how.paths, (name, path)])

    with pytest.raises(FramesmoothError, match=r"0\.png"):
        resume_run(run.folder, how_with("ip-adapter", prompt.adapter), nothing)
    how = how_with("ip-adapter", prompt.adapter)
    with pytest.raises(RunChanged, match="image prompt"):
        resume_run(run.folder, how_with("ip-adapter-image", pictures[1]), nothing)
    before = sorted(path.stat().st_mtime_ns for path in (run.folder / "frames").glob("*.png"))
    resume_run(run.folder, how_with("ip-adapter-image", pictures[0]), nothing)
    assert sorted(path.stat().st_mtime_ns for path in (run.folder / "frames").glob("*.png")) == before
    make_clip(settings.but(ip_adapter=None, ip_adapter_image=None, overwrite=True), nothing)
    with pytest.raises(UsageError, match="the run has no --ip-adapter"):
        resume_run(run.folder, how, nothing)


@pytest.mark.parametrize("changed", ["image", "adapter", "encoder", "scale"])
def test_what_decides_the_frames_is_known(
    changed: str, settings: GenerateSettings, pictures: list[Path], tmp_path: Path
) -> None:
    prompt = settings.conditioning.image_prompt
    assert prompt is not None
    if changed == "image":
        now = settings.but(ip_adapter_image=pictures[1])
    elif changed == "scale":
        now = settings.but(ip_adapter=IPAdapter(prompt.adapter, 0.0))
    else:
        folder = shutil.copytree(prompt.adapter, tmp_path / "other")
        if changed == "adapter":
            with (folder / "ip-adapter.safetensors").open("r+b") as file:
                file.seek(-4, 2)
                file.write(b"\x00\x00\x80\x3f")
        else:
            config = json.loads((folder / "image_encoder" / "config.json").read_text())
            (folder / "image_encoder" / "config.json").write_text(json.dumps(config | {"note": "another"}))
        now = settings.but(ip_adapter=IPAdapter(folder, prompt.scale))
    assert resolve(settings).frames_key != resolve(now).frames_key


def run(settings: GenerateSettings, *options: object) -> Result:
    size = ["-W", "32", "-H", "24", "--num-frames", "3", "--steps", "2", "--smoother", "ema"]
    asked = ["generate", "a cat", "-o", settings.output, "--model", settings.model.name, *size, *options]
    return CliRunner().invoke(cli, list(map(str, asked)), catch_exceptions=False)


@pytest.mark.parametrize(
    "way", [[], ["--zoom", "1.02"], ["--init-video", "WALK"], ["--last-image", "PICTURE"], ["--preview"]]
)
def test_the_command_takes_a_picture_and_a_control(
    way: list[str], settings: GenerateSettings, folders: Any, pictures: list[Path], tmp_path: Path
) -> None:
    """In every way of making a clip."""
    _, control, adapter = folders("stable_diffusion_2")
    source = tmp_path / "walk"
    source.mkdir()
    for index in range(3):
        write_png(source / f"{index}.png", patterned(index))
    steered = ["--control", "depth", source, "--control-model", control]
    weights = adapter / "ip-adapter.safetensors"
    prompted = ["--ip-adapter", f"{weights}:0.5", "--ip-adapter-image", pictures[0]]
    named = {"WALK": source, "PICTURE": pictures[1]}
    made = run(settings, *steered, *prompted, *(named.get(option, option) for option in way))
    assert made.exit_code == 0, made.stderr
    if "--preview" in way:
        assert (tmp_path / "clip.preview.png").is_file()
    else:
        report = (tmp_path / "clip.framesmooth" / "report.html").read_text()
        assert "0.png by ip-adapter.safetensors:0.5" in report


@pytest.mark.parametrize(
    ("options", "exit_code", "told"),
    [
        (["--ip-adapter", "ADAPTER"],
         2, "--ip-adapter needs an image: add --ip-adapter-image"),
        (["--ip-adapter-image", "PICTURE"],
         2, "--ip-adapter-image needs its IP-Adapter: add --ip-adapter"),
        (["--ip-adapter", "ADAPTER:99", "--ip-adapter-image", "PICTURE"], 2, "99 is no scale: give 0 to 10"),
        (["--ip-adapter", "missing", "--ip-adapter-image", "PICTURE"], 1, "missing does not exist"),
        (["--ip-adapter", "ADAPTER", "--ip-adapter-image", "missing.png"], 1, "missing.png does not exist"),
        (["--ip-adapter", "XL", "--ip-adapter-image", "PICTURE"],
         1, "ip-adapter.safetensors does not fit stable_diffusion_2"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(
    options: list[str],
    exit_code: int,
    told: str,
    settings: GenerateSettings,
    folders: Any,
    pictures: list[Path],
) -> None:
    named = {"PICTURE": str(pictures[0]), "XL": str(folders("stable_diffusion_xl")[2])}
    adapter = str(folders("stable_diffusion_2")[2])
    made = run(settings, *(named.get(one, one.replace("ADAPTER", adapter)) for one in options))
    assert made.exit_code == exit_code
    assert told in made.stderr
    assert "Traceback" not in made.stderr
    assert len(made.stderr.strip().splitlines()) <= 4  # with click's usage


def test_files_that_are_no_adapter_are_one_line(
    settings: GenerateSettings, folders: Any, pictures: list[Path], tmp_path: Path
) -> None:
    from safetensors.numpy import save_file

    prompt = settings.conditioning.image_prompt
    assert prompt is not None
    whole = folders("stable_diffusion_2")[2]

    def refused(path: Path, told: str) -> None:
        with pytest.raises(ModelError, match=told):
            locate_adapter(replace(prompt, adapter=path))

    (tmp_path / "a.bin").write_bytes(b"")
    refused(tmp_path / "a.bin", "is not a .safetensors file")
    refused(tmp_path, "holds no .safetensors file")
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes((whole / "ip-adapter.safetensors").read_bytes()[:100])
    refused(torn, "cannot be read as safetensors")
    save_file({"weight": np.zeros(2, np.float32)}, tmp_path / "other.safetensors")
    refused(tmp_path / "other.safetensors", "is no IP-Adapter")
    names = ("image_proj.proj.0.weight", "ip_adapter.0.to_q_lora.down.weight")
    save_file({name: np.zeros(2, np.float32) for name in names}, tmp_path / "face.safetensors")
    refused(tmp_path / "face.safetensors", "is for faces")
    refused(tmp_path, r"holds 3 adapters \(face.safetensors, other.safetensors, torn.safetensors\)")
    with pytest.raises(MediaError, match="--ip-adapter-image"):
        resolve(settings.but(ip_adapter_image=tmp_path / "no.png"))
    pickled = shutil.copytree(whole, tmp_path / "pickled")
    weights = pickled / "image_encoder" / "model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    refused(pickled, "image_encoder has only pickled weights")


def test_a_missing_or_foreign_image_encoder_is_one_line(
    folders: Any, pictures: list[Path], tmp_path: Path
) -> None:
    model, _, whole = folders("stable_diffusion_2")

    def refused(adapter: Path, told: str) -> None:
        with pytest.raises(ModelError, match=told) as caught:
            load_pipeline(
                str(model), device="cpu", image_prompt=ImagePrompt(adapter=adapter, image=pictures[0])
            )
        assert "\n" not in str(caught.value)

    alone = shutil.copytree(whole, tmp_path / "alone")
    shutil.rmtree(alone / "image_encoder")
    refused(alone, "ip-adapter.safetensors needs an image encoder: put its folder, image_encoder, beside")
    foreign = shutil.copytree(whole, tmp_path / "foreign")
    encoder = vision("CLIPVisionModelWithProjection", projection_dim=8)
    encoder.save_pretrained(foreign / "image_encoder", safe_serialization=True)
    refused(foreign, "foreign does not go with its image encoder")
    encoder = vision("SiglipVisionModel")
    encoder.save_pretrained(foreign / "image_encoder", safe_serialization=True)
    refused(foreign, "image_encoder beside ip-adapter.safetensors is no CLIPVisionModelWithProjection")


def test_a_pipeline_without_adapters_is_one_line(folders: Any, pictures: list[Path], tmp_path: Path) -> None:
    model, adapter = build_tiny_family("pixart_sigma", tmp_path), folders("stable_diffusion_2")[2]
    prompt = ImagePrompt(adapter=adapter, image=pictures[0])
    with pytest.raises(ModelError, match=r"PixArtSigmaPipeline.*--ip-adapter"):
        load_pipeline(str(model), device="cpu", image_prompt=prompt)
