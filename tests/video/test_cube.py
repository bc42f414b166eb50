"""3D LUT files: an identity, another interpolation of the same table, and files that are none."""

from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from framesmooth.errors import FramesmoothError
from framesmooth.grading.grades import grade_file, grades
from framesmooth.video.cube import Lut, check_cube


def cube_text(table: np.ndarray) -> str:
    """Return a table (B, G, R, 3) as a file; red changes fastest."""
    rows = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in table.reshape(-1, 3))
    return f'TITLE "test"\nLUT_3D_SIZE {len(table)}\n# colours\n{rows}\n'


def identity(side: int) -> np.ndarray:
    axis = np.linspace(0, 1, side)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    return np.stack([red, green, blue], axis=-1)


FRAME = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)


def test_the_identity_leaves_frames_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "it's one: 5.cube"
    path.write_text(cube_text(identity(5)))
    assert np.abs(Lut(path).apply(FRAME).astype(int) - FRAME).max() <= 1


def test_a_smooth_table_gives_what_trilinear_interpolation_gives(tmp_path: Path) -> None:
    table = identity(17) ** [0.8, 1.2, 1.0] * 0.9
    path = tmp_path / "curve.cube"
    path.write_text(cube_text(table))
    axis = np.linspace(0, 1, 17)
    oracle = RegularGridInterpolator((axis, axis, axis), table)(FRAME[..., ::-1] / 255) * 255
    assert np.abs(Lut(path).apply(FRAME) - oracle).max() < 2


@pytest.mark.parametrize("name", grades())
def test_built_in_gradings_are_whole_and_monotonic(name: str) -> None:
    assert check_cube(grade_file(name)) == 11
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    luma = Lut(grade_file(name)).apply(ramp)[0].astype(int) @ [2126, 7152, 722] / 10000
    assert np.diff(luma).min() > -1.5
    assert luma[-1] - luma[0] > 150


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no line LUT_3D_SIZE"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "1D LUT"),
        ("LUT_3D_SIZE 2\n0 0 0\n", "1 colours of 8"),
        ("LUT_3D_SIZE 100000\n", "line 1"),
        ("LUT_3D_SIZE 2\n0 0\n", "line 2: a colour is three numbers"),
        ("LUT_3D_SIZE 2\n0 0 nan\n", "line 2: a colour is three numbers"),
    ],
)
def test_files_that_are_no_3d_lut_are_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.cube"
    path.write_text(text)
    with pytest.raises(FramesmoothError, match=told):
        Lut(path)
    with pytest.raises(FramesmoothError, match="check the name"):
        Lut(tmp_path / "none.cube")
