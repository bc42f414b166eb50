"""The documentation builds strictly, holds every option, and asks no other server for anything."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest
from reference_pages import command_named

from framesmooth.cli.main import COMMANDS
from tests.doc_blocks import HOME

for _library in ("sphinx", "myst_parser", "furo", "sphinx_copybutton"):
    pytest.importorskip(_library)

FETCHED = {"script": "src", "img": "src", "source": "src", "iframe": "src", "video": "src", "link": "href"}


class Fetches(HTMLParser):
    """Collects the addresses that a browser fetches when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the address of an element that is fetched."""
        self.addresses += [value for name, value in attrs if value and name == FETCHED.get(tag)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; warnings are errors, so a link that leads nowhere fails here."""
    folder = tmp_path_factory.mktemp("site")
    build = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "-d",
        str(folder / "trees"),
    ]
    done = subprocess.run(
        [*build, "docs", str(folder / "html")], cwd=HOME, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "html"


def test_every_page_is_there(site: Path) -> None:
    for name in (
        "index",
        "getting-started",
        "benchmarks",
        "metrics",
        "reference/settings",
        "reference/python",
    ):
        assert (site / f"{name}.html").exists(), name
    assert {path.stem for path in (site / "reference" / "generated" / "commands").glob("*.html")} == set(
        COMMANDS
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_can_be_linked_to(site: Path, name: str) -> None:
    page = (site / "reference" / "generated" / "commands" / f"{name}.html").read_text(encoding="utf-8")
    there = set(re.findall(r'id="(cmdoption-[\w-]+)"', page))
    for parameter in command_named(name).params:
        if isinstance(parameter, click.Option):
            longest = max(parameter.opts, key=len).lstrip("-")
            assert any(anchor.endswith(longest) for anchor in there), f"{name} --{longest}"


def test_settings_and_functions_are_in_the_reference(site: Path) -> None:
    from framesmooth import __all__ as public
    from framesmooth.setting import settings_of
    from framesmooth.workflows.generate.settings import GenerateSettings

    settings = (site / "reference" / "settings.html").read_text(encoding="utf-8")
    assert [
        field.key for field in settings_of(GenerateSettings) if ".".join(field.path) not in settings
    ] == []
    python = (site / "reference" / "python.html").read_text(encoding="utf-8")
    assert [name for name in public if not name.startswith("_") and f"framesmooth.{name}" not in python] == []


def test_no_page_asks_another_server(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        parser = Fetches()
        parser.feed(page.read_text(encoding="utf-8"))
        assert [address for address in parser.addresses if re.match(r"(https?:)?//", address)] == [], page
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*", text) == [], style
