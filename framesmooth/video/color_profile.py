"""ICC profiles of pictures: frames are sRGB, so colours of other profiles are converted.

Conversion is by LittleCMS: relative colorimetric with black point compensation, as image editors do.
"""

from functools import lru_cache
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageCms

_SPACES: Final = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
"""The colour space that a profile must have to describe pictures of a mode."""
_TOLERANCE: Final = 2
"""Levels by which sRGB profiles of different make differ."""


def to_srgb(image: Image.Image) -> Image.Image:
    """Return a picture in mode RGB with sRGB colours, or in RGBA where it is transparent.

    A picture without a profile, or with one that is damaged or belongs to other pictures, counts as sRGB.
    """
    if image.mode == "LAB":
        lab = ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB")
        return _applied(lab, image)
    transparent = is_transparent(image)
    alpha = image.convert("RGBA").getchannel("A") if transparent else None
    mode = _color_mode(image)
    colors = image.convert("RGBA").convert("RGB") if transparent and mode == "RGB" else image.convert(mode)
    transform, _ = _transform(image.info.get("icc_profile"), mode)
    colors = colors.convert("RGB") if transform is None else _applied(transform, colors)
    if alpha is not None:
        colors.putalpha(alpha)
    return colors


def is_transparent(image: Image.Image) -> bool:
    """Tell whether a picture may be transparent."""
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def profile_name(image: Image.Image) -> str:
    """Return the name of the profile from which ``to_srgb`` converts, "" where colours stay as they are."""
    if image.mode == "LAB":
        return "CIELAB"
    return _transform(image.info.get("icc_profile"), _color_mode(image))[1]


def _color_mode(image: Image.Image) -> str:
    """Return the mode of the colours without alpha: RGB, L or CMYK."""
    if image.mode in ("L", "LA", "La", "1"):
        return "L"
    return "CMYK" if image.mode == "CMYK" else "RGB"


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # it is where it isn't done in place
    return converted


@lru_cache(maxsize=16)
def _transform(profile: bytes | None, mode: str) -> tuple[ImageCms.ImageCmsTransform | None, str]:
    """Return (the transform from a profile to sRGB for pictures of a mode, the profile's name)."""
    if not profile or mode not in _SPACES:
        return None, ""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[mode]:
            return None, ""
        transform = ImageCms.buildTransform(
            source,
            _srgb(),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None, ""
    if mode != "CMYK" and _changes_little(transform, mode):
        return None, ""
    name = (source.profile.profile_description or "").strip()
    return transform, name or "its own ICC profile"


def _changes_little(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Tell whether a transform leaves colours all over the cube as they are: its profile is sRGB."""
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    samples = Image.fromarray(cube).convert(mode)
    before, after = np.asarray(samples.convert("RGB"), np.int16), np.asarray(_applied(transform, samples))
    return int(np.abs(after - before).max()) <= _TOLERANCE
