"""Five ways of painting, applied to the finished scene: flat, watercolor, pixel, ink and oil."""

import cv2
import numpy as np

from .brush import Picture

PAPER = np.array([250, 246, 236], np.float32)


def _noise(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise of mean 0 and about unit range, ``cells`` blobs across the height."""
    height, width = shape
    grid = rng.standard_normal((cells, max(round(cells * width / height), 2)), np.float32)
    return cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)


def _wobble(picture: Picture, cells: int, amplitude: float, rng: np.random.Generator) -> Picture:
    """Displaces the picture by smooth noise of ``amplitude`` pixels, as a hand would."""
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x += amplitude * _noise((height, width), cells, rng)
    y += amplitude * _noise((height, width), cells, rng)
    moved = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.uint8)


def flat(picture: Picture, rng: np.random.Generator) -> Picture:
    """Poster art: the scene as drawn (its sky already comes in bands)."""
    return picture


def watercolor(picture: Picture, rng: np.random.Generator) -> Picture:
    """Pale pigment that pools unevenly, soft wavering edges with darker rims, paper at the borders."""
    height, width = picture.shape[:2]
    soft = cv2.medianBlur(_wobble(picture, 14, height / 110, rng), 5).astype(np.float32)
    rim = np.clip(cv2.GaussianBlur(soft, (0, 0), height / 90) - soft, 0, 60)
    pool = 1 + 0.12 * _noise((height, width), 7, rng)[..., None]
    wash = PAPER - (PAPER - soft) * (0.74 * np.clip(pool, 0.5, 1.3)) - 0.5 * rim
    x, y = np.meshgrid(
        np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    )
    edge = np.maximum(np.abs(x), np.abs(y)) + 0.035 * _noise((height, width), 12, rng)
    cover = np.clip((0.965 - edge) / 0.035, 0, 1)[..., None]
    return np.clip(PAPER + (wash - PAPER) * cover, 0, 255).astype(np.uint8)


def pixel(picture: Picture, rng: np.random.Generator) -> Picture:
    """Blocks of 4 pixels (per 256 of height) in a reduced palette."""
    height, width = picture.shape[:2]
    block = max(round(height / 64), 1)
    small = cv2.resize(picture, (width // block, height // block), interpolation=cv2.INTER_AREA)
    small = np.clip((small.astype(np.float32) - 128) * 1.12 + 128, 0, 255)
    bright = small.max(axis=2, keepdims=True) + 1e-3
    steps = (
        np.round(bright / 25.5) * 25.5
    )  # quantise brightness alone: rounding channels apart turns greys green
    return cv2.resize(
        (small * (steps / bright)).clip(0, 255).astype(np.uint8),
        (width, height),
        interpolation=cv2.INTER_NEAREST,
    )


def ink(picture: Picture, rng: np.random.Generator) -> Picture:
    """Dark pen lines along edges over a thin wash on paper."""
    height = picture.shape[0]
    calm = cv2.medianBlur(_wobble(picture, 20, height / 200, rng), 3)
    gray = cv2.cvtColor(calm, cv2.COLOR_RGB2GRAY)
    lines = (
        cv2.morphologyEx(calm, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(axis=2).astype(np.float32)
    )
    lines = cv2.GaussianBlur(np.clip((lines - 22) / 46, 0, 1), (0, 0), 0.6)[..., None]
    wash = calm.astype(np.float32)
    luma = gray.astype(np.float32)[..., None]
    strength = 0.84 - 0.26 * float(luma.mean()) / 255  # night and storm keep their dark
    wash = PAPER - (PAPER - (luma * 0.2 + wash * 0.8)) * strength
    return np.clip(wash + (np.array([30, 28, 40], np.float32) - wash) * lines * 0.92, 0, 255).astype(np.uint8)


def oil(picture: Picture, rng: np.random.Generator) -> Picture:
    """Saturated paint in directed strokes that break up edges and carry light ridges."""
    height, width = picture.shape[:2]
    broken = cv2.medianBlur(_wobble(picture, 34, height / 120, rng), 7)
    angle = rng.uniform(-0.6, 0.6)
    size = 11
    kernel = np.zeros((size, size), np.float32)
    c = size // 2
    d = (round(c * np.cos(angle)), round(c * np.sin(angle)))
    cv2.line(kernel, (c - d[0], c - d[1]), (c + d[0], c + d[1]), 1.0, 1)
    strokes = cv2.filter2D(_noise((height, width), 96, rng), -1, kernel / kernel.sum())
    paint = (broken.astype(np.float32) - 128) * 1.08 + 128 + 12 * strokes[..., None]
    return np.clip(paint, 0, 255).astype(np.uint8)


STYLES = {f.__name__: f for f in (flat, watercolor, pixel, ink, oil)}
