"""CONTRIBUTING.md and the pages beside it say what is there."""

import re
from pathlib import Path

import pytest
from module_map import PAGE, first_line, floors, with_map

from tests.doc_blocks import HOME
from tests.test_floors import FLOORS

PACKAGE = HOME / "framesmooth"
PAGES = [PAGE, *sorted((HOME / "docs" / "contributing").glob("*.md"))]


def test_the_map_is_that_of_the_docstrings() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_map(page) == page, "run python scripts/module_map.py"
    assert floors() == FLOORS


def test_the_map_has_every_package() -> None:
    page = PAGE.read_text(encoding="utf-8")
    there = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    there |= {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    rows = re.findall(r"^\| \d+ \| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    assert {name for name, _ in rows} == there
    assert all(text == first_line(name) for name, text in rows)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`([\w./-]+(?:\.py|\.md|\.txt|/))`", page.read_text(encoding="utf-8"))
    missing = [name for name in named if not (HOME / name).exists() and not (PACKAGE / name).exists()]
    assert missing == []


def test_every_recipe_is_followed() -> None:
    recipes = (HOME / "docs" / "contributing" / "recipes.md").read_text(encoding="utf-8")
    tests = (HOME / "tests" / "test_recipes.py").read_text(encoding="utf-8")
    for title in re.findall(r"^## Add an? ([\w ]+?)(?: of `generate`)?$", recipes, re.MULTILINE):
        assert title == "generator" or f"_{title.replace(' ', '_')}_is_one_" in tests, title


def test_the_entry_point_groups_that_are_named_are_read() -> None:
    """``registry`` reads the group ``framesmooth.FAMILY``; nothing tells whoever declares another one."""
    from framesmooth.registry import FAMILIES

    texts = [page.read_text(encoding="utf-8") for page in [*PAGES, PACKAGE / "registry.py"]]
    named = re.findall(r"entry-points\.\"framesmooth\.([\w.]+)\"", "".join(texts))
    assert len(named) == 2
    assert set(named) <= set(FAMILIES)
