"""``schedule`` as a user meets it."""

import json
import math

import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.cli.schedule import sparkline


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["schedule", *map(str, arguments)], catch_exceptions=False)


def test_the_table_has_the_keys_the_ends_and_their_values() -> None:
    result = run("0:(1.0), 31:(1.5)", "--frames", 60, "--fps", 10)
    assert result.exit_code == 0
    rows = {words[0]: words[1:] for line in result.stdout.splitlines() if (words := line.split())}
    assert rows["0"] == ["0.00", "1", "(1.0)"]
    assert rows["31"] == ["3.10", "1.5", "(1.5)"]
    assert rows["59"] == ["5.90", "1.5"]
    assert "least 1 at frame 0, most 1.5 at frame 31" in result.stdout
    assert result.stderr == ""


def test_json_holds_every_frame() -> None:
    figures = json.loads(run("sin(2*pi*t/fps)", "--frames", 24, "--fps", 12, "--json").stdout)
    assert figures["values"] == pytest.approx([math.sin(math.pi * frame / 6) for frame in range(24)])


def test_an_error_is_pointed_at() -> None:
    result = run("0:(1), 5:(2 + foo)")
    assert result.exit_code == 2
    shown, arrow, error = result.stderr.splitlines()
    assert shown[arrow.index("^") :].startswith("foo")
    assert error.startswith("error: schedule, column 15: unknown variable 'foo'")
    shown, arrow, _ = run("0:(1), " + "1:(2), " * 20).stderr.splitlines()
    assert len(shown) < 80
    assert shown[arrow.index("^") :].startswith("1:(2)")


def test_a_value_that_fails_at_a_later_frame_fails_the_check() -> None:
    result = run("1/(t-20)", "--frames", 40)
    assert result.exit_code == 2
    assert "at frame 20" in result.stderr


def test_keys_after_the_end_are_told() -> None:
    result = run("0:(1), 90:(2)", "--frames", 60)
    assert result.exit_code == 0
    assert "ends at frame 59, before the key at 90" in result.stderr


def test_sparklines_stand_for_means() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([0, 0, 7, 7], 2) == "▁█"
    assert sparkline([3.0] * 9, 4) == "▄▄▄▄"
