"""One definition of a setting: what is derived from it, and what is refused."""

from dataclasses import FrozenInstanceError, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import click
import pytest
from annotated_types import Interval
from click.testing import CliRunner

from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.errors import UsageError
from framesmooth.setting import Setting, SettingGroup, parse_rate, settings_of
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.settings_reference import reference, schema_of


@dataclass(frozen=True, kw_only=True)
class DustSettings(SettingGroup):
    """Film dust."""

    heading: ClassVar = "Dust"

    dust: Annotated[
        Annotated[float, Interval(ge=0, lt=1)],
        Setting(help="Amount of dust.", options=("-g", "--dust"), formerly=("--noise",), unit="levels"),
    ] = 0.25
    kind: Annotated[Literal["film", "video"], Setting(key="dust_kind", help="Sort of dust.")] = "film"
    size: Annotated[
        Annotated[int, Interval(ge=1, le=9)] | Literal["auto"] | None,
        Setting(help="Size of a dust.", unset="by width"),
    ] = None
    sizes: Annotated[tuple[int, ...], Setting(separator=",", help="Several sizes.")] = ()
    masks: Annotated[tuple[Path, ...], Setting(options=("--mask",), help="Where there is dust.")] = ()
    rate: Annotated[Annotated[Fraction, Interval(gt=0, le=100)], Setting(help="Dusts per second.")] = (
        Fraction(12)
    )


@dataclass(frozen=True, kw_only=True)
class ToySettings(GenerateSettings):
    """Everything that ``generate`` takes, and dust."""

    dust: DustSettings = field(default_factory=DustSettings)


@click.command(cls=HeadedCommand)
@options_of(ToySettings)
def toy(**values: Any) -> None:
    """Print the settings."""
    click.echo(repr(ToySettings.of(prompts=["a cat"], output="a.mp4", **values).dust))


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(toy, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_a_new_setting_is_an_option_under_its_heading() -> None:
    code, stdout, _ = run("--help")
    assert code == 0
    section = stdout.split("\nDust:\n")[1].split("\n\n")[0]
    flat = " ".join(section.split())
    assert "-g, --dust LEVELS Amount of dust. [default: 0.25; 0<=x<1]" in flat
    assert "--kind [film|video]" in flat
    assert "[default: by width]" in flat
    words = ["-g", "0.5", "--kind", "video", "--sizes", "1,2", "--mask", "a", "--mask", "b", "--rate", "24"]
    masks = Path("a"), Path("b")
    made = DustSettings(dust=0.5, kind="video", sizes=(1, 2), masks=masks, rate=Fraction(24))
    assert run(*words) == (0, f"{made}\n", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--dust", "1"), "0<=x<1"),
        (("--kind", "digital"), "'film', 'video'"),
        (("--size", "ten"), "give auto, or a whole number, 1 to 9"),
        (("--size", "10"), "give auto, or a whole number, 1 to 9"),
        (("--sizes", "1,x"), "several with ',' between them"),
        (("--rate", "0"), "--rate"),
    ],
)
def test_the_command_line_refuses_what_is_out_of_range(arguments: tuple[str, ...], told: str) -> None:
    code, _, stderr = run(*arguments)
    assert code == 2
    assert told in stderr


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"dust": 1.0}, "--dust 1.0 is out of range: give at least 0 and less than 1"),
        ({"dust": float("nan")}, "--dust nan is out of range"),
        ({"kind": "digital"}, "--kind 'digital' is not accepted: give one of film, video"),
        ({"size": 10}, "--size 10 is out of range: give auto, or a whole number, 1 to 9"),
        ({"size": "ten"}, "--size 'ten' is not accepted: give auto, or a whole number, 1 to 9"),
        ({"rate": "1e99"}, "'1e99' is no frame rate"),
        ({"rate": 0}, "--rate 0 is out of range: give more than 0 and at most 100"),
        ({"masks": 3}, "--mask '3' is not accepted"),
    ],
)
def test_construction_refuses_it_too(values: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        DustSettings(**values)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a\0", "\ud800", "x" * (2**20 + 1)])
def test_texts_that_no_file_can_hold_are_refused(text: str) -> None:
    for values in ({"zoom": text}, {"prompts": [TimedPrompt("a cat"), TimedPrompt("a lion", negative=text)]}):
        with pytest.raises(UsageError, match=r"valid text|characters long"):
            GenerateSettings.of(**{"prompts": ["a cat"], "output": "a.mp4", **values})


def test_values_become_those_of_their_types() -> None:
    settings = DustSettings(dust="0.5", size="3", sizes="1,2", masks=["a"], rate="23.976")  # type: ignore[arg-type]
    assert (settings.dust, settings.size, settings.sizes) == (0.5, 3, (1, 2))
    assert (settings.masks, settings.rate) == ((Path("a"),), Fraction(24000, 1001))
    with pytest.raises(FrozenInstanceError):
        settings.dust = 0.1  # type: ignore[misc]


def test_settings_are_given_flat_or_by_group() -> None:
    nested = ToySettings(prompts=["a cat"], output="a.mp4", dust=DustSettings(kind="video"))  # type: ignore[arg-type]
    flat = ToySettings.of(prompts="a cat", output=Path("a.mp4"), dust_kind="video")
    assert nested == flat
    assert ToySettings.of(**flat.flat()) == flat
    changed = flat.but(dust=0.5, zoom="1.01")
    assert (changed.dust.dust, changed.dust.kind, changed.camera.zoom) == (0.5, "video", "1.01")
    assert flat.dust.dust == 0.25
    with pytest.raises(UsageError, match="unknown settings: grian"):
        flat.but(grian=0.5)
    with pytest.raises(UsageError, match=r"unknown settings: dust\.kin"):
        ToySettings(prompts=["a"], output="a.mp4", dust={"kin": "film"})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="dust is int: give a DustSettings"):
        ToySettings(prompts=["a"], output="a.mp4", dust=3)  # type: ignore[arg-type]


def test_a_new_setting_is_in_the_schema_and_in_the_reference() -> None:
    dust = schema_of(ToySettings)["properties"]["dust"]
    assert dust["additionalProperties"] is False
    assert dust["title"] == "Dust"
    assert dust["properties"]["dust"] == {
        "title": "Dust", "description": "Amount of dust.", "unit": "levels", "type": "number",
        "default": 0.25, "minimum": 0.0, "exclusiveMaximum": 1.0,
    }  # fmt: skip
    assert dust["properties"]["kind"]["enum"] == ["film", "video"]
    row = next(row for row in reference(ToySettings) if row["name"] == "dust.dust")
    assert row == {
        "group": "Dust", "name": "dust.dust", "option": "-g, --dust", "type": "number",
        "range": "at least 0 and less than 1", "default": "0.25", "unit": "levels",
        "help": "Amount of dust.",
    }  # fmt: skip
    size = next(row for row in reference(ToySettings) if row["name"] == "dust.size")
    assert (size["range"], size["default"]) == ("auto, or a whole number, 1 to 9", "by width")


def test_two_settings_have_no_key_in_common() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Twice(SettingGroup):
        """Two groups of the same kind."""

        first: DustSettings = field(default_factory=DustSettings)
        second: DustSettings = field(default_factory=DustSettings)

    with pytest.raises(AssertionError, match="same key"):
        settings_of(Twice)


def test_a_field_without_its_help_is_a_mistake() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Bare(SettingGroup):
        """A field that says nothing of itself."""

        bare: int = 0

    with pytest.raises(TypeError, match=r"Bare\.bare has no Setting"):
        settings_of(Bare)


@pytest.mark.parametrize("found", settings_of(GenerateSettings), ids=lambda found: found.key)
def test_every_setting_is_explained(found: Any) -> None:
    assert found.heading
    assert found.setting.help[-1] in ".)"
    assert found.default is not None or found.setting.unset or found.type.holds_path or found.type.optional


@pytest.mark.parametrize(
    ("text", "rate"),
    [("24", 24), ("23.976", Fraction(24000, 1001)), ("24000/1001", Fraction(24000, 1001)), ("12.5", 12.5)],
)
def test_rates_are_exact(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "fast", "1/0", "1e999999999", "9" * 40, "nan"])
def test_no_rates(text: str) -> None:
    with pytest.raises(UsageError, match="is no frame rate"):
        parse_rate(text)
