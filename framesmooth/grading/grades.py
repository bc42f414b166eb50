"""The gradings that are built in; ``scripts/make_grades.py`` writes their files."""

from pathlib import Path
from typing import Final

_CUBES: Final = Path(__file__).parent / "cubes"


def grades() -> list[str]:
    """Return their names."""
    return sorted(path.stem for path in _CUBES.glob("*.cube"))


def grade_file(name: str) -> Path:
    """Return the .cube file of one."""
    return _CUBES / f"{name}.cube"
