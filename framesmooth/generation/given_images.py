"""Images that a clip begins or ends with: whether the model can show them, and how long they are held."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from framesmooth.frames import Frame
from framesmooth.generation.image_latents import invert_images
from framesmooth.generation.latent_path import LatentPath
from framesmooth.generation.pacing import Pace
from framesmooth.models.families.base import Guidance

FOREIGN: Final = 11.5
"""Levels, of 255, from which on an image counts as outside of a model's world: storybook changes renders of
its painter by 7 to 9, photos by 14 to 19."""

HELD_SECONDS: Final = 0.5
"""How long such an image stands still."""
_LARGEST_SHARE: Final = 1 / 6
"""Of the way to or from the next prompt, that an image is held for at most."""
_NOISED_FROM: Final = 0.6
"""Share of the steps that is left out: the others may change the image, and do where the model knows
better."""


def levels_changed(path: LatentPath, image: Frame) -> float:
    """Return how much the model changes an image, (H, W, 3) uint8 of the denoised size.

    That is the mean difference, in levels, after noise was added and the last 40 % of the steps removed it,
    without a prompt: little of what a model knows changes.
    """
    model, steps = path.model, path.sampling.steps
    first = min(round(_NOISED_FROM * steps), steps - 1)
    state = invert_images(model, [image])
    if first > 0:
        noise = path.noise(0)[None]
        state = model.restartable().state_at(state, noise, first_step=first, steps=steps)
        guided = model.family.negates(path.sampling.guidance)
        nothing = path.inputs.conditioning(model, "", "", guided=guided)
        guidance = path.sampling.guidance if model.family.is_distilled else Guidance(scale=1.0)
        state = model.restartable().denoise(
            state, nothing, [path.seed(0)], steps=steps, guidance=guidance, first_step=first
        )
    (own,) = model.decode_judged(state)
    return 255.0 if own.fault == "nan" else float(np.abs(own.frame.astype(np.int16) - image).mean())


def foreign_notice(option: str, levels: float, model_name: str) -> str:
    """Return what to tell about an image that ``option`` gave and that the model changes by ``levels``."""
    return (
        f"{option} is unlike what {model_name} can show (it changes the image by {levels:.0f} levels of 255, "
        f"more than {FOREIGN:.0f}): frames beside it lose its detail"
    )


def with_holds(pace: Pace, holds: Mapping[int, float]) -> Pace:
    """Return a pace that holds the first and the last frame for some time.

    Args:
        pace: of whole positions onto themselves, from 0 to the last one.
        holds: 0 for the first position or -1 for the last one -> the share of the segment beside it, below
            0.5.
    """
    if not holds:
        return pace
    last = pace.at[-1]
    first_held, last_held = holds.get(0, 0.0), holds.get(-1, 0.0)
    knots = [0.0, 1.0, last] if last > 1 else [0.0, last]
    values = [first_held, *([1.0] if last > 1 else []), last - last_held]
    if last > 2:
        knots, values = [0.0, 1.0, last - 1, last], [first_held, 1.0, last - 1, last - last_held]
    at = [float(one) for one in np.interp(pace.at, knots, values)]
    return Pace((0.0, *at, last), (pace.to[0], *pace.to, pace.to[-1]))


def held_share(frames: int, fps: float) -> float:
    """Return the share of a segment of ``frames`` frames that an image from outside is held for."""
    return min(HELD_SECONDS * fps / max(1, frames), _LARGEST_SHARE)
