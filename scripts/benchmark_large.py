"""Times a pipeline of Stable Diffusion 1.5's size, with random weights: diffusers in float32 and framesmooth.

Text encoding, guided steps and decoding at 512 x 512, in processes of their own, in turns. The network's
multiplications and additions are counted by torch, and set against a large bfloat16 matrix product.

    python scripts/benchmark_large.py --steps 4 --repeat 2 --write
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click
import torch

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from tables import markdown_table, replace_section  # noqa: E402

SIDE, PROMPT = 512, "a red lighthouse on a beach in a storm"
PRODUCT = 4096
WAYS = {"diffusers, float32": "plain", "framesmooth": "ours"}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--steps", default=4, help="Guided steps of each picture.")
@click.option("--repeat", default=1, help="Rounds of both; medians are shown.")
@click.option("--write", is_flag=True, help="Write the table into docs/benchmarks.md.")
@click.option("--one", type=click.Choice(list(WAYS.values())), hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
def main(steps: int, repeat: int, write: bool, one: str | None, folder: Path | None) -> None:
    """Build the pipeline, time it both ways, and compare."""
    if one is not None and folder is not None:
        print(json.dumps(plain(folder, steps) if one == "plain" else ours(folder, steps)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch) / "large"
        build(model)
        rounds = [{name: apart(way, model, steps) for name, way in WAYS.items()} for _ in range(repeat)]
    operations = counted()
    found = {
        name: {key: median(each[name][key] for each in rounds) for key in rounds[0][name]} for name in WAYS
    }
    text = table(found, operations, steps)
    click.echo(text)
    if write:
        replace_section(HOME / "docs" / "benchmarks.md", "large model", text)


def apart(way: str, model: Path, steps: int) -> dict[str, float]:
    """Time one way in a process of its own."""
    click.echo(f"timing {way}", err=True)
    command = [sys.executable, __file__, "--one", way, "--folder", str(model), "--steps", str(steps)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HOME).stdout
    figures: dict[str, float] = json.loads(said.splitlines()[-1])
    return figures


def build(folder: Path) -> None:
    """Save a StableDiffusionPipeline of version 1.5's configuration, float16, its weights left to chance."""
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    from framesmooth.models.checkpoints import locate_model

    blocks = 128, 256, 512, 512
    with torch.device("meta"):
        vae = AutoencoderKL(
            block_out_channels=blocks,
            layers_per_block=2,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            sample_size=SIDE,
        )
        network = unet()
        text = CLIPTextModel(CLIPTextConfig(vocab_size=49408, hidden_size=768, intermediate_size=3072,
                                            num_hidden_layers=12, num_attention_heads=12))  # fmt: skip
    torch.manual_seed(0)
    for part in (vae, network, text):
        part.to_empty(device="cpu")
        for weights in part.parameters():
            torch.nn.init.normal_(weights, std=0.02)
        for name, buffer in part.named_buffers():
            if name.endswith("position_ids"):
                buffer.copy_(torch.arange(buffer.shape[-1]))
    words = CLIPTokenizer.from_pretrained(locate_model("storybook") / "tokenizer", model_max_length=77)
    pipe = StableDiffusionPipeline(
        vae=vae, text_encoder=text, tokenizer=words, unet=network, scheduler=DDIMScheduler(),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    pipe.to(dtype=torch.float16).save_pretrained(folder)


def unet() -> Any:
    """Return the denoiser of Stable Diffusion 1.5."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=64,
        block_out_channels=(320, 640, 1280, 1280),
        down_block_types=(*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
        up_block_types=("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
        cross_attention_dim=768,
        attention_head_dim=8,
    )


def counted() -> float:
    """Return the floating-point operations of one guided step, attention's included."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.inference_mode():
        unet()(torch.empty(2, 4, 64, 64), torch.tensor(1), torch.empty(2, 77, 768))
    return float(counter.get_total_flops())


def plain(folder: Path, steps: int) -> dict[str, float]:
    """Time the pipeline as diffusers loads and runs it."""
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    ends: list[float] = []

    def told(_pipe: Any, _step: int, _time: Any, held: dict[str, Any]) -> dict[str, Any]:
        ends.append(time.perf_counter())
        return held

    def picture() -> None:
        pipe(PROMPT, num_inference_steps=steps, output_type="np", callback_on_step_end=told)

    return timed(picture, ends, steps)


def ours(folder: Path, steps: int) -> dict[str, float]:
    """Time framesmooth's adapter, and beside it a large matrix product."""
    from framesmooth.models.families.base import Guidance
    from framesmooth.models.loading import load_pipeline

    model = load_pipeline(str(folder), device="cpu")
    ends: list[float] = []

    def picture() -> None:
        words = model.encode(PROMPT, "", guided=True)
        noise = model.noise(0, SIDE, SIDE)[None]
        latents = model.denoise(noise, words, [0], steps=steps, guidance=Guidance(scale=7.5),
                                on_step=lambda _done, _state: ends.append(time.perf_counter()))  # fmt: skip
        model.decode_judged(latents)

    return timed(picture, ends, steps) | {"product": product()}


def timed(picture: Callable[[], None], ends: list[float], steps: int) -> dict[str, float]:
    """Return the seconds of the second picture, and of a step after its first."""
    picture()
    ends.clear()
    started = time.perf_counter()
    picture()
    return {"picture": time.perf_counter() - started, "step": (ends[-1] - ends[0]) / (steps - 1)}


def product() -> float:
    """Return the floating-point operations a second of a large bfloat16 matrix product."""
    left, right = (torch.randn(PRODUCT, PRODUCT).bfloat16() for _ in range(2))
    quickest = float("inf")
    for _ in range(6):
        started = time.perf_counter()
        left @ right
        quickest = min(quickest, time.perf_counter() - started)
    return 2 * PRODUCT**3 / quickest


def table(found: dict[str, dict[str, float]], operations: float, steps: int) -> str:
    """Return the seconds of both, their ratio, and how near ours comes to the matrix product."""
    first = next(iter(found.values()))
    rows = [
        [name, *(f"{one[key]:.2f} | {first[key] / one[key]:.1f} ×" for key in ("picture", "step"))]
        for name, one in found.items()
    ]
    header = ["", f"s a picture of {steps} steps", "quicker", "s a guided step", "quicker"]
    mine = found["framesmooth"]
    rate = operations / mine["step"]
    return "\n\n".join(
        [
            markdown_table(header, rows),
            f"A guided step is {operations / 1e9:.0f} GFLOP; ours does {rate / 1e12:.2f} TFLOP/s, "
            f"{rate / mine['product']:.0%} of a {PRODUCT}² bfloat16 matrix product "
            f"({mine['product'] / 1e12:.2f} TFLOP/s) in the same process.",
        ]
    )


if __name__ == "__main__":
    main()
