"""The settings of the verbs: each is an option of its command, a check, and a row of the reference."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import click
import numpy as np
import pytest
from annotated_types import Interval
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.errors import UsageError
from framesmooth.setting import Setting, SettingGroup, settings_of
from framesmooth.workflows.encoding_settings import EncodingSettings
from framesmooth.workflows.settings.assemble import AssembleSettings
from framesmooth.workflows.settings.compare import CompareSettings
from framesmooth.workflows.settings.conversion import ConvertSettings
from framesmooth.workflows.settings.interpolate import InterpolateSettings
from framesmooth.workflows.settings.listen import ListenSettings
from framesmooth.workflows.settings.measure import MeasureClipsSettings
from framesmooth.workflows.settings.smooth import SmoothSettings
from framesmooth.workflows.settings.soundtrack import SoundtrackSettings
from framesmooth.workflows.settings.sweep import SweepSettings, parse_strengths
from framesmooth.workflows.settings.tune import TuneSettings
from framesmooth.workflows.settings_reference import reference
from framesmooth.workflows.workflow import workflow

VERBS: dict[str, type[SettingGroup]] = {
    "assemble": AssembleSettings,
    "compare": CompareSettings,
    "interpolate": InterpolateSettings,
    "measure": MeasureClipsSettings,
    "listen": ListenSettings,
    "smooth": SmoothSettings,
    "soundtrack": SoundtrackSettings,
    "sweep": SweepSettings,
    "tune": TuneSettings,
}
FRAMES = [np.zeros((4, 6, 3), np.uint8)]


@dataclass(frozen=True, kw_only=True)
class GrainySettings(SmoothSettings):
    """What ``smooth`` takes, and one field more."""

    heading: ClassVar = "Grain"

    grain: Annotated[
        Annotated[float, Interval(ge=0, le=1)], Setting(help="Amount of film grain.", everyday=True)
    ] = 0.25


@workflow(GrainySettings)
def grainy(settings: GrainySettings) -> tuple[float, str]:
    """Return two of the settings."""
    return settings.grain, settings.reading.sort


@click.command(cls=HeadedCommand)
@options_of(GrainySettings)
def toy(**values: Any) -> None:
    """Show what arrives."""
    click.echo(grainy(FRAMES, **values))


def test_a_field_of_a_verb_is_an_option_a_check_and_a_row() -> None:
    shown = CliRunner().invoke(toy, ["--help"]).output
    assert shown.index("Everyday options") < shown.index("--grain") < shown.index("Motion")
    assert CliRunner().invoke(toy, ["--grain", "0.5", "--sort", "time"]).output == "(0.5, 'time')\n"
    assert CliRunner().invoke(toy, ["--grain", "2"]).exit_code == 2
    assert grainy(FRAMES, grain=0.75) == (0.75, "natural")
    with pytest.raises(UsageError, match="--grain 2 is out of range: give 0 to 1"):
        grainy(FRAMES, grain=2)
    (row,) = [row for row in reference(GrainySettings) if row["name"] == "grain"]
    found = row["group"], row["option"], row["default"], row["range"]
    assert found == ("Grain", "--grain", "0.25", "0 to 1")


@pytest.mark.parametrize("name", VERBS)
def test_options_of_a_command_are_its_settings(name: str) -> None:
    """A command has no option of its own but those of output: --progress, gates and --json."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    options = {max(one.opts, key=len): one for one in command.params if isinstance(one, click.Option)}
    settings = {field.option: field for field in settings_of(VERBS[name]) if field.setting.has_option}
    assert set(settings) <= set(options)
    rest = {"--output", "--json", "--progress", "--verbose", "--quiet"}
    gates = {"--fail-above", "--fail-below", "--fail-unless-better"}
    assert set(options) - set(settings) <= rest | gates
    for option, field in settings.items():
        assert options[option].name == field.key
        assert options[option].help == field.setting.help


@pytest.mark.parametrize("name", VERBS)
def test_every_setting_of_a_verb_is_explained(name: str) -> None:
    for field in settings_of(VERBS[name]):
        assert field.heading, field.key
        assert field.setting.help[-1] in ".)", field.key


def test_encoding_is_defined_once() -> None:
    """A verb that makes a clip inherits the fields of ``generate``'s encoding as they are."""
    encoding = {field.key: field for field in settings_of(EncodingSettings)}
    converting = {field.key: field for field in settings_of(ConvertSettings)}
    assert {key: converting[key] for key in encoding} == encoding


@pytest.mark.parametrize(
    ("text", "strengths"),
    [
        ("0:1:0.5", (0, 0.5, 1)),
        ("0.2,0.5", (0.2, 0.5)),
        ("0.5,0.2,0.5", (0.2, 0.5)),
        ("0.8:1", (0.8, 0.9, 1)),
    ],
)
def test_strengths_of_a_grid(text: str, strengths: tuple[float, ...]) -> None:
    assert parse_strengths(text) == pytest.approx(strengths)
    assert SweepSettings("in", smooth_strength=text).smooth_strength == pytest.approx(strengths)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "a", "0:2", "1:0", "0:1:0", "0:1:nan", "0:1:0.0001", "0:1:2:3", "-1"])
def test_texts_that_are_no_grid(text: str) -> None:
    with pytest.raises(UsageError):
        parse_strengths(text)
