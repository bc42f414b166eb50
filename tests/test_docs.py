"""Help, README and guides hold together: commands have guides, options exist, examples parse."""

import re
import shlex
from pathlib import Path

import click
import pytest
from PIL import Image
from reference_pages import GUIDES, command_named, command_page

from framesmooth.cli.main import COMMANDS, cli
from tests.doc_blocks import HOME, PAGES, blocks, commands, examples

README = HOME / "README.md"
LINKED = (*PAGES, HOME / "CONTRIBUTING.md")
KNOWN_TO_PROMPTS = {"--neg"}
OF_SCRIPTS = {
    option
    for script in (HOME / "scripts").rglob("*.py")
    for option in re.findall(r"\"(--[a-z][\w-]*)\"", script.read_text(encoding="utf-8"))
}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def place(page: Path) -> str:
    return page.relative_to(HOME).as_posix()


def in_help(name: str) -> list[str]:
    found = command_named(name).help or ""
    return [line.strip() for line in found.splitlines() if re.match(r"\s+framesmooth \w", line)]


def all_examples() -> list[str]:
    """Return every example of the help, the README and the documentation, once."""
    in_pages = [shlex.join(words) for page in PAGES for words in examples(page)]
    in_helps = [example for name in COMMANDS for example in in_help(name)]
    of_group = re.findall(r"^\s+(framesmooth \w.*)$", cli.help or "", re.MULTILINE)
    return sorted({*in_pages, *in_helps, *of_group})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name: str) -> None:
    found = command_named(name)
    assert found.name == name
    assert in_help(name), f"{name} --help has no example"
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts} has no help"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_guide_that_shows_it(name: str) -> None:
    guide = HOME / "docs" / f"{GUIDES[name]}.md"
    assert [words for words in examples(guide) if words[1] == name], (
        f"{place(guide)} has no example of {name}"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_on_the_page_of_its_command(name: str) -> None:
    page = command_page(name)
    for parameter in command_named(name).params:
        if isinstance(parameter, click.Option):
            for option in (*parameter.opts, *parameter.secondary_opts):
                assert re.search(rf"^```{{option}} (.*[ ,/])?{option}(?=[ ,\n])", page, re.MULTILINE), option
            words = " ".join((parameter.help or "").split()).partition(" [")[0][:40]
            assert words in page.replace("\\", ""), f"{name} {parameter.opts}"


@pytest.mark.parametrize("example", all_examples())
def test_examples_parse(example: str) -> None:
    _, name, *arguments = shlex.split(example, comments=True)
    command_named(name).make_context(name, arguments)


def written_options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text))


def options_of_framesmooth() -> set[str]:
    parameters = [parameter for name in COMMANDS for parameter in command_named(name).params] + cli.params
    return {option for each in parameters for option in (*each.opts, *each.secondary_opts)} | {"--help"}


@pytest.mark.parametrize("page", LINKED, ids=place)
def test_every_option_that_is_written_exists(page: Path) -> None:
    """Lines that run other programs have options of their own."""
    lines = [
        line
        for line in text_of(page).splitlines()
        if not re.search(r"\b(pip|ruff|pytest|mypy|docker|twine) ", line)
    ]
    known = options_of_framesmooth() | KNOWN_TO_PROMPTS | OF_SCRIPTS
    assert written_options("\n".join(lines)) - known == set()


def test_the_table_of_metrics_is_that_of_the_program() -> None:
    from framesmooth.registry import METRICS

    rows = re.findall(r"^\| (`.*?) \|", text_of(HOME / "docs" / "guides" / "measuring.md"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(METRICS)


def test_the_table_of_smoothers_is_that_of_the_program() -> None:
    from framesmooth.registry import SMOOTHERS

    page = text_of(HOME / "docs" / "guides" / "deflickering.md")
    table = page[page.index("## Which smoother") : page.index("## What it takes care of")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(SMOOTHERS)


def test_the_readme_is_one_page_and_begins_with_an_animation() -> None:
    text = text_of(README)
    assert len(text.splitlines()) <= 150
    first = re.match(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert first, "the README doesn't begin with a picture"
    with Image.open(HOME / first[1]) as picture:
        assert getattr(picture, "n_frames", 1) > 12


def test_the_readme_lists_every_command() -> None:
    table = text_of(README).split("## Commands")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(COMMANDS)


def test_the_numbers_of_the_readme_are_measured_ones() -> None:
    measured = text_of(HOME / "docs" / "benchmarks.md") + text_of(HOME / "docs" / "metrics-study.md")
    table = text_of(README).split("## How well it does")[1].split("\n## ")[0]
    rows = [row.split("|")[1:4] for row in table.splitlines() if row.startswith("| ")][1:]
    assert len(rows) == 5
    for _, number, beside in rows:
        for figure in re.findall(r"\d+\.\d+|\d+(?= ?%)", number + beside):
            assert re.search(rf"(?<![\d.]){re.escape(figure)}(?!\d)", measured), figure


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MyST name them."""
    titles = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    plain = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in titles)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", LINKED, ids=place)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{place(page)}: {target}"
        assert not anchor or anchor in anchors(found), f"{place(page)}: {target}"


def test_shell_blocks_can_be_read() -> None:
    found = [
        command
        for page in PAGES
        for block in blocks(page)
        if block.language == "bash"
        for command in commands(block.text)
    ]
    assert len(found) > 80
    assert all(command.words for command in found)
