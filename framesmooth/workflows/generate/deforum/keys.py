"""Keys of Deforum's settings files that framesmooth doesn't use."""

import re
from collections.abc import Mapping
from typing import Any, Final

_OLD_NAMES: Final = {
    "flip_2d_perspective": "enable_perspective_flip",
    "hybrid_video_motion": "hybrid_motion",
    "hybrid_video_composite": "hybrid_composite",
    "skip_video_for_run_all": "skip_video_creation",
    "width": "W",
    "height": "H",
    "num_inference_steps": "steps",
    "guidance_scale": "scale",
    "cfg_scale": "scale",
    "negative_prompt": "negative_prompts",
    "model_checkpoint": "sd_model_name",
    "sampler_name": "sampler",
    "prompt": "prompts",
}
"""Names of other versions and of services that run Deforum -> those of the extension for the web UI."""

OFF: Final = ("false", "none", "", "null")

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
"""Key -> the values that change no image; the second are for frames that start from the one before."""

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
    r"filename|outdir|override|animation_prompts_(positive|negative)|wan_|use_zoe_depth|interpolate_|raft_|"
    r"exposure_target|colormatch_[in]|ignore_sat|clip_name|cutn|cut_pow|init_mse_image|gradient_|decode_method|"
    r"grad_|clamp_|cond_uncond|display|print|log_weighted|normalize_|prompt_weighting|seamless|bit_depth|"
    r"histogram_matching|image_path|timing|render_mode|prompt_authored|custom_settings|settings_file|"
    r"models_path|configs_path|output_path|map_location|half_precision|parent_|job_id|version)\w*"
)
"""Keys of bookkeeping, and of what one of _SWITCHES turns on."""


def is_unused(key: str, value: Any, *, chained: bool, perspective: bool) -> bool:
    """Tell whether a key that no setting is made from would change the image.

    ``chained`` is whether frames are drawn from the one before, ``perspective`` whether the mode is 3D.
    """
    text = re.sub(r"^0\s*:\s*\((.*)\)$", r"\1", str(value).strip()).strip().lower()
    if key == "use_depth_warping":
        return perspective and text not in OFF
    if key in _NEUTRAL_IN_CHAINS:
        return chained and not _same(text, _NEUTRAL_IN_CHAINS[key])
    if key.lower() in _NEUTRAL:
        return not _same(text, (*_NEUTRAL[key.lower()], *OFF))
    if re.fullmatch(r"(mean|var|exposure|colormatch|clip|aesthetics|blue|init_mse)_scale", key):
        return not _same(text, ("0",))  # guidance of an image while it is denoised
    if _SWITCHES.fullmatch(key):
        return text not in (*OFF, "0")
    return _SILENT.fullmatch(key) is None


def with_new_names(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings by the names of today, without those that have no value.

    The settings within ``deforum_settings``, as they are sent to a server, take the place of the whole, and
    the value within a description of a form's field that of the field.
    """
    inside = content.get("deforum_settings", content.get("input"))
    inside = inside[0] if isinstance(inside, list) and inside else inside
    content = inside if isinstance(inside, Mapping) else content
    named = {str(key).strip(): _value_of(value) for key, value in content.items()}
    kept = {key: value for key, value in named.items() if value is not None and value != ""}
    found = {key: value for key, value in kept.items() if key not in _OLD_NAMES}
    return found | {new: kept[old] for old, new in _OLD_NAMES.items() if old in kept and new not in found}


def old_names(key: str) -> list[str]:
    """Return what a key was called in other versions."""
    return [old for old, new in _OLD_NAMES.items() if new == key]


def _value_of(value: Any) -> Any:
    return value["value"] if isinstance(value, Mapping) and {"label", "value"} <= value.keys() else value


def _same(text: str, neutral: tuple[str, ...]) -> bool:
    try:
        return float(text) in [float(one) for one in neutral if one.replace(".", "").isdigit()]
    except ValueError:
        return text in neutral
