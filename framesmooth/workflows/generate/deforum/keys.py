"""Keys of Deforum's settings files that framesmooth doesn't use."""

import re
from typing import Any, Final

_OFF: Final = ("false", "none", "", "null")

_NEUTRAL: Final[dict[str, tuple[str, ...]]] = {
    "seed_iter_n": ("1",),
    "sd_model_name": (),
    "scheduler": ("automatic",),
}

_NEUTRAL_IN_CHAINS: Final[dict[str, tuple[str, ...]]] = {
    "noise_schedule": ("0",),
    "contrast_schedule": ("1",),
    "amount_schedule": ("0",),
    "transform_center_x": ("0.5",),
    "transform_center_y": ("0.5",),
    "border": ("replicate",),
}
"""Key -> the values that change no picture; the second of frames drawn from the one before."""

_SWITCHES: Final = re.compile(
    r"restore_faces|tiling|use_(mask|mask_video|noise_mask|looper|init)|cn_\d+_enabled|enable_\w+|"
    r"hybrid_(motion|composite)|optical_flow_\w+|diffusion_redo|color_force_grayscale|parseq_manifest|"
    r"r_upscale_video|frame_interpolation_engine|add_soundtrack"
)
"""Keys that turn something on which is not to be had here."""

_SILENT: Final = re.compile(
    r"(cn_\d+|hybrid|r_upscale|frame_interpolation|mask|save|delete|extract|perlin|midas|seed_resize|resume|"
    r"reroll|perspective_flip|subseed|legacy|store|skip|show|parseq|redo|cadence_flow|use_alpha|full_res|"
    r"sd_model|deforum|blendFactor|tweening|soundtrack|image_strength|batch|overwrite|color_coherence|"
    r"color_correction|invert|overlay|video|make|keep_3d|pix2pix|checkpoint|clipskip|noise_mask|sampling|"
    r"strength_0|fill|noise_type|noise_multiplier|ddim_eta|ancestral_eta|sampler_|steps_|motion_preview|"
    r"depth_algorithm|padding|near|far|kernel|sigma|threshold|init_|timestring|strength$|n_batch|precision|"
    r"filename|outdir|override|animation_prompts_(positive|negative))\w*"
)
"""Keys of bookkeeping, and of what one of _SWITCHES turns on."""


def is_unused(key: str, value: Any, *, chained: bool, perspective: bool) -> bool:
    """Tell whether a key that no setting is made from would change the picture.

    ``chained`` is whether frames are drawn from the one before, ``perspective`` whether the mode is 3D.
    """
    text = re.sub(r"^0\s*:\s*\((.*)\)$", r"\1", str(value).strip()).strip().lower()
    if key == "use_depth_warping":
        return perspective and text not in _OFF
    if key in _NEUTRAL_IN_CHAINS:
        return chained and not _same(text, _NEUTRAL_IN_CHAINS[key])
    if key.lower() in _NEUTRAL:
        return not _same(text, (*_NEUTRAL[key.lower()], *_OFF))
    if _SWITCHES.fullmatch(key):
        return text not in (*_OFF, "0")
    return _SILENT.fullmatch(key) is None


def _same(text: str, neutral: tuple[str, ...]) -> bool:
    try:
        return float(text) in [float(one) for one in neutral if one.replace(".", "").isdigit()]
    except ValueError:
        return text in neutral
