"""How the frames of a clip are sampled, whatever they start from; no torch."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from framesmooth.frames import DEFAULT_FPS
from framesmooth.generation.control_frames import ControlFrames


@dataclass(frozen=True, kw_only=True)
class SamplingSpec:
    """How frames are sampled, whatever they start from.

    Attributes:
        fps: frames per second.
        width: pixels of a frame; None is what the model was trained for.
        height: likewise.
        steps: denoising steps.
        guidance_scale: how strictly the prompt is followed.
        true_cfg_scale: likewise against the negative prompt, for models with distilled guidance.
        guidance_end: share of the steps that are guided, above 0 to 1.
        drift: share of the way to the next keyframe's noise that is travelled, 0 to 1.
        cadence: frames from one keyframe to the next; "auto" finds keyframes where the image changes, None
            leaves it to the timeline.
        pacing: "linear", or "even" for frames that are equally far apart.
        inbetween: how the frames between two keyframes are made, one of ``specs.INBETWEENS``.
        batch_size: images that are denoised together; None goes by their size.
        control: what a ControlNet is given at each frame.
        cross_frame: whether all keyframes attend to the first.
        aspect: width over height, in place of a width and a height: in a size of the model's own area.
        structure_share: share of the steps in which keyframes share their structure, "auto" goes by their
            subjects, 0 is none.
        one_layout: whether that holds for keyframes of different seeds too, as for noise that only drifts.
        layout_pass: whether the layout is made in a size that the model knows, and refined in the one asked
            for.
    """

    fps: Fraction = DEFAULT_FPS
    width: int | None = None
    height: int | None = None
    steps: int = 10
    guidance_scale: float = 7.5
    true_cfg_scale: float = 1.0
    guidance_end: float = 1.0
    drift: float = 1.0
    cadence: int | Literal["auto"] | None = None
    pacing: str = "linear"
    inbetween: str = "latent"
    batch_size: int | None = None
    control: ControlFrames | None = None
    cross_frame: bool = False
    aspect: Fraction | None = None
    structure_share: float | Literal["auto"] = 0.0
    one_layout: bool = False
    layout_pass: bool = False
