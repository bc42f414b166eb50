"""Flicker as it really comes about: filters that look at every frame by itself, compression, worn film."""

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float, as_uint8

Picture = NDArray[np.float32]


def dehazed(frames: Sequence[Frame]) -> list[Frame]:
    """Remove haze from every frame by its dark channel (He et al. 2009): air light and depth jump."""
    return [as_uint8(_dehaze(as_float(frame))) for frame in frames]


def _dehaze(image: Picture, patch: int = 15, share: float = 0.95) -> Picture:
    dark = _dark_channel(image, patch)
    brightest = np.argsort(dark, axis=None)[-max(dark.size // 1000, 1) :]
    air = np.maximum(image.reshape(-1, 3)[brightest].mean(axis=0), 0.1)
    rough = 1 - share * _dark_channel(image / air, patch)
    clear = cv2.ximgproc.guidedFilter(image, rough, 30, 1e-3)
    return np.asarray((image - air) / np.maximum(clear, 0.3)[..., None] + air, np.float32)


def _dark_channel(image: Picture, patch: int) -> Picture:
    return np.asarray(cv2.erode(image.min(axis=-1), np.ones((patch, patch), np.uint8)), np.float32)


def recoloured(frames: Sequence[Frame], colours: int = 8) -> list[Frame]:
    """Pull every frame towards a palette of its own, found by k-means from a random start."""
    return [_recolour(frame, colours, seed) for seed, frame in enumerate(frames)]


def _recolour(frame: Frame, colours: int, seed: int) -> Frame:
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB).astype(np.float32)
    sparse = np.ascontiguousarray(lab[::4, ::4].reshape(-1, 3))
    cv2.setRNGSeed(seed)
    stop = cv2.TERM_CRITERIA_MAX_ITER, 4, 0.0
    _, _, palette = cv2.kmeans(sparse, colours, cast(Any, None), stop, 1, cv2.KMEANS_RANDOM_CENTERS)
    distance = np.square(lab[..., None, :] - palette).sum(axis=-1)
    share = np.exp(-(distance - distance.min(axis=-1, keepdims=True)) / 200)
    nearest = (share / share.sum(axis=-1, keepdims=True)) @ palette
    mixed = np.rint(np.clip(0.4 * lab + 0.6 * nearest, 0, 255)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(mixed, cv2.COLOR_LAB2RGB), np.uint8)


def stylised(frames: Sequence[Frame]) -> list[Frame]:
    """Paint every frame by an edge-preserving filter with settings of its own."""
    rng = np.random.default_rng(5)
    return [
        np.asarray(
            cv2.stylization(frame, sigma_s=rng.uniform(20, 60), sigma_r=rng.uniform(0.2, 0.45)), np.uint8
        )
        for frame in frames
    ]


def equalised(frames: Sequence[Frame]) -> list[Frame]:
    """Equalise the histogram of every frame's tiles (CLAHE)."""
    engine = cv2.createCLAHE(clipLimit=4.0, tileGridSize=(4, 4))
    done = []
    for frame in frames:
        lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
        lab[..., 0] = engine.apply(lab[..., 0])
        done.append(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8))
    return done


def compressed(frames: Sequence[Frame]) -> list[Frame]:
    """Encode in H.264 at a low rate with a key frame every 5: sharpness pumps."""
    return through_h264(frames, {"crf": "36", "g": "5", "bf": "0"})


def through_h264(frames: Sequence[Frame], options: dict[str, str]) -> list[Frame]:
    """Return the frames encoded by libx264 with its options, and decoded."""
    file, (height, width) = io.BytesIO(), frames[0].shape[:2]
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def old_film(frames: Sequence[Frame]) -> list[Frame]:
    """Add grain, gate weave, an unsteady shutter, dust and a scratch."""
    rng = np.random.default_rng(3)
    return [as_uint8(_worn(as_float(frame), rng)) for frame in frames]


def _worn(image: Picture, rng: np.random.Generator) -> Picture:
    height, width = image.shape[:2]
    shift = np.hstack([np.eye(2), 0.5 * rng.standard_normal((2, 1))]).astype(np.float32)
    worn = cv2.warpAffine(
        image, shift, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    fall_off = np.linspace(-1, 1, width, dtype=np.float32)[:, None] * np.float32(0.04 * rng.standard_normal())
    worn = worn * np.float32(np.exp(0.06 * rng.standard_normal())) * np.exp(fall_off)
    grain = cv2.GaussianBlur(rng.standard_normal((height, width, 1)).astype(np.float32), (0, 0), 0.8)
    worn = worn + np.float32(0.02) * (grain / grain.std())[..., None]
    for _ in range(rng.poisson(8)):
        centre = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(worn, centre, int(rng.integers(1, 3)), (float(rng.random() < 0.5),) * 3, -1, cv2.LINE_AA)
    column = int(0.3 * width + 2 * rng.standard_normal())
    worn[:, column] += np.float32(0.15)
    return np.asarray(np.clip(worn, 0, 1), np.float32)


EFFECTS: dict[str, Callable[[Sequence[Frame]], list[Frame]]] = {
    "recoloured": recoloured,
    "old film": old_film,
    "dehazed": dehazed,
    "stylised": stylised,
    "equalised": equalised,
    "compressed": compressed,
}
