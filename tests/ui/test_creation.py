"""What the page says becomes the settings of ``generate``, and a command line that says the same."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.cli.generate import generate
from framesmooth.errors import UsageError
from framesmooth.setting import settings_of
from framesmooth.ui.command_line import generate_command
from framesmooth.ui.creation import checked_request, offered_settings, prompts_from_text, settings_of_request
from framesmooth.ui.settings import ServerSettings, parse_size
from framesmooth.workflows.generate.inputs import prompts_and_options
from framesmooth.workflows.generate.settings import GenerateSettings

OWNER = ServerSettings(max_frames=500)
ROW = {"time": None, "text": "a cat", "seed": None}
VALUES: dict[str, Any] = {
    "num_frames": "24",
    "fps": "24000/1001",
    "steps": 8,
    "guidance_scale": "3.5",
    "smooth_strength": "auto",
    "cadence": "4",
    "zoom": "0:(1), 12:(1.02)",
    "loop": True,
    "negative_prompt": "blurry; rm -rf '$HOME'",
    "seed": 7,
    "style": ["watercolour", "vintage"],
}


def of_command(command: str) -> GenerateSettings:
    """Return the settings that a shell would make of a command line."""
    words = shlex.split(command)
    assert words[:2] == ["framesmooth", "generate"]
    with generate.make_context("generate", words[2:]) as context:
        options = dict(context.params)
        texts, output = options.pop("prompts"), options.pop("output")
        known = {field.key for field in settings_of(GenerateSettings)}
        options = {key: value for key, value in options.items() if key in known}
        prompts, options = prompts_and_options(texts, options)
    return GenerateSettings.of(prompts=prompts, output=Path(output), **options)


@pytest.mark.parametrize(
    "rows",
    [
        [ROW],
        [ROW, ROW | {"text": "a dog --neg ugly"}],
        [{"time": 20, "text": "second", "seed": 3}, {"time": 0, "text": "first, it's", "seed": None}],
        [{"time": "0", "text": "one | two", "seed": ""}, {"time": "-1", "text": 'a "b" \\ c', "seed": "4"}],
    ],
)
def test_the_command_line_makes_the_same_clip(rows: list[dict[str, Any]]) -> None:
    request = checked_request(rows, VALUES, "webm", OWNER)
    settings = settings_of_request(request, Path(), OWNER)
    named = settings_of_request(request, Path(), OWNER, styled=False)
    assert of_command(generate_command(named, settings.output.name)) == settings
    assert settings.sampling.steps == 8
    assert settings.timeline.cadence == 4


def test_rows_are_sorted_by_their_frames_with_their_seeds() -> None:
    rows = [{"time": 20, "text": "second", "seed": 3}, {"time": 0, "text": "first", "seed": None}]
    settings = settings_of_request(checked_request(rows, {"seed": 7}, "mp4", OWNER), Path(), OWNER)
    assert [one.prompt for one in settings.prompts] == ["first", "second"]
    assert settings.seeding.seeds == (7, 3)


@pytest.mark.parametrize(
    ("rows", "values", "file_format", "words"),
    [
        ([], {}, "mp4", "no prompt"),
        ([{"text": "  "}], {}, "mp4", "no prompt"),
        ([ROW | {"time": 3}, ROW | {"time": 3}], {}, "mp4", "two prompts at frame 3"),
        ([ROW | {"time": 0.5}], {}, "mp4", "no frame"),
        ([ROW | {"seed": "x"}], {}, "mp4", "no seed"),
        ([ROW | {"seed": 1e300}], {}, "mp4", "no seed"),
        ([ROW], {"steps": "0"}, "mp4", "out of range"),
        ([ROW], {"num_frames": "501"}, "mp4", "make 500 at most"),
        ([ROW | {"time": 0}, ROW | {"time": 600}], {}, "mp4", "make 500 at most"),
        ([ROW], {"width": "9000", "height": "9000"}, "mp4", "too large here"),
        ([ROW], {"model": "/etc"}, "mp4", "not offered"),
        ([ROW], {"loras": ["x.safetensors:1"]}, "mp4", "not offered"),
        ([ROW], {"init_image": "/etc/passwd"}, "mp4", "no setting init_image"),
        ([ROW], {"output": "/tmp/x.mp4"}, "mp4", "no setting output"),
        ([ROW], {"device": "cuda"}, "mp4", "no setting device"),
        ([ROW], {}, "sh", "no format"),
    ],
)
def test_what_is_not_offered_is_refused(rows: Any, values: Any, file_format: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        checked_request(rows, values, file_format, OWNER)


def test_no_offered_setting_names_a_file() -> None:
    assert {field.key for field in offered_settings() if field.names_file} == {"model", "loras"}
    assert {"num_frames", "zoom", "smooth_strength", "steps"} <= {field.key for field in offered_settings()}


def test_a_text_that_is_a_file_name_is_a_prompt(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("a secret")
    assert [row["text"] for row in prompts_from_text(str(path))] == [str(path)]
    request = checked_request([ROW | {"text": str(path)}], {}, "mp4", OWNER)
    assert request["prompts"][0]["prompt"] == str(path)


def test_text_becomes_rows() -> None:
    assert prompts_from_text("0: a cat | 12: a dog --neg ugly") == [
        {"time": 0, "text": "a cat", "seed": None},
        {"time": 12, "text": "a dog --neg ugly", "seed": None},
    ]
    assert [row["text"] for row in prompts_from_text("a cat\n\n a dog ")] == ["a cat", "a dog"]


@given(st.integers(1, 10**6), st.sampled_from(["", "k", "kb", "M", "mb", "G", "gb"]))
def test_sizes_are_read(number: int, unit: str) -> None:
    factor = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}[unit.lower().removesuffix("b")]
    assert parse_size(f"{number}{unit}") == number * factor


@pytest.mark.parametrize("text", ["", "0", "-1mb", "1.5gb", "big", "1tb", "9" * 12])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no size"):
        parse_size(text)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_other_hosts_need_passwords(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--auth"):
        ServerSettings(host=host)
    assert not ServerSettings(host=host, auth=tmp_path / "people").is_local


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.0.1"])
def test_this_machine_needs_none(host: str) -> None:
    assert ServerSettings(host=host).is_local
