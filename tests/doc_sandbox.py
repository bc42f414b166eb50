"""A folder with small stand-ins for every file that the examples of the documentation name."""

import json
import re
import shutil
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from framesmooth.video import open_sink
from framesmooth.video.audio_placement import RATE
from framesmooth.video.audio_samples import write_samples
from framesmooth.video.samples import ColorTags, Samples, stored_float
from framesmooth.video.storage import Storage
from tests.doc_blocks import HOME
from tests.scenes import Frame, add_flicker, moving_scene
from tests.training.pictures import write_pictures

SIZE: Final = (64, 64)
FRAMES: Final = 6

DEFORUM: Final[dict[str, Any]] = {
    "W": 64,
    "H": 64,
    "max_frames": 4,
    "fps": 12,
    "steps": 1,
    "animation_mode": "2D",
    "zoom": "0:(1.02)",
    "strength_schedule": "0:(0.65)",
}

JOBS: Final = """
defaults: {smoother: ema, measure: false}
jobs:
- {smooth: [one.mp4, two.mp4], frame-range: "0:3"}
"""

STORY: Final = """
fps: 12
size: 64x64
defaults: {duration: 0.25, steps: 1, smoother: ema}
shots:
- {prompt: a castle, title: Hi, say: Hi}
- {prompt: a cat, transition: dissolve 0.1, caption: Ho}
"""


@cache
def _scene() -> tuple[list[Frame], list[Frame]]:
    clean = moving_scene(frames=FRAMES, size=SIZE).frames
    return clean, add_flicker(clean, seed=3)


def write_clip(path: Path, frames: Sequence[Frame]) -> None:
    """Write a clip of 12 frames a second."""
    with open_sink(path, fps=Fraction(12), size=frames[0].shape[:2]) as sink:
        for frame in frames:
            sink.write(frame)


def _write_images(folder: Path, frames: Sequence[Frame], suffix: str = "png") -> None:
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{number:04d}.{suffix}")


def _write_deep(folder: Path, frames: Sequence[Frame]) -> None:
    """Write an HDR video, 16-bit depth maps and frames in OpenEXR."""
    hdr = ColorTags(primaries=9, transfer=16, matrix=9)
    kinds = {
        "hdr.mp4": Storage(samples=Samples(bits=10, curve="PQ", color=hdr), codec="h265"),
        "depth/": Storage(samples=Samples(bits=16, grey=True)),
        "renders/": Storage(samples=Samples(bits=16, is_float=True, curve="linear"), pictures="exr"),
    }
    for name, storage in kinds.items():
        size = frames[0].shape[:2]
        with open_sink(f"{folder}/{name}", fps=Fraction(12), size=size, storage=storage) as sink:
            for frame in frames:
                sink.write(frame if "depth" in name else stored_float(frame))


def _write_song(path: Path) -> None:
    """Write six seconds of clicks, 120 a minute."""
    song = np.zeros((6 * RATE, 1), np.float32)
    click = np.random.default_rng(0).normal(0, 0.3, 1000) * np.exp(-np.arange(1000) / 200)
    for start in range(RATE // 10, len(song) - RATE // 2, RATE // 2):
        song[start : start + 1000, 0] += click
    write_samples(path, song)


def _write_sound(path: Path) -> None:
    import wave

    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(np.zeros(8000, np.int16).tobytes())


def _sooner(match: re.Match[str]) -> str:
    """Return the frame of a prompt for a clip of a few frames."""
    return f"{match[1]}{int(match[2]) // 30}"


def build_sandbox(folder: Path) -> Path:
    """Fill ``folder`` with everything but models."""
    clean, flickering = _scene()
    (folder / "samples" / "prompts").mkdir(parents=True)
    for path in (HOME / "samples" / "prompts").iterdir():
        text = re.sub(r'^(\s*"?)(\d+)(?="?:)', _sooner, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        (folder / "samples" / "prompts" / path.name).write_text(text, encoding="utf-8")
    for name in ("flickering.mp4", "before.mp4", "stylised.mp4", "samples/flickering.mp4"):
        write_clip(folder / name, flickering)
    for name in ("clean.mp4", "steady.mp4", "after.mp4", "one.mp4", "two.mp4", "three.mp4", "filmed.mp4"):
        write_clip(folder / name, clean)
    for name in ("film.mp4", "walk.mp4", "clip.mp4", "loop.webp", "samples/clean.mp4"):
        write_clip(folder / name, clean)
    for name in ("a", "b"):
        (folder / "results").mkdir(exist_ok=True)
        write_clip(folder / "results" / f"{name}.mp4", clean)
    _write_images(folder / "frames", flickering)
    _write_images(folder / "keyframes", clean[:3])
    _write_images(folder / "timelapse", flickering, "jpg")
    _write_deep(folder, flickering)
    for name in ("photo", "dawn", "night", "cat"):
        Image.fromarray(clean[0]).save(folder / f"{name}.jpg")
    _write_sound(folder / "music.wav")
    _write_song(folder / "song.mp3")
    prompts = {"0": "a castle at dawn", "3": "a castle at night"}
    (folder / "settings.txt").write_text(json.dumps(DEFORUM | {"prompts": prompts}), encoding="utf-8")
    (folder / "preset.txt").write_text(json.dumps(DEFORUM | {"prompts": {"0": ""}}), encoding="utf-8")
    (folder / "clips").mkdir()
    (folder / "jobs.yaml").write_text(JOBS, encoding="utf-8")
    write_pictures(folder / "pictures", 4)
    (folder / "waves").mkdir()
    write_clip(folder / "waves" / "shore.mp4", clean)
    (folder / "waves" / "shore.txt").write_text("waves on a shore\n", encoding="utf-8")
    (folder / "story.yaml").write_text(STORY, encoding="utf-8")
    (folder / "tale.txt").write_text("A cat sits on a beach. The camera pans left.\n", encoding="utf-8")
    return folder


def build_models(home: Path, work: Path) -> None:
    """Put tiny models, and what is added to them, where the examples have them: in ``home`` and ``work``."""
    import diffusers
    import torch
    from safetensors.torch import save_file

    from tests.models.test_depth import build_dpt
    from tests.single_file import save_single_file
    from tests.tiny_adapters import build_tiny_adapter
    from tests.tiny_controls import build_tiny_control
    from tests.tiny_families import TEXT, build_tiny_family

    models = home / "models"
    models.mkdir(parents=True)
    base = build_tiny_family("stable_diffusion_2", home / "base").rename(models / "sd15")
    xl = build_tiny_family("stable_diffusion_xl", home / "xl").rename(models / "sdxl")
    shutil.copytree(xl, models / "sdxl-turbo")
    build_tiny_control("stable_diffusion_2", base, home).rename(models / "canny")
    adapter = build_tiny_adapter("stable_diffusion_2", base, home)
    (adapter / "ip-adapter.safetensors").rename(models / "ip-adapter_sd15.safetensors")
    (adapter / "image_encoder").rename(models / "image_encoder")
    build_dpt(models / "depth")
    pipe: Any = diffusers.DiffusionPipeline.from_pretrained(base, use_safetensors=True)
    save_single_file(pipe, models / "dreamer.safetensors")
    _build_video_models(models)
    save_file({"<toy>": torch.ones(1, TEXT)}, work / "toy.safetensors")
    _save_lora(pipe, work / "style.safetensors")


def _build_video_models(models: Path) -> None:
    from tests.tiny_video_families import build_tiny_video_family, motion_adapter

    names = {"ltx": "ltx", "wan": "wan", "stable_video_diffusion": "svd"}
    for name, called in names.items():
        build_tiny_video_family(name, models).rename(models / called)
    motion_adapter().save_pretrained(models / "motion-adapter", safe_serialization=True)


def _save_lora(pipe: Any, path: Path) -> None:
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    pipe.unet.add_adapter(LoraConfig(r=2, target_modules=["to_q"], init_lora_weights="gaussian"))
    layers = get_peft_model_state_dict(pipe.unet)
    pipe.save_lora_weights(path.parent, weight_name=path.name, unet_lora_layers=layers)
