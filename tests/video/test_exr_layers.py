"""OpenEXR with layers, and with depths for channels."""

import sys
from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import MediaError
from framesmooth.frames import notices_of
from framesmooth.video import open_source, read_image
from framesmooth.video.exr_layers import layered_channels
from framesmooth.video.samples import samples_of

exr = pytest.importorskip("OpenEXR")
DEPTH = (np.random.default_rng(1).random((24, 40)) * 90).astype(np.float32)


def write(path: Path, *names: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    header = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    exr.File(header, {name: DEPTH + at for at, name in enumerate(names)}).write(str(path))
    return path


@pytest.mark.input_table(
    "Depth", "OpenEXR with layers, or with a depth", "the first colours or the depth are read, and said"
)
def test_a_depth_is_read_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "in" / "0.exr", "Z")
    source = open_source(path.parent, depth="source")
    assert (samples_of(source).curve, samples_of(source).grey) == ("values", True)
    assert np.array_equal(next(iter(source)), DEPTH[..., None].repeat(3, axis=2))
    assert notices_of(source) == ("0.exr: Z is read; what is written has no layers",)
    assert read_image(path).shape == (24, 40, 3)


def test_the_first_layer_with_colours_is_read(tmp_path: Path) -> None:
    names = ("view.combined.B", "view.combined.G", "view.combined.R", "view.depth.Z")
    path = write(tmp_path / "in" / "0.exr", *names)
    source = open_source(path.parent, depth="source")
    frame = next(iter(source))
    assert [float(frame[0, 0, at] - DEPTH[0, 0]) for at in range(3)] == pytest.approx([2, 1, 0], abs=1e-4)
    assert "1 others are left out" in notices_of(source)[0]


def test_plain_colours_are_ffmpegs(tmp_path: Path) -> None:
    assert layered_channels(write(tmp_path / "a.exr", "R", "G", "B", "depth.Z").read_bytes()) == ()
    assert layered_channels(b"no OpenEXR") == ()


def test_what_cannot_be_chosen_or_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MediaError, match="has the channels a, b"):
        read_image(write(tmp_path / "a.exr", "a", "b"))
    damaged = write(tmp_path / "b.exr", "Z")
    damaged.write_bytes(damaged.read_bytes()[:400])
    with pytest.raises(MediaError, match=r"b\.exr"):
        read_image(damaged)
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(MediaError, match=r"framesmooth\[exr\]"):
        read_image(write(tmp_path / "c.exr", "Z"))
