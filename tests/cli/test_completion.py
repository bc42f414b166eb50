"""Shells complete commands, options, choices and files."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from framesmooth.cli.completion import SHELLS
from framesmooth.cli.main import COMMANDS, cli
from framesmooth.cli.types import stands_for_file

TAB = """
eval "$(framesmooth completion bash)"
compopt() { shift; COMPREPLY=("<$1>"); }  # outside a terminal there is no completion to set options of
COMP_WORDS=(framesmooth "$@")
COMP_CWORD=$#
_framesmooth_completion framesmooth
printf '%s\\n' "${COMPREPLY[@]}"
"""
"""A script of bash that prints what the tab key would offer after its arguments."""
FILES = ["<default>"]


def offered(folder: Path, *words: str) -> list[str]:
    """Return what bash offers for the last of some words."""
    program = folder / "framesmooth"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m framesmooth "$@"\n')
    program.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    ran = subprocess.run(
        ["bash", "-c", TAB, "bash", *words], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["in"], ["interpolate"]),
        (["smooth", "--flow-w"], ["--flow-weights"]),
        (["smooth", "--smoother", "e"], ["ema"]),
        (["smooth", ""], FILES),
        (["smooth", "in.mp4", "-o", ""], FILES),
        (["generate", "--lora", "st"], FILES),
        (["completion", ""], list(SHELLS)),
    ],
)
def test_bash_completes(tmp_path: Path, words: list[str], expected: list[str]) -> None:
    assert offered(tmp_path, *words) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(shell: str) -> None:
    made = CliRunner().invoke(cli, ["completion", shell], prog_name="framesmooth")
    assert made.exit_code == 0
    assert f"_FRAMESMOOTH_COMPLETE={shell}_complete" in made.output


def test_commands_are_offered_without_importing_them() -> None:
    code = (
        "import sys, click; from framesmooth.cli.main import cli;"
        "found = cli.shell_complete(click.Context(cli), '');"
        "print(*(each.value for each in found));"
        "print(sum(name.startswith('framesmooth.cli.') for name in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, modules = ran.stdout.splitlines()
    assert names.split() == list(COMMANDS)
    assert int(modules) < len(COMMANDS) / 2


@pytest.mark.parametrize("name", COMMANDS)
def test_what_names_a_file_is_completed_as_one(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    context = click.Context(command)
    for parameter in command.params:
        if stands_for_file(parameter.metavar or "") and not isinstance(parameter.type, click.Choice):
            kinds = {each.type for each in parameter.shell_complete(context, "x")}
            assert kinds & {"file", "dir"}, f"{name} {parameter.opts}"
