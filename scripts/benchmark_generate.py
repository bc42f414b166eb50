"""Time one clip made by framesmooth against the same clip made the usual way, in one go.

The usual way: every frame is diffused on its own by the plain diffusers pipeline in float32, with the same
model, prompts, seed, number of steps, guidance scale, size and device, and written by PyAV. Both run as
processes of their own, so both pay for their imports, and both use all the processor cores torch chooses.

Two ratios come out. "frames" is what it takes to make the frames once the model is loaded; "whole" is one
command against the other, and ours also smooths, measures twice and writes a report, which the usual way
doesn't.

    python scripts/benchmark_generate.py --frames 96 --repeat 3
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

PROMPTS = ("a cat sitting on a beach at dawn", "a majestic lion stalks across the golden savanna at sunset")


def main() -> None:
    """Run both and print the seconds and the ratio."""
    arguments = _arguments()
    if arguments.usual_to is not None:
        make_the_usual_way(arguments, Path(arguments.usual_to))
        return
    runs = [_run_both(arguments) for _ in range(arguments.repeat)]
    result = {
        "frames": arguments.frames,
        "size": [arguments.width, arguments.height],
        "steps": arguments.steps,
        "guidance_scale": arguments.guidance_scale,
        "guidance_end": arguments.guidance_end,
        "device": arguments.device,
        "processor": platform.processor() or platform.machine(),
        "runs": runs,
        "median": {name: round(median(run[name] for run in runs), 2) for name in runs[0]},
    }
    print(json.dumps(result, indent=2) if arguments.json else _table(result))


def _run_both(arguments: argparse.Namespace) -> dict[str, float]:
    """Return the seconds of both and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "framesmooth"]
        ours, _ = _time([*command, *_our_options(arguments, Path(folder) / "ours.mp4")])
        usual_to = ["--usual-to", str(Path(folder) / "usual.mp4")]
        usual, said = _time([sys.executable, __file__, *sys.argv[1:], *usual_to])
        record = json.loads((Path(folder) / "ours.framesmooth" / "record.json").read_text(encoding="utf-8"))
    stages = record["timings"]
    our_frames, usual_frames = stages["keyframes"] + stages["frames"], float(said)
    return {
        "framesmooth, whole": ours,
        **{f"framesmooth, {name}": seconds for name, seconds in stages.items()},
        "usual, whole": usual,
        "usual, frames": usual_frames,
        "ratio, frames": usual_frames / our_frames,
        "ratio, whole": usual / ours,
    }


def make_the_usual_way(arguments: argparse.Namespace, output: Path) -> None:
    """Diffuse every frame with the pipeline's own call in float32; print the seconds this took."""
    import numpy as np
    import torch
    from diffusers import DiffusionPipeline

    from framesmooth.generation.models import locate_model
    from framesmooth.video import open_sink

    pipe = DiffusionPipeline.from_pretrained(
        locate_model(arguments.model), dtype=torch.float32, use_safetensors=True, local_files_only=True
    )
    pipe.to(arguments.device)
    pipe.set_progress_bar_config(disable=True)
    guided = arguments.guidance_scale > 1
    started = time.perf_counter()
    first, last = (pipe.encode_prompt(prompt, arguments.device, 1, guided) for prompt in PROMPTS)
    size = arguments.height, arguments.width
    with open_sink(output, fps=Fraction(12), size=size) as sink, torch.inference_mode():
        for index in range(arguments.frames):
            mix = index / max(1, arguments.frames - 1)
            images = pipe(
                prompt_embeds=torch.lerp(first[0], last[0], mix),
                negative_prompt_embeds=first[1],
                num_inference_steps=arguments.steps,
                guidance_scale=arguments.guidance_scale,
                height=arguments.height,
                width=arguments.width,
                generator=torch.Generator("cpu").manual_seed(0),
                output_type="np",
            ).images
            sink.write(np.rint(images[0] * 255).astype(np.uint8))
    print(time.perf_counter() - started)


def _time(command: list[str]) -> tuple[float, str]:
    """Return how many seconds a command took and what it printed."""
    started = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return time.perf_counter() - started, done.stdout


def _our_options(arguments: argparse.Namespace, output: Path) -> list[str]:
    return [
        *("generate", *PROMPTS, "-o", str(output), "--model", arguments.model, "--progress", "none"),
        *("--device", arguments.device),
        *("--num-frames", str(arguments.frames), "--steps", str(arguments.steps)),
        *("-W", str(arguments.width), "-H", str(arguments.height)),
        *("--guidance-scale", str(arguments.guidance_scale), "--guidance-end", str(arguments.guidance_end)),
    ]


def _table(result: dict[str, Any]) -> str:
    heading = f"{result['frames']} frames of {result['size']} on {result['device']}, median seconds of "
    rows = [f"  {name:28} {value:8.2f}" for name, value in result["median"].items()]
    return "\n".join([f"{heading}{len(result['runs'])} runs:", *rows])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="storybook")
    parser.add_argument("--frames", type=int, default=96)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--guidance-scale", type=float, default=3.0)
    parser.add_argument(
        "--guidance-end", type=float, default=0.8, help="of framesmooth; the usual way has none"
    )
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument("--device", default="cpu", help="torch device of both; cpu unless given")
    parser.add_argument("--repeat", type=int, default=1, help="runs of both, side by side")
    parser.add_argument("--usual-to", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
