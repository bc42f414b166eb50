"""Settings that contradict each other are refused before anything is loaded or written.

The range of each setting by itself is checked where it is defined, on construction.
"""

from framesmooth import limits
from framesmooth.errors import UsageError
from framesmooth.workflows.generate.settings import GenerateSettings


def check_settings(settings: GenerateSettings) -> None:
    """Check the settings against each other.

    Raises:
        UsageError: naming the first ones that cannot be combined, or that need another one.
    """
    _check_keyframes(settings)
    _check_conditioning(settings)
    sampling = settings.sampling
    if sampling.aspect is not None and (sampling.width, sampling.height) != (None, None):
        given = "--width" if sampling.width is not None else "--height"
        raise UsageError(f"--aspect and {given} both decide the size: give one of them")
    if settings.compute.compiled and sampling.cross_frame_attention:
        raise UsageError("--compile and --cross-frame-attention cannot be combined: drop one of them")
    width, height = sampling.width or 8, sampling.height or 8
    if width * height > limits.MAX_PIXELS:
        raise UsageError(f"{width}x{height} is more than {limits.MAX_PIXELS} pixels: lower -W and -H")
    if len(settings.prompts) > limits.MAX_PROMPTS:
        raise UsageError(f"{len(settings.prompts)} prompts are too many: give {limits.MAX_PROMPTS} at most")


def _check_keyframes(settings: GenerateSettings) -> None:
    """Refuse what needs independent keyframes where each starts from another one, or is steered."""
    timeline = settings.timeline
    asked = {
        "--cadence auto": timeline.cadence == "auto",
        "--pacing even": timeline.pacing == "even",
        "--structure-guidance": timeline.structure_guidance not in ("auto", 0),
    }
    others = {
        "a camera, --strength or --init-image": settings.feeds_back,
        "--init-video": settings.img2img.init_video is not None,
        "--last-image": settings.img2img.last_image is not None,
        "--control": settings.conditioning.control is not None,
    }
    pairs = ((name, other) for name in asked if asked[name] for other in others if others[other])
    for name, other in pairs:
        if (name, other) == ("--pacing even", "--last-image"):
            continue
        raise UsageError(f"{name} is for clips that only travel from prompt to prompt: drop it or {other}")


def _check_conditioning(settings: GenerateSettings) -> None:
    """Refuse a part of a ControlNet or an IP-Adapter without the rest."""
    given = settings.conditioning
    if given.control is None:
        for key in ("control_model", "control_scale", "control_end"):
            if getattr(given, key) is not None:
                raise UsageError(f"--{key.replace('_', '-')} needs a --control KIND SOURCE: add it")
    elif given.control_model is None:
        raise UsageError("--control needs its ControlNet: add --control-model DIR")
    if given.ip_adapter is not None and given.ip_adapter_image is None:
        raise UsageError("--ip-adapter needs an image: add --ip-adapter-image FILE")
    if given.ip_adapter is None and given.ip_adapter_image is not None:
        raise UsageError("--ip-adapter-image needs its IP-Adapter: add --ip-adapter PATH")
