"""Synthetic clips whose motion is known exactly, and flicker of the four kinds to spoil clips with.

Kinds of flicker: ``G`` global gain and colour, ``L`` local exposure and colour, ``T`` texture boil,
``W`` geometric wobble. All are white in time, so strength is the standard deviation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
FlowField = NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """A clip, the exact flows of every pair t -> t + 1 and back, and where the pixel stays visible."""

    frames: list[Frame]
    flows: list[FlowField]
    backward_flows: list[FlowField]
    visible: list[NDArray[np.bool_]]


def texture(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """Return a colourful texture with detail at many scales, (H, W, 3) float32 in [0, 1]."""
    rng = np.random.default_rng(seed)
    image = np.zeros((height, width, 3), np.float32)
    for sigma, weight in ((1.2, 0.5), (3.0, 0.8), (8.0, 1.0), (20.0, 1.2)):
        noise = cv2.GaussianBlur(rng.standard_normal((height, width, 3)).astype(np.float32), (0, 0), sigma)
        image += weight * noise / noise.std()
    return np.asarray(np.clip(0.5 + 0.12 * image, 0, 1), np.float32)


def moving_scene(
    *,
    frames: int = 6,
    size: tuple[int, int] = (64, 96),
    pan: tuple[float, float] = (1.5, 0.75),
    zoom: float = 1.0,
    rotation: float = 0.0,
    occluder: bool = False,
    seed: int = 0,
    plane: NDArray[np.float32] | None = None,
) -> Scene:
    """Return a textured plane under a camera, with a disc crossing it if ``occluder``.

    ``plane`` (H + 128, W + 128, 3) in [0, 1] is shown in place of a texture, its middle at first. ``pan`` is
    (dx, dy) in pixels a frame, ``zoom`` the magnification a frame, ``rotation`` degrees a frame.
    """
    height, width = size
    margin = 64
    plane = texture(height + 2 * margin, width + 2 * margin, seed) if plane is None else plane
    sprite = texture(height, width, seed + 1)
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float64)
    clip, flows, backward, visible = [], [], [], []
    for t in range(frames):
        place = _inverse_camera(grid, t, pan, zoom, rotation)
        map_x, map_y = (place[..., i].astype(np.float32) + margin for i in (0, 1))
        image = cv2.remap(plane, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        flow = _camera(place, t + 1, pan, zoom, rotation) - grid
        back = _camera(place, t - 1, pan, zoom, rotation) - grid
        disc = _disc(grid, t) if occluder else np.zeros(size, bool)
        disc_next = _disc(grid + flow, t + 1) if occluder else np.zeros(size, bool)
        if occluder:
            shift = _DISC_SPEED * t
            moved = cv2.warpAffine(
                sprite, np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32), (width, height)
            )
            image[disc] = moved[disc]
            flow[disc], back[disc] = _DISC_SPEED, -_DISC_SPEED
        clip.append(np.ascontiguousarray(np.clip(image * 255, 0, 255).round(), np.uint8))
        flows.append(flow.astype(np.float32))
        backward.append(back.astype(np.float32))
        visible.append(disc | ~disc_next)
    return Scene(clip, flows[:-1], backward[1:], visible[:-1])


_DISC_SPEED = np.array([3.0, -1.0])


def _disc(grid: NDArray[np.float64], t: int) -> NDArray[np.bool_]:
    height, width = grid.shape[:2]
    centre = np.array([width * 0.25, height * 0.6]) + _DISC_SPEED * t
    return np.asarray(np.square(grid - centre).sum(-1) < (0.2 * height) ** 2)


def _similarity(t: int, zoom: float, rotation: float) -> NDArray[np.float64]:
    angle = np.deg2rad(rotation * t)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(turn * zoom**t)


def _camera(
    plane: NDArray[np.float64], t: int, pan: tuple[float, float], zoom: float, rotation: float
) -> NDArray[np.float64]:
    """Where points of the plane are on screen at time t."""
    height, width = plane.shape[:2]
    centre = np.array([width / 2, height / 2])
    return np.asarray((plane - centre) @ _similarity(t, zoom, rotation).T + centre + np.multiply(pan, t))


def _inverse_camera(
    screen: NDArray[np.float64], t: int, pan: tuple[float, float], zoom: float, rotation: float
) -> NDArray[np.float64]:
    """Which points of the plane are seen at screen positions at time t."""
    height, width = screen.shape[:2]
    centre = np.array([width / 2, height / 2])
    inverse = np.linalg.inv(_similarity(t, zoom, rotation))
    return np.asarray((screen - np.multiply(pan, t) - centre) @ inverse.T + centre)


def add_flicker(
    frames: Sequence[Frame], kinds: str = "GLTW", *, strength: float = 1.0, seed: int = 0
) -> list[Frame]:
    """Return the frames with seeded flicker of the given kinds; strength 1 with all four is about 27 dB."""
    rng = np.random.default_rng(seed)
    spoiled = []
    for frame in frames:
        image: NDArray[np.float32] = np.asarray(frame / 255, np.float32)
        draws = {
            kind: rng.integers(2**32) for kind in "GLTW"
        }  # one kind's noise does not depend on the others
        for kind in (kind for kind in "WTLG" if kind in kinds):
            image = _FLICKER[kind](image, strength, np.random.default_rng(draws[kind]))
        spoiled.append(np.clip(image * 255, 0, 255).round().astype(np.uint8))
    return spoiled


def _global_gain(
    image: NDArray[np.float32], strength: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    gain = 0.05 * rng.standard_normal() + 0.02 * rng.standard_normal(3)
    return np.asarray(image * np.exp(strength * gain), np.float32)


def _local_exposure(
    image: NDArray[np.float32], strength: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    gain = 0.05 * rng.standard_normal((5, 7, 1)) + 0.02 * rng.standard_normal((5, 7, 3))
    field = cv2.resize(gain.astype(np.float32), image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(image * np.exp(strength * field), np.float32)


def _texture_boil(
    image: NDArray[np.float32], strength: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    noise = cv2.GaussianBlur(rng.standard_normal(image.shape).astype(np.float32), (0, 0), 1.2)
    return np.asarray(image + strength * 0.02 * noise / noise.std(), np.float32)


def _wobble(image: NDArray[np.float32], strength: float, rng: np.random.Generator) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    field = cv2.GaussianBlur(rng.standard_normal((height, width, 2)).astype(np.float32), (0, 0), 8.0)
    field *= strength * 0.5 / field.std()
    map_x = field[..., 0] + np.arange(width, dtype=np.float32)
    map_y = field[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(
        cv2.remap(image, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.float32
    )


_FLICKER = {"G": _global_gain, "L": _local_exposure, "T": _texture_boil, "W": _wobble}
