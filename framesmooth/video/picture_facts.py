"""Facts from the headers of images, and notices of those that an 8-bit RGB frame cannot hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from framesmooth.video.alpha import alpha_notice
from framesmooth.video.atomic import media_errors
from framesmooth.video.color_profile import is_transparent, profile_name
from framesmooth.video.deep_pictures import head_of, inspect_deep
from framesmooth.video.hdr import CURVES
from framesmooth.video.inspection import depth_notice
from framesmooth.video.reading import Color
from framesmooth.video.safe_open import open_picture
from framesmooth.video.samples import BT2020, EIGHT, UNSPECIFIED, ColorTags, Samples

_SIDEWAYS: Final = (5, 6, 7, 8)  # Exif orientations that swap the sides
_ORIENTATION: Final = 0x0112
_TURNING: Final = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")
"""Marks of the parts of a PNG in which Pillow finds an orientation."""


@dataclass(frozen=True)
class PictureFacts:
    """What the header of a picture says.

    Attributes:
        size: (height, width) as shown.
        alpha: whether it may be transparent.
        profile: the name of the profile from which its colours are converted, else "".
        bits: of each sample.
        curve: "linear", "logarithmic" or "HDR" where samples aren't encoded as for an SDR display, else "".
        samples: what its samples are where it is read as deep as it is.
        note: one line about the channels that are taken, if there is a choice.
    """

    size: tuple[int, int]
    alpha: bool
    profile: str
    bits: int
    curve: str = ""
    samples: Samples = EIGHT
    note: str = ""


def inspect_picture(path: Path) -> PictureFacts:
    """Return what the header of a picture says, without decoding it where that can be avoided.

    Raises:
        MediaError: when the file is missing, damaged or no picture.
    """
    deep = inspect_deep(path)
    if deep is not None:
        marked = Image.new("RGB", (1, 1))
        marked.info["icc_profile"] = deep.profile
        return PictureFacts(
            deep.size,
            deep.alpha,
            profile_name(marked),
            deep.bits,
            deep.curve,
            samples=deep.samples,
            note=deep.note,
        )
    with open_picture(path) as image:
        return facts_of(path, image)


def without_unused_alpha(path: Path, image: Image.Image) -> Image.Image:
    """Return an opened picture without a fourth channel that its header calls unused (Targa, field 5.6)."""
    if image.format == "TGA" and image.mode == "RGBA" and head_of(path)[17] & 0x0F == 0:
        return image.convert("RGB")
    return image


def facts_of(path: Path, image: Image.Image) -> PictureFacts:
    """Return what the header of an opened picture or animation says."""
    width, height = image.size
    head = head_of(path)
    sideways = _may_be_turned(path, head, image) and image.getexif().get(_ORIENTATION, 1) in _SIDEWAYS
    return PictureFacts(
        size=(width, height) if sideways else (height, width),
        alpha=is_transparent(without_unused_alpha(path, image)),
        profile=profile_name(image),
        bits=_bits(head, image),
        curve="HDR" if _transfer(head, image) in CURVES else "",
        samples=_samples(head, image),
    )


def _samples(head: bytes, image: Image.Image) -> Samples:
    """Return what the samples are where all of their bits are read: FFmpeg does it for PNG and PNM."""
    bits = _bits(head, image)
    if image.format not in ("PNG", "PPM") or bits <= 8:
        return EIGHT
    primaries, transfer = _color_code(head) if image.format == "PNG" else (UNSPECIFIED, UNSPECIFIED)
    color = ColorTags(primaries=primaries, transfer=transfer, matrix=BT2020).as_written
    return Samples(
        bits=_significant_bits(head) or bits,
        curve=CURVES.get(transfer, ""),
        grey=image.mode.startswith("I") or image.mode in ("L", "LA"),
        color=color,
        profile=image.info.get("icc_profile") if profile_name(image) else None,
    )


def _may_be_turned(path: Path, head: bytes, image: Image.Image) -> bool:
    """Tell whether it pays to look for an orientation: Pillow decodes all of a PNG for it.

    TIFF is opened upright.
    """
    if image.format == "PNG":
        with media_errors(path, "read"), path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - len(head)))
            ends = head + file.read()
        return any(mark in ends for mark in _TURNING)
    return image.format != "TIFF"


def _transfer(head: bytes, image: Image.Image) -> int:
    """Return the number of the transfer curve (ITU-T H.273, table 3), 2 where the image doesn't tell."""
    if image.format == "PNG":
        return _color_code(head)[1]
    if image.format == "AVIF":
        at = head.find(b"colrnclx") + 10  # ISO/IEC 14496-12, 12.1.5
        return int.from_bytes(head[at : at + 2], "big") if at >= 10 else 2
    return 2


def _significant_bits(head: bytes) -> int:
    """Return how many bits of 16 a PNG says that its source had, 0 where it doesn't."""
    at = head.partition(b"IDAT")[0].find(b"sBIT") + 4  # PNG, 11.3.2.5
    return head[at] if 4 <= at < len(head) and 8 < head[at] <= 16 else 0


def _color_code(head: bytes) -> tuple[int, int]:
    """Return (primaries, transfer) of a PNG by their numbers, 2 where it doesn't tell."""
    at = head.partition(b"IDAT")[0].find(b"cICP") + 4  # PNG, third edition, 11.3.2.6
    return (head[at], head[at + 1]) if 4 <= at < len(head) - 1 else (UNSPECIFIED, UNSPECIFIED)


def _bits(head: bytes, image: Image.Image) -> int:
    """Return how many bits the samples have, which Pillow doesn't tell of pictures that it reads as 8."""
    if image.format == "PNG":
        return head[24]  # PNG, 11.2.1: IHDR
    if image.format == "AVIF":
        at = head.find(b"av1C")
        flags = head[at + 6] if 0 <= at < len(head) - 6 else 0  # AV1 in ISO BMFF, 2.3.3
        return 12 if flags & 0x20 else 10 if flags & 0x40 else 8
    if image.format == "PPM":
        return _netpbm_bits(head)
    return 16 if image.mode.startswith("I") else 8


def _netpbm_bits(head: bytes) -> int:
    """Return the bits of the highest value in the header of PGM and PPM (netpbm, ppm(5))."""
    lines = (line.split(b"#")[0] for line in BytesIO(head))
    words = b" ".join(lines).split()[:4]
    deepest = words[3] if len(words) > 3 and words[0] in (b"P2", b"P3", b"P5", b"P6") else b"255"
    return int(deepest).bit_length() if deepest.isdigit() else 8


def picture_notices(
    pictures: Mapping[str, PictureFacts], background: Color, *, deep: bool = False
) -> tuple[str, ...]:
    """Return one line for each thing that frames cannot hold of some pictures, by their names.

    ``deep`` says that the pictures are read as deep as they are.
    """
    if deep:
        pictures = {name: _as_read_deep(facts) for name, facts in pictures.items()}
    lines = []
    transparent = [name for name, facts in pictures.items() if facts.alpha]
    if transparent:
        lines.append(alpha_notice(_named(transparent), background, len(transparent)))
    for profile in dict.fromkeys(facts.profile for facts in pictures.values() if facts.profile):
        names = [name for name, facts in pictures.items() if facts.profile == profile]
        lines.append(f"{_named(names)}: colours are converted from {profile} to sRGB")
    deepest = max(pictures, key=lambda name: pictures[name].bits)
    if deep and pictures[deepest].samples.is_deep:
        whole = pictures[deepest].bits > 16 and not pictures[deepest].samples.is_float
        lines.append(f"{deepest}: 16 of its 32 bits a channel are kept" if whole else "")
    else:
        lines.append(depth_notice(deepest, pictures[deepest].bits))
    lines += [facts.note for facts in pictures.values()]
    for curve, told in _CURVES.items():
        names = [name for name, facts in pictures.items() if facts.curve == curve]
        if names:
            lines.append(f"{_named(names)}: {told}")
    return tuple(filter(None, lines))


def _as_read_deep(facts: PictureFacts) -> PictureFacts:
    """Return the facts without what reading as deep as a picture is keeps of it."""
    read = facts.samples
    if not read.is_deep:
        return facts
    kept = read.is_float or facts.curve == "HDR"
    return replace(facts, profile="", curve="" if kept else facts.curve)


_CURVES: Final = {
    "linear": "linear light gets the curve of sRGB, and what is brighter than 1 is clipped",
    "HDR": "HDR is read as SDR, its colours come out flat: tone-map it first",
    "logarithmic": "logarithmic film densities are taken for display values, they come out flat",
}


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
