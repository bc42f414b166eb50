"""One picture at a time, drawn from noise or over another picture."""

from dataclasses import replace

from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.generation.adapter import Picture
from framesmooth.generation.keyframes import Path, StepsDone
from framesmooth.generation.pictures import encode_pictures
from framesmooth.outliers import look_of


def draw(
    path: Path,
    time: int,
    noise: Tensor,
    on_step: StepsDone | None = None,
    *,
    start: Frame | None = None,
    steps: int | None = None,
) -> Picture:
    """Draw frame ``time`` with its own prompt, in the last ``steps`` over a picture or in all from noise.

    Args:
        path: the model, the prompts and the sampling.
        time: of the frame.
        noise: standard normal, float32 (C, h, w).
        on_step: called after every step with 1, the number of frames it advanced.
        start: the picture to draw over, uint8 of the diffused size.
        steps: how many of the last steps draw over it; None are all of them.
    """
    model, sampling = path.model, path.sampling
    skipped = 0 if start is None or steps is None else sampling.steps - steps
    state = noise[None]
    if start is not None:
        latents = encode_pictures(model, [start])
        state = model.state_at(latents, state, first_step=skipped, steps=sampling.steps)
    final = model.denoise(
        state,
        path.conditioning(time),
        [path.seed(time)],
        steps=sampling.steps,
        guidance=sampling.guidance,
        # The last steps alone decide a frame that is drawn over another: unguided, the prompt fades away.
        guided_steps=sampling.guided_steps if start is None else None,
        first_step=skipped,
        on_step=None if on_step is None else lambda _done, _latents: on_step(1),
    )
    (picture,) = model.decode_judged(final)
    dark = not picture.fault and look_of(picture.frame).black
    return replace(picture, fault="black") if dark else picture
