"""How deep clips are written, and what is told about it."""

from pathlib import Path
from typing import Any

import pytest

from framesmooth.errors import UsageError
from framesmooth.video.samples import EIGHT, ColorTags, Samples
from framesmooth.video.storage import Storage, holds_more_than_eight, plan_pictures, plan_video

TEN, TWELVE, SIXTEEN = (Samples(bits=bits) for bits in (10, 12, 16))
HALF = Samples(bits=16, is_float=True, curve="linear")
BRIGHT = ColorTags(primaries=9, transfer=16, matrix=9, light_level=(1000, 400))
PQ = Samples(bits=10, curve="PQ", color=BRIGHT)
NO_TWELVE = "prores has no 12 bits a channel: it is written with 10"
AS_H265 = "written as h265 for 10 bits a channel: --bit-depth 8 makes what all players show"
CLIPPED = "IN: floats become 10 bits, clipped above 1: a folder of frames keeps them"
NO_DISPLAY = "IN: its mastering display and light levels are left out: prores takes none"


@pytest.mark.parametrize(
    ("source", "suffix", "asked", "codec", "bits"),
    [
        (TEN, ".mp4", {}, "h265", 10),
        (TWELVE, ".mov", {}, "h265", 12),
        (SIXTEEN, ".mkv", {}, "h265", 10),
        (HALF, ".mp4", {}, "h265", 10),
        (TEN, ".webm", {}, "av1", 10),
        (TEN, ".mov", {"codec": "prores"}, "prores", 10),
        (SIXTEEN, ".mkv", {"codec": "ffv1"}, "ffv1", 16),
        (TEN, ".mp4", {"codec": "h264"}, "h264", 10),
        (TEN, ".mp4", {"bit_depth": "12"}, "h265", 12),
        (EIGHT, ".mp4", {"bit_depth": "10"}, "h265", 10),
        (TEN, ".mp4", {"bit_depth": "8"}, None, 8),
        (EIGHT, ".mp4", {}, None, 8),
    ],
)
def test_a_video_gets_what_its_codec_holds(
    source: Samples, suffix: str, asked: dict[str, Any], codec: str | None, bits: int
) -> None:
    plan = plan_video("IN", source, suffix, **asked)
    assert (plan.codec, plan.samples.bits) == (codec, bits)


@pytest.mark.parametrize(
    ("source", "suffix", "asked", "told"),
    [
        (SIXTEEN, ".mkv", {"codec": "h265"}, ["IN: 16 bits a channel become the 10 of h265"]),
        (HALF, ".mp4", {"codec": "h265"}, [CLIPPED]),
        (PQ, ".mov", {"codec": "prores"}, [NO_DISPLAY]),
        (TEN, ".mp4", {"codec": "h264"}, ["few players show h264 of 10 bits: more show h265"]),
        (TEN, ".mkv", {"codec": "ffv1"}, []),
        (PQ, ".mp4", {"codec": "h265"}, []),
        (EIGHT, ".mp4", {}, []),
        (EIGHT, ".mov", {"codec": "prores", "bit_depth": "12"}, [NO_TWELVE]),
        (TEN, ".mp4", {}, [AS_H265]),
    ],
)
def test_what_falls_is_told(source: Samples, suffix: str, asked: dict[str, Any], told: list[str]) -> None:
    plan = plan_video("IN", source, suffix, **asked)
    assert [*plan.notices, *plan.losses] == told


def test_pictures_are_as_deep_as_the_clip() -> None:
    assert plan_pictures("IN", EIGHT) == Storage()
    assert plan_pictures("IN", TEN) == Storage(samples=TEN)
    assert plan_pictures("IN", HALF).pictures == "exr"
    assert plan_pictures("IN", HALF).samples.bits == 16
    assert plan_pictures("IN", SIXTEEN, None, "exr").samples.bits == 32
    assert plan_pictures("IN", HALF, None, "tiff").samples.is_float
    assert plan_pictures("IN", PQ).samples.color == PQ.color
    assert plan_pictures("IN", SIXTEEN, "8") == Storage()
    assert "clipped above 1" in " ".join(plan_pictures("IN", HALF, None, "png").losses)
    assert "1 being diffuse white" in " ".join(plan_pictures("IN", PQ, None, "exr").notices)
    assert "BT.2020" in " ".join(plan_pictures("IN", PQ, None, "tiff").losses)


def test_animations_hold_eight_bits() -> None:
    assert not holds_more_than_eight(Path("a.gif"), None)
    assert holds_more_than_eight(Path("a.mp4"), None)
    assert holds_more_than_eight(None, None)
    assert not holds_more_than_eight(Path("a.mp4"), "8")
    with pytest.raises(UsageError, match=r"\.webp holds 8 bits a channel"):
        holds_more_than_eight(Path("a.webp"), "10")
