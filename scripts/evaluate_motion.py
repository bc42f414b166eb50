"""Judges clips of ``storybook``: does a clip move as its prompt says?

Held-out (subject, motion, direction) and (subject, camera) combinations, one motion a prompt, read by
optical flow; the painter's own clips of the same scenes are read alike. Writes figures and strips of frames.

Example::

    python scripts/evaluate_motion.py --model framesmooth/models/storybook --clips 40
    python scripts/evaluate_motion.py --model build/motion/storybook --layers-over-time --work build/motion
"""

import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storybook.clips import paint_clip, times
from storybook.motion import CAMERAS, FRAME_RATE, TRAVEL, held_out_motion
from storybook.motion_judge import read_motion as read_flow
from storybook.motion_judge import right_way, speed, warping_error
from storybook.motion_module import MotionModule, load_motion
from storybook.moving_captions import moving_caption
from storybook.world import SUBJECTS, Motion, Scene, sample_scene

from framesmooth.generation.base import GenerationRequest
from framesmooth.generation.moving_subject import MovingSubjectGenerator
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.generation.specs import MovingSubject
from framesmooth.models.checkpoints import model_defaults
from framesmooth.models.conditioning import stack
from framesmooth.models.families.base import Guidance
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.motion_words import is_still, read_motion, without_stillness
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.keyframes import kept_out

FIRST = 30_000_000


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--model", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the pipeline."
)
@click.option(
    "--work", type=click.Path(path_type=Path), default="build/motion", help="For figures and strips."
)
@click.option("--clips", default=100, help="Clips of held-out motions to generate.")
@click.option("--stills", default=20, help="Clips of still pictures to generate.")
@click.option("--frames", default=16, help="Frames a clip.")
@click.option("--size", default=256, help="Height and width in pixels.")
@click.option("--steps", default=10, help="Denoising steps.")
@click.option("--guidance-scale", default=2.3, help="Classifier-free guidance.")
@click.option("--layers-over-time", is_flag=True, help="Judge the motion module in the model's motion/.")
@click.option("--strength", default=1.0, help="Of the motion module.")
@click.option("--seen", is_flag=True, help="Judge combinations that training showed instead.")
@click.option("--device", default="cpu")
def main(
    model: Path,
    work: Path,
    clips: int,
    stills: int,
    frames: int,
    size: int,
    steps: int,
    guidance_scale: float,
    layers_over_time: bool,
    strength: float,
    seen: bool,
    device: str,
) -> None:
    """Measures direction, speed and calm of generated clips."""
    pipe = load_pipeline(str(model), device=device)
    module = load_motion(model / "motion", pipe.denoiser) if layers_over_time else None
    camera = layers_over_time  # otherwise the camera's words move the camera, and no picture
    scenes = [moving_scene(FIRST + k, held_out=not seen, camera=camera) for k in range(clips)]
    scenes += [
        replace(moving_scene(FIRST + k, held_out=False, camera=camera), motion=None) for k in range(stills)
    ]
    rows: list[dict[str, float | str]] = []
    strips = []
    for k, scene in enumerate(scenes):
        prompt = moving_caption(scene, np.random.default_rng(scene.seed))
        if module is None:
            drawn = moved(pipe, prompt, k, frames, size, steps, guidance_scale)
        else:
            latents = noise(pipe, module, k, frames, size)
            drawn = generate(pipe, module, prompt, latents, steps, guidance_scale, strength)
        painted, _ = paint_clip(scene, times(scene, k, frames), size, size)
        mine, its = read_flow(drawn), read_flow(painted)
        row: dict[str, float | str] = {
            "prompt": prompt,
            "degree": mine.degree,
            "warping_error": warping_error(drawn),
            "painter_warping_error": warping_error(painted),
        }
        if scene.motion is not None:
            row["kind"] = "travel" if scene.motion.action == "travel" else scene.motion.camera.split()[0]
            row["right"], row["painter_right"] = right_way(mine, scene), right_way(its, scene)
            row["speed"], row["painter_speed"] = speed(mine, scene), speed(its, scene)
        rows.append(row)
        click.echo(json.dumps(row))
        if k < 12 or k >= len(scenes) - 2:
            strips.append(np.hstack([cv2.resize(f, (128, 128)) for f in drawn[:: max(frames // 8, 1)]]))
            cv2.imwrite(str(work / "strips.png"), np.vstack(strips)[..., ::-1])
    figures = summary(rows)
    click.echo(json.dumps(figures, indent=2))
    work.mkdir(parents=True, exist_ok=True)
    (work / "motion.json").write_text(json.dumps({**figures, "clips": rows}, indent=1) + "\n")


def summary(rows: list[dict[str, float | str]]) -> dict[str, float]:
    """The headline figures of all clips."""
    moving, still = [r for r in rows if "kind" in r], [r for r in rows if "kind" not in r]

    def mean(values: list[float]) -> float:
        return round(float(np.mean(values)), 3) if values else 0.0

    fit = [0.5 <= float(r["speed"]) / max(float(r["painter_speed"]), 1e-6) <= 2 for r in moving]
    ratio = [float(r["warping_error"]) / max(float(r["painter_warping_error"]), 1e-6) for r in moving]
    figures = {
        "direction": mean([float(r["right"]) for r in moving]),
        "painter_direction": mean([float(r["painter_right"]) for r in moving]),
        "speed_within_two": mean([float(f) for f in fit]),
        "warping_error_ratio": round(float(np.median(ratio)), 3) if ratio else 0.0,
        "still_degree": mean([float(r["degree"]) for r in still]),
    }
    for kind in sorted({str(r["kind"]) for r in moving}):
        figures[f"direction_{kind}"] = mean([float(r["right"]) for r in moving if r["kind"] == kind])
    return figures


def moving_scene(index: int, *, held_out: bool, camera: bool = True) -> Scene:
    """A scene of which one thing moves: three in four times the subject, else, if asked for, the camera.

    Never in a storm, where all flow is rain.
    """
    rng = np.random.default_rng([index, 61])
    while True:
        scene = sample_scene(rng, held_out=held_out, complete=True)
        if rng.random() < 0.75 or not camera:
            subject = str(rng.choice(list(TRAVEL)))
            motion = Motion("travel", str(rng.choice(TRAVEL[subject][0])))
        else:
            subject, motion = str(rng.choice(SUBJECTS[:-1])), Motion(camera=str(rng.choice(CAMERAS[1:])))
        scene = replace(scene, subject=subject, motion=motion)
        if scene.light != "storm" and held_out_motion(subject, motion) == held_out == scene.held_out:
            return scene


def moved(
    pipe: TextToImage, prompt: str, seed: int, frames: int, size: int, steps: int, guidance_scale: float
) -> NDArray[np.uint8]:
    """The frames of a clip as ``framesmooth generate`` makes them: (n, height, width, 3) uint8."""
    motion = read_motion(prompt)
    text = without_stillness(prompt) if motion is None else motion.plain
    negative = kept_out(text, str(model_defaults(pipe.folder).get("negative_prompt", "")))
    keys = tuple(Keyframe(time, text, seed, negative) for time in (0, frames - 1))
    request = GenerationRequest(
        timeline=Timeline(keys, frames),
        load_model=lambda: pipe,
        sampling=SamplingSpec(
            fps=Fraction(FRAME_RATE),
            width=size,
            height=size,
            steps=steps,
            guidance_scale=guidance_scale,
            drift=0.0 if is_still(prompt) else 0.5,
        ),
        plan=None if motion is None else MovingSubject(motions=(motion, motion)),
    )
    kind = PromptTravel if motion is None else MovingSubjectGenerator
    return np.stack(list(kind.create(request)))


def noise(pipe: TextToImage, module: MotionModule, seed: int, frames: int, size: int) -> torch.Tensor:
    """A clip's noise from its seed: (frames, C, h, w)."""
    own = torch.stack([pipe.noise(1000 * seed + k + 1, size, size) for k in range(frames)])
    return module.noise(own, pipe.noise(1000 * seed, size, size))


def generate(
    pipe: TextToImage,
    module: MotionModule,
    prompt: str,
    latents: torch.Tensor,
    steps: int,
    guidance_scale: float,
    strength: float = 1.0,
) -> NDArray[np.uint8]:
    """The frames of a clip: (n, height, width, 3) uint8."""
    negative = str(model_defaults(pipe.folder).get("negative_prompt", ""))
    conditioning = stack([pipe.encode(prompt, kept_out(prompt, negative), guided=True)] * len(latents))
    with module.joined(pipe.denoiser, len(latents), strength):
        final = pipe.denoise(
            latents, conditioning, [0] * len(latents), steps=steps, guidance=Guidance(scale=guidance_scale)
        )
    return np.stack(pipe.decode(final))


if __name__ == "__main__":
    main()
