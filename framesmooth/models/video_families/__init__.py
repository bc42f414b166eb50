"""The families of video pipelines, by the names of diffusers' classes. Nothing here imports torch."""

from pathlib import Path
from typing import Any, Final

from framesmooth.errors import ModelError, UsageError
from framesmooth.models.checkpoints import INDEX_FILE, check_weights, read_object
from framesmooth.models.video_families.animatediff import ANIMATEDIFF, ANIMATEDIFF_XL
from framesmooth.models.video_families.base import ModelConfig, VideoFamily
from framesmooth.models.video_families.baselines import RECURRENT_GAN, VIDEO_GPT
from framesmooth.models.video_families.cogvideox import COGVIDEOX, COGVIDEOX_IMAGE
from framesmooth.models.video_families.hunyuan_video import HUNYUAN_VIDEO
from framesmooth.models.video_families.ltx import LTX_VIDEO
from framesmooth.models.video_families.mochi import MOCHI
from framesmooth.models.video_families.stable_video_diffusion import STABLE_VIDEO_DIFFUSION
from framesmooth.models.video_families.text_to_video_sd import TEXT_TO_VIDEO_SD
from framesmooth.models.video_families.wan import WAN, WAN_IMAGE

__all__ = ["BASELINES", "VIDEO_FAMILIES", "VideoFamily", "video_family"]

VIDEO_FAMILIES: Final[dict[str, VideoFamily]] = {
    "AnimateDiffPipeline": ANIMATEDIFF,
    "AnimateDiffVideoToVideoPipeline": ANIMATEDIFF,
    "AnimateDiffSDXLPipeline": ANIMATEDIFF_XL,
    "TextToVideoSDPipeline": TEXT_TO_VIDEO_SD,
    "VideoToVideoSDPipeline": TEXT_TO_VIDEO_SD,
    "CogVideoXPipeline": COGVIDEOX,
    "CogVideoXVideoToVideoPipeline": COGVIDEOX,
    "CogVideoXImageToVideoPipeline": COGVIDEOX_IMAGE,
    "LTXPipeline": LTX_VIDEO,
    "LTXImageToVideoPipeline": LTX_VIDEO,
    "LTXConditionPipeline": LTX_VIDEO,
    "WanPipeline": WAN,
    "WanVideoToVideoPipeline": WAN,
    "WanImageToVideoPipeline": WAN_IMAGE,
    "StableVideoDiffusionPipeline": STABLE_VIDEO_DIFFUSION,
    "HunyuanVideoPipeline": HUNYUAN_VIDEO,
    "MochiPipeline": MOCHI,
}

BASELINES: Final[dict[str, VideoFamily]] = {
    "VideoGptPipeline": VIDEO_GPT,
    "RecurrentGanPipeline": RECURRENT_GAN,
}
"""Families of pipelines of this package."""

_OPTIONAL: Final = (
    *("image_encoder", "image_processor", "feature_extractor"),
    *("transformer_2", "motion_adapter", "safety_checker"),
)
"""Components that a pipeline may do without."""


def video_family(folder: Path, motion_adapter: Path | None = None) -> VideoFamily | None:
    """Return the family of the video pipeline in ``folder``, as its own files say; None of other models.

    Args:
        folder: a model, checked.
        motion_adapter: the folder of a motion adapter, which makes a text-to-image model one of AnimateDiff.

    Raises:
        ModelError: a pipeline without a component that it needs, or a folder that is no motion adapter.
        UsageError: a motion adapter for a model that takes none.
    """
    index = read_object(folder / INDEX_FILE)
    name = str(index.get("_class_name"))
    family = (VIDEO_FAMILIES | BASELINES).get(name)
    adapter: dict[str, Any] = {}
    if motion_adapter is not None:
        adapter = _adapter_config(motion_adapter)
        family = next((one for one in VIDEO_FAMILIES.values() if one.base == name), None)
        if family is None:
            raise UsageError(
                f"{folder.name} is a {name}, and motion adapters are for Stable Diffusion 1 and XL: "
                "drop --motion-adapter"
            )
    if family is None:
        return None
    _check_components(folder, name, index)

    def component(part: str) -> dict[str, Any]:
        path = folder / part / "config.json"
        return read_object(path) if path.is_file() else {}

    return family.adapted(ModelConfig(index, component, adapter))


def _check_components(folder: Path, name: str, index: dict[str, Any]) -> None:
    parts = {part: value for part, value in index.items() if isinstance(value, list)}
    empty = [part for part, value in parts.items() if value[:1] == [None]]
    has_second = "transformer_2" in parts and "transformer_2" not in empty
    spare = (*_OPTIONAL, "transformer") if has_second else _OPTIONAL  # Wan 2.2 may have its second one alone
    missing = [part for part in empty if part not in spare]
    if missing:
        raise ModelError(f"{folder.name} is incomplete: a {name} needs its {', '.join(missing)}")


def _adapter_config(folder: Path) -> dict[str, Any]:
    """Return the configuration of a motion adapter; refuse what is none."""
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise ModelError(f"{folder} {what}: --motion-adapter takes a folder in diffusers' format")
    config = read_object(folder / "config.json") if (folder / "config.json").is_file() else {}
    if config.get("_class_name") != "MotionAdapter":
        raise ModelError(f"{folder} holds no MotionAdapter: --motion-adapter takes one in diffusers' format")
    check_weights(folder, folder.parent.name)
    return config
