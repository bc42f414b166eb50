"""LoRAs and textual inversions: against diffusers' own way, and what is wrong with them in one line."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from framesmooth.cli.main import cli
from framesmooth.errors import ModelError, UsageError
from framesmooth.models.families.base import Guidance
from framesmooth.models.loading import load_pipeline
from framesmooth.models.lora_spec import (
    Lora,
    TextualInversion,
    parse_lora,
    parse_textual_inversion,
)
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import read_metadata
from framesmooth.workflows.generate.model_extensions import extension_names
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.tiny_families import build_tiny_family

STEPS, SIZE = 2, 32
LAYERS = ["to_q", "to_k", "to_v"]
TAKE_LORAS = ["stable_diffusion_2", "stable_diffusion_xl", "stable_diffusion_3", "flux"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("additions")
    return cache(lambda name: build_tiny_family(name, root / name))


@pytest.fixture(scope="module")
def make_lora(folders: Callable[[str], Path]) -> Callable[..., Path]:
    """Return the function from a family's name to a LoRA for it, made by peft and saved by diffusers."""

    @cache
    def make(name: str, seed: int = 0) -> Path:
        from peft import LoraConfig
        from peft.utils import get_peft_model_state_dict

        pipe = own_pipeline(folders(name))
        torch.manual_seed(seed)
        part = "unet" if getattr(pipe, "unet", None) is not None else "transformer"
        network = getattr(pipe, part)
        network.add_adapter(LoraConfig(r=2, target_modules=LAYERS, init_lora_weights="gaussian"))
        for key, weights in network.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(weights, std=2.0)
        layers = {f"{part}_lora_layers": get_peft_model_state_dict(network)}
        pipe.save_lora_weights(folders(name).parent, weight_name=f"lora{seed}.safetensors", **layers)
        return folders(name).parent / f"lora{seed}.safetensors"

    return make


def own_pipeline(folder: Path) -> Any:
    import diffusers

    pipe = diffusers.DiffusionPipeline.from_pretrained(folder, use_safetensors=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def own_picture(pipe: Any, prompt: str = "a cat") -> Any:
    generator = torch.Generator().manual_seed(5)
    size = {"height": SIZE, "width": SIZE, "num_inference_steps": STEPS}
    made = pipe(prompt, **size, guidance_scale=3.0, generator=generator, output_type="np").images[0]
    return np.rint(made * 255)


def picture(model: TextToImage, prompt: str = "a cat") -> Any:
    guidance = Guidance(scale=3.0)
    conditioning = model.encode(prompt, "", guided=model.family.negates(guidance))
    noise = model.noise(5, SIZE, SIZE)[None]
    return model.decode(model.denoise(noise, conditioning, [5], steps=STEPS, guidance=guidance))[0].astype(
        int
    )


def load(folder: Path, **additions: Any) -> TextToImage:
    return load_pipeline(str(folder), device="cpu", dtype="float32", **additions)


@pytest.mark.parametrize("name", TAKE_LORAS)
def test_a_lora_does_what_it_does_in_diffusers(
    name: str, folders: Callable[[str], Path], make_lora: Callable[..., Path]
) -> None:
    file = make_lora(name)
    pipe = own_pipeline(folders(name))
    pipe.load_lora_weights(file.parent, weight_name=file.name, adapter_name="one")
    pipe.set_adapters(["one"], [0.7])
    ours = picture(load(folders(name), loras=[Lora(file, 0.7)]))
    assert np.abs(ours - own_picture(pipe)).max() <= 1
    without = picture(load(folders(name)))
    assert np.abs(ours - without).max() > 5
    assert np.abs(picture(load(folders(name), loras=[Lora(file, 0.0)])) - without).max() <= 1


def test_loras_add_up(folders: Callable[[str], Path], make_lora: Callable[..., Path]) -> None:
    name = "stable_diffusion_2"
    one, two = make_lora(name), make_lora(name, 1)
    pipe = own_pipeline(folders(name))
    for key, file in (("one", one), ("two", two)):
        pipe.load_lora_weights(file.parent, weight_name=file.name, adapter_name=key)
    pipe.set_adapters(["one", "two"], [0.5, -0.8])
    model = load(folders(name), loras=[Lora(one, 0.5), Lora(two, -0.8)])
    assert np.abs(picture(model) - own_picture(pipe)).max() <= 1
    assert not any("lora" in key for key, _ in model.denoiser.named_parameters())


def lora_message(folder: Path, file: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load(folder, loras=[Lora(file)])
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_loras_that_dont_fit_are_one_line(
    folders: Callable[[str], Path], make_lora: Callable[..., Path], tmp_path: Path
) -> None:
    base = folders("stable_diffusion_2")
    assert "does not fit stable_diffusion_2" in lora_message(base, make_lora("flux"))
    assert "does not fit stable_diffusion_2" in lora_message(base, make_lora("stable_diffusion_xl"))
    assert "there are no LoRAs" in lora_message(folders("pixart_sigma"), make_lora("flux"))
    assert "does not exist" in lora_message(base, tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(make_lora("flux").read_bytes()[:50])
    assert "cannot be read as safetensors" in lora_message(base, tmp_path / "cut.safetensors")
    (tmp_path / "old.pt").write_bytes(b"x")
    assert "can run code" in lora_message(base, tmp_path / "old.pt")
    save_file({"unet.conv.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    assert "does not fit" in lora_message(base, tmp_path / "other.safetensors")


def test_a_learned_word_does_what_it_does_in_diffusers(
    folders: Callable[[str], Path], tmp_path: Path
) -> None:
    """One of two vectors, as the file calls it, and as it is called here."""
    vectors = 2 * torch.randn(2, 12, generator=torch.Generator().manual_seed(3))
    save_file({"<toy>": vectors}, tmp_path / "toy.safetensors")
    folder = folders("stable_diffusion_2")
    pipe = own_pipeline(folder)
    pipe.load_textual_inversion(str(tmp_path / "toy.safetensors"))
    wanted = own_picture(pipe, "a <toy> cat")
    for token, inversion in (
        ("<toy>", TextualInversion(tmp_path / "toy.safetensors")),
        ("mytoy", TextualInversion(tmp_path / "toy.safetensors", "mytoy")),
    ):
        model = load(folder, textual_inversions=[inversion])
        assert np.abs(picture(model, f"a {token} cat") - wanted).max() <= 1
    assert np.abs(picture(load(folder), "a <toy> cat") - wanted).max() > 1


def test_a_learned_word_of_xl_goes_into_both_encoders(folders: Callable[[str], Path], tmp_path: Path) -> None:
    vectors = {name: torch.randn(1, 12) for name in ("clip_l", "clip_g")}
    save_file(vectors, tmp_path / "toy.safetensors")
    folder = folders("stable_diffusion_xl")
    model = load(folder, textual_inversions=[TextualInversion(tmp_path / "toy.safetensors")])
    for part, suffix in (("clip_l", ""), ("clip_g", "_2")):
        token = getattr(model.pipe, f"tokenizer{suffix}").convert_tokens_to_ids("toy")
        weights = getattr(model.pipe, f"text_encoder{suffix}").get_input_embeddings().weight
        torch.testing.assert_close(weights[token], vectors[part][0])


def test_words_that_dont_fit_are_one_line(folders: Callable[[str], Path], tmp_path: Path) -> None:
    file = tmp_path / "word.safetensors"
    for tensors, name, words in (
        ({"emb_params": torch.zeros(1, 8)}, "stable_diffusion_2", "made for another base"),
        ({"a": torch.zeros(1, 12)}, "stable_diffusion_2", "cannot be used"),  # "a" is a word already
        ({"b": torch.zeros(1, 12), "c": torch.zeros(1, 12)}, "stable_diffusion_2", "holds 2 tensors"),
        ({"clip_g": torch.zeros(1, 12)}, "stable_diffusion_2", "made for another base"),
        ({"emb_params": torch.zeros(1, 12)}, "pixart_sigma", "does not support textual inversion"),
    ):
        save_file(tensors, file)
        with pytest.raises(ModelError, match=words):
            load(folders(name), textual_inversions=[TextualInversion(file)])


def test_how_they_are_written() -> None:
    assert parse_lora("a/b.safetensors") == Lora(Path("a/b.safetensors"), 1.0)
    assert parse_lora("a/b.safetensors:-0.5") == Lora(Path("a/b.safetensors"), -0.5)
    assert parse_lora("C:\\loras\\b.safetensors") == Lora(Path("C:\\loras\\b.safetensors"))
    for text in (":0.5", "b.safetensors:nan", "b.safetensors:1e9"):
        with pytest.raises(UsageError, match="--lora"):
            parse_lora(text)
    assert parse_textual_inversion("b.safetensors:<toy>").token == "<toy>"
    assert parse_textual_inversion("C:\\words\\b.safetensors").token is None


def test_a_clip_with_a_lora_is_resumed_where_the_lora_has_moved(
    folders: Callable[[str], Path], make_lora: Callable[..., Path], tmp_path: Path
) -> None:
    folder, kept = folders("stable_diffusion_2"), tmp_path / "elsewhere" / "style.safetensors"
    kept.parent.mkdir()
    kept.write_bytes(make_lora("stable_diffusion_2").read_bytes())
    (tmp_path / "out").mkdir()
    clip = tmp_path / "out" / "clip.mp4"
    fixed = ["--num-frames", "3", "-W", "32", "-H", "32", "--steps", "2", "--smoother", "ema"]
    asked = ["a cat", "-o", clip, "--model", folder, "--lora", f"{kept}:0.7", *fixed]
    run(0, "generate", *asked)
    assert "LoRAs: style.safetensors:0.7" in read_metadata(clip)["comment"]
    clip.unlink()
    again = ["resume", tmp_path / "out" / "clip.framesmooth", "--path", f"model={folder}"]
    assert "check the name after --lora" in run(1, *again)
    moved = kept.rename(tmp_path / "style.safetensors")
    assert "the weight of the run is 0.7" in run(2, *again, "--path", f"lora={moved}:0.6")
    assert "--lora is now written --path lora=PATH" in run(0, *again, "--lora", f"{moved}:0.7")
    assert clip.is_file()


def run(code: int, *arguments: object) -> str:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.stderr
    return result.stderr


def test_what_a_clip_is_made_from_is_told_by_name(tmp_path: Path) -> None:
    """Where a file lies is nobody's business."""
    home = tmp_path / "secret"
    made = GenerateSettings.of(
        prompts=parse_prompts(["a cat"]),
        output=tmp_path / "clip.mp4",
        init_image=home / "first.png",
        last_image=home / "last.png",
        depth_model=home / "depth",
    )
    assert extension_names(made) == {"begun at": "first.png", "led to": "last.png", "depth model": "depth"}
    restyled = made.but(init_image=None, last_image=None, depth_model=None, init_video=home / "walk.mp4")
    assert extension_names(restyled) == {"restyled from": "walk.mp4"}
