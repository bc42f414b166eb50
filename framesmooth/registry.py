"""The registry of plug-ins: smoothers, flows, metrics, generators, upscalers.

A table maps a name to ``"module:attribute"``; the module is imported when the name is asked for and not
before, so a list of choices costs nothing. A third-party package adds a name by an entry point in the group
of the family, for example::

    [project.entry-points."framesmooth.smoother"]
    mine = "my_package.smoothers:MySmoother"

To add a built-in one, write its file in the family's folder and add its line here: the command line, the
help and the conformance tests read these tables.
"""

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any, Final

from framesmooth.errors import UsageError

FLOWS: Final[dict[str, str]] = {
    "dis-fast": "framesmooth.motion.flow.dis:DIS_FAST",
    "dis-medium": "framesmooth.motion.flow.dis:DIS_MEDIUM",
    "dis-fine": "framesmooth.motion.flow.dis:DIS_FINE",
    "dis-robust": "framesmooth.motion.flow.dis:DIS_ROBUST",
    "farneback": "framesmooth.motion.flow.farneback:FARNEBACK",
    "deepflow": "framesmooth.motion.flow.deepflow:DEEPFLOW",
}
"""Optical flow estimators: instances of a FlowEstimator."""

LEARNED_FLOWS: Final[dict[str, str]] = {"raft": "framesmooth.motion.flow.raft:RaftFlow"}
"""Optical flow estimators that need a file of weights: classes, called with ``weights=Path``."""

SMOOTHERS: Final[dict[str, str]] = {
    "ema": "framesmooth.smoothing.ema:EmaSmoother",
    "trajectory": "framesmooth.smoothing.trajectory.smoother:TrajectorySmoother",
    "poisson": "framesmooth.smoothing.poisson:PoissonSmoother",
    "deflicker": "framesmooth.smoothing.deflicker:DeflickerSmoother",
    "breathing": "framesmooth.smoothing.deflicker:BreathingSmoother",
    "banding": "framesmooth.smoothing.banding:BandingSmoother",
    "pumping": "framesmooth.smoothing.pumping:PumpingSmoother",
    "dust": "framesmooth.smoothing.dust:DustSmoother",
}
"""Smoothers: classes, frozen keyword-only dataclasses."""

METRICS: Final[dict[str, str]] = {
    "flicker_score": "framesmooth.metrics.flicker_score:FlickerScore",
    "warping_error": "framesmooth.metrics.warping_error:WarpingError",
    "luma_flicker": "framesmooth.metrics.luma_flicker:LumaFlicker",
    "luma_flicker_local": "framesmooth.metrics.luma_flicker_local:LumaFlickerLocal",
    "sharpness_pumping": "framesmooth.metrics.sharpness_pumping:SharpnessPumping",
    "ghosting": "framesmooth.metrics.ghosting:Ghosting",
    "detail_retention": "framesmooth.metrics.detail_retention:DetailRetention",
    "coverage": "framesmooth.metrics.coverage:Coverage",
    "dynamic_degree": "framesmooth.metrics.dynamic_degree:DynamicDegree",
    "flicker_residual": "framesmooth.metrics.flicker_residual:FlickerResidual",
    "psnr": "framesmooth.metrics.psnr_ssim:Psnr",
    "ssim": "framesmooth.metrics.psnr_ssim:Ssim",
    "warping_error_long": "framesmooth.metrics.warping_error_long:WarpingErrorLong",
    "vbench_temporal_flickering": "framesmooth.metrics.vbench_temporal_flickering:VBenchTemporalFlickering",
    "tof": "framesmooth.metrics.tof:Tof",
    "clip_consistency": "framesmooth.metrics.learned.feature_consistency:ClipConsistency",
    "dino_consistency": "framesmooth.metrics.learned.feature_consistency:DinoConsistency",
    "lpips": "framesmooth.metrics.learned.lpips:LpipsDistance",
}
"""Metrics: classes."""

GENERATORS: Final[dict[str, str]] = {
    "prompt-travel": "framesmooth.generation.prompt_travel:PromptTravel",
    "moving-subject": "framesmooth.generation.moving_subject:MovingSubjectGenerator",
    "camera-feedback": "framesmooth.generation.camera_feedback:CameraFeedback",
    "anchored-camera": "framesmooth.generation.anchored_camera:AnchoredCamera",
    "first-last-frame": "framesmooth.generation.first_last_frame:FirstLastFrame",
    "video-to-video": "framesmooth.generation.video_to_video:VideoToVideo",
    "native-video": "framesmooth.generation.native_video:NativeVideoGenerator",
}
"""Ways of generating frames: classes, each a FrameGenerator."""

UPSCALERS: Final[dict[str, str]] = {
    "storybook-x2": "framesmooth.upscaling.storybook_x2:StorybookX2",
    "lanczos": "framesmooth.upscaling.lanczos:Lanczos",
    "acnet": "framesmooth.upscaling.acnet:Acnet",
    "swin2sr": "framesmooth.upscaling.swin2sr:Swin2SR",
    "esrgan": "framesmooth.upscaling.esrgan:Esrgan",
    "diffusion": "framesmooth.upscaling.diffusion:DiffusionUpscaler",
}
"""Upscalers: classes with a ``create(path, device)``."""

DEFAULT_GENERATOR: Final = "prompt-travel"

FAMILIES: Final[dict[str, dict[str, str]]] = {
    "flow": FLOWS,
    "learned_flow": LEARNED_FLOWS,
    "smoother": SMOOTHERS,
    "metric": METRICS,
    "generator": GENERATORS,
    "upscaler": UPSCALERS,
}


@cache
def _installed(family: str) -> dict[str, str]:
    from importlib.metadata import entry_points  # slow to import, and only needed once names are listed

    return {point.name: point.value for point in entry_points(group=f"framesmooth.{family}")}


def names(family: str) -> list[str]:
    """Return the names known in ``family``, a key of FAMILIES, built-in ones first."""
    table = FAMILIES[family]
    return [*table, *(name for name in sorted(_installed(family)) if name not in table)]


def load(family: str, name: str) -> Any:
    """Import and return the part called ``name``.

    Raises:
        UsageError: when nothing has that name; the message offers the nearest ones.
    """
    target = FAMILIES[family].get(name) or _installed(family).get(name)
    if target is None:
        raise UsageError(_unknown(family, name))
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


def name_of(family: str, part: object) -> str:
    """Return the name under which the class of ``part`` is known; its own name where it isn't."""
    kind = type(part)
    own = f"{kind.__module__}:{kind.__qualname__}"
    known = {**_installed(family), **FAMILIES[family]}
    return next((name for name, target in known.items() if target == own), kind.__name__)


def _unknown(family: str, name: str) -> str:
    known = names(family)
    near = get_close_matches(name, known, n=2, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(known)}"
    return f"unknown {family} {name!r}: {advice}"
