"""Help and README hold together, and every example in them parses."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

from framesmooth.cli.main import COMMANDS, cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def command(name: str) -> click.Command:
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    assert isinstance(found, click.Command)
    return found


def section(name: str) -> str:
    match = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", README, re.DOTALL | re.MULTILINE)
    return match[1] if match else ""


def examples(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if re.match(r"\s+framesmooth \w", line)]


ALL_EXAMPLES = sorted(
    {example for name in COMMANDS for example in examples(command(name).help or "")}
    | set(examples(cli.help or ""))
    | set(examples(README))
)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_a_section_with_examples(name: str) -> None:
    found = command(name)
    assert found.name == name
    assert found.help
    assert examples(found.help), f"{name} --help has no example"
    assert examples(section(name)), f"the README has no section on {name} with an example"
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts} has no help"


def test_the_readme_describes_no_other_command() -> None:
    commands = README[README.index("## Commands") : README.index("## From Python")]
    assert re.findall(r"^### (\w+)", commands, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("example", ALL_EXAMPLES)
def test_examples_parse(example: str) -> None:
    _, name, *arguments = shlex.split(example, comments=True)
    found = command(name)
    found.make_context(name, arguments)


def options(*names: str) -> set[str]:
    """Return every spelling of the options of these commands, and what prompts know."""
    parameters = [parameter for name in names for parameter in command(name).params]
    return {option for each in parameters for option in (*each.opts, *each.secondary_opts)} | {"--neg"}


def written_options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text))


def test_every_option_in_the_readme_exists() -> None:
    own = {option for parameter in cli.params for option in parameter.opts} | {"--help"}
    of_scripts = re.compile(r"^ {4}(?:python scripts|pip install).*$", re.MULTILINE)
    assert written_options(of_scripts.sub("", README)) - options(*COMMANDS) - own == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_options_in_a_section_belong_to_its_command(name: str) -> None:
    of_others = re.compile(rf"^ {{4}}framesmooth (?!{name}\b).*$", re.MULTILINE)
    assert written_options(of_others.sub("", section(name))) - options(name) == set()


def test_metrics_in_the_readme_are_those_of_the_table() -> None:
    from framesmooth.registry import METRICS

    rows = re.findall(r"^\| (`.*?) \|", section("measure"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(METRICS)
