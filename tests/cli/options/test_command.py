"""Headings in the help, and options as they were spelled in older versions."""

import re
from ast import literal_eval
from collections.abc import Sequence
from typing import Any

import click
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import COMMANDS, LazyGroup, cli
from framesmooth.cli.options.command import EVERYDAY, OTHER, FormerOption, HeadedCommand, headed_option


def moved(values: Sequence[str]) -> Sequence[str]:
    return "--path", f"model={values[-1]}"


@click.command(cls=HeadedCommand, former={"--model": FormerOption(2, "--path model=PATH", moved)})
@click.argument("words", nargs=-1)
@headed_option("--amount", heading="Grain", formerly=("--noise",), help="Amount.")
@headed_option("--often", "-o", heading=EVERYDAY, is_flag=True, formerly=("--mostly",), help="Often.")
@headed_option("--path", multiple=True, help="A path.")
@headed_option("-q", "--quiet", heading=OTHER, is_flag=True, help="Say nothing.")
def command(**values: Any) -> None:
    """Print what is given."""
    click.echo(repr({name: value for name, value in values.items() if value not in (None, (), False)}))


def run(*arguments: str, **variables: str) -> tuple[str, str]:
    result = CliRunner().invoke(command, arguments, env=variables, prog_name="toy")
    assert result.exit_code == 0, result.output
    return result.stdout.strip(), result.stderr


def test_headings_come_in_order_everyday_options_first() -> None:
    stdout, _ = run("--help")
    headings = [line for line in stdout.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Everyday options:", "Grain:", "Other options:"]


@pytest.mark.parametrize(
    ("arguments", "values", "notice"),
    [
        (["--noise", "3"], {"amount": "3"}, "--noise is now written --amount"),
        (["--noise=3"], {"amount": "3"}, "--noise is now written --amount"),
        (["--mostly"], {"often": True}, "--mostly is now written --often"),
        (
            ["--model", "kind", "a b"],
            {"path": ("model=a b",)},
            "--model is now written --path model=PATH",
        ),
        (["--amount", "--noise"], {"amount": "--noise"}, ""),
        (["--", "--noise"], {"words": ("--noise",)}, ""),
        (["-q", "--noise", "3"], {"amount": "3", "quiet": True}, ""),
    ],
)
def test_old_spellings_are_read_with_a_notice(
    arguments: list[str], values: dict[str, Any], notice: str
) -> None:
    stdout, stderr = run(*arguments)
    assert literal_eval(stdout) == values
    assert stderr == (f"notice: {notice}\n" if notice else "")


def test_an_old_spelling_without_its_value_is_refused() -> None:
    result = CliRunner().invoke(command, ["--noise"])
    assert result.exit_code == 2
    assert "--noise" in result.stderr


def test_variables_of_options_that_are_gone_are_read() -> None:
    assert run(FRAMESMOOTH_TOY_MODEL="canny walk")[0] == repr({"path": ("model=walk",)})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_under_a_heading(name: str) -> None:
    assert isinstance(cli, LazyGroup)
    found = cli.get_command(click.Context(cli), name)
    assert isinstance(found, HeadedCommand)
    options = [param for param in found.params if isinstance(param, click.Option)]
    assert [one.name for one in options if not getattr(one, "heading", "")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_at_most_eight_examples(name: str) -> None:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    assert 1 <= len(re.findall(r"^ +framesmooth \w", found.help or "", re.MULTILINE)) <= 8


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "a cat", "-o", "a.mp4", "--smooth", "3"],
        ["smooth", "a.mp4", "-o", "b.mp4", "--strength", "high"],
        ["smooth", "a.mp4", "-o", "b.mp4", "--method", "blur"],
        ["tune", "a.mp4", "-o", "b.mp4", "--method", "blur"],
        ["sweep", "a.mp4", "--method", "blur"],
        ["sweep", "a.mp4", "--strength", "x"],
    ],
)
def test_commands_know_their_old_spellings(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.stderr.startswith(f"notice: {arguments[-2]} is now written --smooth")
    assert result.exit_code != 0


def test_variables_keep_their_old_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRAMESMOOTH_GENERATE_SMOOTH", "FRAMESMOOTH_GENERATE_SMOOTH_STRENGTH"):
        result = CliRunner().invoke(cli, ["generate", "a cat", "-o", "a.mp4"], env={name: "7"})
        assert result.exit_code == 2
        assert "give auto, or 0 to 1" in result.stderr
