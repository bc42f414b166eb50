"""What is declared about the package is true."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

import framesmooth

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = {".py", ".pyc"}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.lower().split("==") for line in lines if line and not line.startswith("#"))


def test_every_dependency_is_pinned_within_its_range() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    for text in [*PROJECT["project"]["dependencies"], *(text for extra in extras for text in extra)]:
        requirement = Requirement(text)
        pinned = pins().get(requirement.name.lower()) or pins().get(
            requirement.name.lower().replace("-", "_")
        )
        assert pinned, f"{requirement.name} has no pin in constraints.txt"
        assert requirement.specifier.contains(pinned), f"{text} excludes the pin {pinned}"


def test_pins_name_one_exact_public_version() -> None:
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", version) for version in pins().values())


def test_every_data_file_is_packaged() -> None:
    package = ROOT / "framesmooth"
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["framesmooth"]
    packaged = {path for pattern in patterns for path in package.glob(pattern)}
    files = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path for path in files if path.suffix not in SOURCES} - packaged == set()


def test_the_changelog_knows_this_version() -> None:
    assert f"## [{framesmooth.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_public_names_can_be_imported() -> None:
    assert all(getattr(framesmooth, name) is not None for name in framesmooth.__all__)
    assert set(framesmooth.__all__) <= set(dir(framesmooth))
