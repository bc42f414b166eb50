"""The bit depth and format of an output: as deep as its source where the output can hold that."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from framesmooth.errors import UsageError
from framesmooth.video.atomic import ANIMATION_SUFFIXES
from framesmooth.video.encoder import choose_codec, deepest_codec, holds_hdr_data
from framesmooth.video.samples import EIGHT, SDR, Samples

BitDepth = Literal["8", "10", "12", "16"]
PictureFormat = Literal["png", "tiff", "exr"]
_USUAL_DEEPEST: Final = 10
_DEEPEST_LOSSY: Final = 12
_HALF_HOLDS: Final = 12


@dataclass(frozen=True, kw_only=True)
class Storage:
    """How a clip is written.

    Attributes:
        samples: what is stored.
        pictures: the format of the pictures of a folder.
        codec: a name of CODECS for a video; None is the usual one of its suffix.
        notices: one line for each thing that is stored in another way than usual.
        losses: one line for each thing of the source that is lost.
    """

    samples: Samples = EIGHT
    pictures: PictureFormat = "png"
    codec: str | None = field(default=None, compare=False)
    notices: tuple[str, ...] = field(default=(), compare=False)
    losses: tuple[str, ...] = field(default=(), compare=False)


def holds_more_than_eight(target: Path | None, bit_depth: BitDepth | None) -> bool:
    """Tell whether a clip that is written to ``target``, or kept in memory, may hold more than 8 bits.

    Raises:
        UsageError: more bits are asked for than a GIF or WebP holds.
    """
    if target is not None and target.suffix.lower() in ANIMATION_SUFFIXES:
        if bit_depth not in (None, "8"):
            raise UsageError(f"{target.suffix} holds 8 bits a channel: drop --bit-depth, or write a video")
        return False
    return bit_depth != "8"


def plan_pictures(
    name: str, source: Samples, bit_depth: BitDepth | None = None, asked: PictureFormat | None = None
) -> Storage:
    """Return how the frames of a clip are stored as pictures: PNG, or OpenEXR where they are floats.

    Args:
        name: of the clip, for what is told about it.
        source: what its samples are.
        bit_depth: that is asked for.
        asked: the format that is asked for.
    """
    chosen: PictureFormat = asked or ("exr" if source.is_float and bit_depth is None else "png")
    if chosen == "exr":
        return _as_exr(name, source)
    if bit_depth == "8" or (not source.is_deep and bit_depth is None):
        return Storage(pictures=chosen)
    if chosen == "tiff" and source.is_float and bit_depth is None:
        return Storage(samples=replace(source, bits=32), pictures="tiff")
    lines = [_colors_lost(name, source)] if chosen == "tiff" else []
    if source.is_float:
        lines.append(f"{name}: floats become 16 bits, clipped above 1: --frames-as exr keeps them")
    bits = 16 if source.is_float or bit_depth is not None else source.bits
    stored = replace(source, bits=bits, is_float=False)
    return Storage(samples=stored, pictures=chosen, losses=tuple(filter(None, lines)))


def _as_exr(name: str, source: Samples) -> Storage:
    """Return the storage as light: in half floats where those hold as much as the source."""
    half = source.bits <= _HALF_HOLDS or (source.is_float and source.bits == 16)
    stored = Samples(bits=16 if half else 32, is_float=True, curve="linear", grey=source.grey)
    lines = [
        "OpenEXR frames hold no tags: title and comment are left out",
        f"{name}: {source.curve} becomes light, 1 being diffuse white" if source.is_hdr else "",
    ]
    losses = [_colors_lost(name, source), *_profile_lost(name, source)]
    return Storage(
        samples=stored,
        pictures="exr",
        notices=tuple(filter(None, lines)),
        losses=tuple(filter(None, losses)),
    )


def plan_video(
    name: str, source: Samples, suffix: str, codec: str | None = None, bit_depth: BitDepth | None = None
) -> Storage:
    """Return how the frames of a clip are stored in a video of this suffix.

    The arguments are those of :func:`plan_pictures`, and the name of the codec that is asked for.

    Raises:
        UsageError: an unknown codec, or one that the container doesn't hold.
    """
    if bit_depth == "8" or (not source.is_deep and bit_depth is None):
        return Storage(codec=codec)
    chosen = codec or deepest_codec(suffix)
    kept = choose_codec(suffix, chosen, _wanted_bits(source, chosen) if bit_depth is None else int(bit_depth))
    if kept.bits <= 8:
        told = f"{chosen} holds 8 bits a channel here: --codec {deepest_codec(suffix)} holds more"
        return Storage(codec=codec, losses=(told,))
    stored = Samples(bits=kept.bits, curve=source.curve, color=source.color.as_written)
    lines, losses = [], []
    if source.is_float and not source.is_hdr:
        losses.append(
            f"{name}: floats become {kept.bits} bits, clipped above 1: a folder of frames keeps them"
        )
    elif source.bits > kept.bits and bit_depth is None:
        losses.append(f"{name}: {source.bits} bits a channel become the {kept.bits} of {chosen}")
    if (stored.color.mastering or stored.color.light_level) and not holds_hdr_data(kept):
        losses.append(f"{name}: its mastering display and light levels are left out: {chosen} takes none")
    if bit_depth is None and codec is None:
        lines.append(f"written as {chosen} for {source.words}: --bit-depth 8 makes what all players show")
    if bit_depth not in (None, str(kept.bits)):
        lines.append(f"{chosen} has no {bit_depth} bits a channel: it is written with {kept.bits}")
    if chosen == "h264":
        lines.append("few players show h264 of 10 bits: more show h265")
    return Storage(
        samples=stored,
        codec=chosen,
        notices=tuple(lines),
        losses=(*losses, *_profile_lost(name, source)),
    )


def _wanted_bits(source: Samples, codec: str) -> int:
    """Return with how many bits a channel a video is written: 16 become 10, unless losslessly."""
    if codec == "ffv1":
        return 16 if source.is_float else source.bits
    return source.bits if source.bits <= _DEEPEST_LOSSY and not source.is_float else _USUAL_DEEPEST


def _colors_lost(name: str, source: Samples) -> str:
    if source.color == SDR:
        return ""
    return f"{name}: TIFF and OpenEXR get no tags of its HDR or BT.2020 colours, PNG does"


def _profile_lost(name: str, source: Samples) -> tuple[str, ...]:
    if source.profile is None:
        return ()
    return (f"{name}: its ICC profile is not stored, and its colours are taken for those of sRGB",)
