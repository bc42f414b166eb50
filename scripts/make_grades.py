"""Write the built-in gradings, framesmooth/grading/cubes/*.cube, from their formulas.

python scripts/make_grades.py
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

CUBES: Final = Path(__file__).resolve().parents[1] / "framesmooth" / "grading" / "cubes"
SIDE: Final = 11
LUMA: Final = np.array([0.2126, 0.7152, 0.0722])
Colors = NDArray[np.float64]


def contrast(colors: Colors, amount: float) -> Colors:
    """Return the colours on an S-curve that keeps black, middle and white."""
    curve = colors * colors * (3 - 2 * colors)
    return np.asarray(colors + amount * (curve - colors), np.float64)


def saturation(colors: Colors, factor: float) -> Colors:
    """Return the colours that much further from their grey."""
    grey = (colors @ LUMA)[..., None]
    return np.asarray(grey + factor * (colors - grey), np.float64)


def split_tone(colors: Colors, shadows: list[float], lights: list[float], amount: float) -> Colors:
    """Return the colours pulled to one hue where they are dark, to another where they are light."""
    grey = (colors @ LUMA)[..., None]
    tone = (1 - grey) * (np.array(shadows) - 0.5) + grey * (np.array(lights) - 0.5)
    return np.asarray(colors + amount * tone * (4 * grey * (1 - grey) + 0.15), np.float64)


def levels(colors: Colors, black: float, white: float, gamma: float = 1.0) -> Colors:
    """Return the colours between other ends."""
    return black + (white - black) * np.clip(colors, 0, 1) ** gamma


GRADES: Final[dict[str, Callable[[Colors], Colors]]] = {
    "noir": lambda c: np.repeat(
        contrast(levels((c @ [0.35, 0.5, 0.15])[..., None], -0.04, 1.04, 1.15), 1.0), 3, -1
    ),
    "teal-orange": lambda c: split_tone(
        contrast(saturation(c, 0.95), 0.6), [0.2, 0.55, 0.7], [0.85, 0.55, 0.25], 0.55
    ),
    "natural": lambda c: split_tone(
        saturation(levels(c, 0.03, 0.97), 0.75), [0.45, 0.5, 0.56], [0.5, 0.5, 0.5], 0.3
    ),
    "vivid": lambda c: contrast(saturation(levels(c, 0.0, 1.03, 0.92), 1.35), 0.35),
    "paper": lambda c: levels(saturation(c, 0.8), 0.16, 1.0, 0.85) * [1.0, 0.98, 0.93],
    "warm": lambda c: contrast(saturation(levels(c, 0.02, 1.0, 0.95), 1.1), 0.2) * [1.05, 1.0, 0.86],
    "sepia": lambda c: levels(contrast((c @ LUMA)[..., None], 0.3) ** [0.85, 1.0, 1.35], 0.05, 0.96),
}


def main() -> None:
    """Write a file for each grading."""
    axis = np.linspace(0, 1, SIDE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red changes fastest
    colors = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    CUBES.mkdir(exist_ok=True)
    for name, grade in GRADES.items():
        rows = "\n".join(" ".join(f"{value:.4f}" for value in row) for row in np.clip(grade(colors), 0, 1))
        text = f'TITLE "framesmooth {name}"\nLUT_3D_SIZE {SIDE}\n{rows}\n'
        (CUBES / f"{name}.cube").write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
