"""The manual pages in docs/man are those of the commands."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from reference_pages import command_named

from framesmooth.cli.main import COMMANDS

PAGES = Path(__file__).parents[2] / "docs" / "man"


def text_of(name: str) -> str:
    """Return a page as its reader sees the letters: without the requests and escapes of groff."""
    text = (PAGES / f"{name}.1").read_text(encoding="utf-8")
    return re.sub(r"\\f.|\\&", "", text.replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\e", "\\"))


def test_they_are_current() -> None:
    code = "import json, man_pages; print(json.dumps(man_pages.man_pages(man_pages.sources())))"
    path = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    made = json.loads(ran.stdout)  # in a process of its own: Sphinx keeps what other tests registered
    there = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.1")}
    assert sorted(made) == sorted(there)
    stale = [name for name, text in made.items() if there[name] != text]
    assert stale == [], "make man writes them"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_names_every_option(name: str) -> None:
    text = text_of(f"framesmooth-{name}")
    for parameter in command_named(name).params:
        if isinstance(parameter, click.Option):
            assert all(
                re.search(rf"{option}\b", text) for option in (*parameter.opts, *parameter.secondary_opts)
            )
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"):
        assert re.search(rf'^\.SH "?{section}"?$', text, re.MULTILINE), section


def test_the_first_page_leads_to_the_others() -> None:
    text = text_of("framesmooth")
    assert all(f"framesmooth-{name}(1)" in text for name in COMMANDS)
    assert "3 a quality gate was not passed" in text
