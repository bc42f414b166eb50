"""The ways from a prompt to a clip, each as ``framesmooth generate`` goes it, without smoothing."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from storybook.clips import paint_clip, times
from storybook.motion import TRAVEL, held_out_motion
from storybook.moving_captions import moving_caption
from storybook.world import Motion, Scene, sample_scene

from framesmooth.models.pool import ModelPool
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings

FRAMES, RATE, SIZE = 16, 8, 128
FIRST = 60_000_000  # scene numbers far from those of training


@dataclass(frozen=True)
class Way:
    """One way.

    Attributes:
        name: In tables.
        about: What it is, in a line.
        options: Of ``framesmooth generate``, besides prompt, seed, length and rate.
        training: What its networks took to train.
    """

    name: str
    about: str
    training: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A scene and the prompt that is written of it."""

    scene: Scene
    prompt: str


def ways(gpt: str, gan: str) -> dict[str, Way]:
    """The five ways; the last two by the models in two folders."""
    still = "storybook: about three hours on two cores"
    return {
        "walk": Way("walk", "keyframes of one prompt, their noise on a path", still, {"motion": "off"}),
        "feedback": Way(
            "feedback",
            "each frame from the one before, moved by a camera",
            still,
            {"motion": "off", "zoom": "1.01"},
        ),
        "motion": Way("motion", "keyframes in layers: the subject moves as the words say", still),
        "gan": Way("GAN", "a recurrent generator, all frames at once", "", {"model": gan}),
        "gpt": Way("VideoGPT", "a transformer over codes of space and time", "", {"model": gpt}),
    }


def asked(index: int) -> Asked:
    """A scene of which the subject travels, and its caption, which names all attributes and the direction."""
    rng = np.random.default_rng([FIRST + index, 61])
    while True:
        scene = sample_scene(rng, held_out=True, complete=True)
        subject = str(rng.choice(list(TRAVEL)))
        motion = Motion("travel", str(rng.choice(TRAVEL[subject][0])))
        scene = replace(scene, subject=subject, motion=motion)
        if scene.light != "storm" and held_out_motion(subject, motion) == scene.held_out is True:
            return Asked(scene, moving_caption(scene, rng))


def painted(scene: Scene, seed: int) -> NDArray[np.uint8]:
    """The painter's own clip of a scene: (FRAMES, SIZE, SIZE, 3)."""
    return paint_clip(scene, times(scene, seed, FRAMES), SIZE, SIZE)[0]


def generated(way: Way, prompt: str, seed: int, pool: ModelPool) -> tuple[NDArray[np.uint8], float]:
    """A clip of a way, and the processor seconds that it took, its model being loaded already."""
    options: dict[str, Any] = {"num_frames": FRAMES, "fps": RATE, "seed": seed, "device": "cpu"} | way.options
    settings = GenerateSettings.of(prompts=[prompt], output=Path("clip.mkv"), **options)
    with pool.active():
        generator = load_generator(resolve(settings), None)
        start = time.process_time()
        frames = np.stack(list(generator))
    return frames, time.process_time() - start
