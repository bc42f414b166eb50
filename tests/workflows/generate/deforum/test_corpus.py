"""Settings files of Deforum in all the forms that people have: each loads, with the values of Deforum."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from framesmooth.errors import UsageError
from framesmooth.models.prompt_weighting_spec import parse_weights
from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.schedule import Schedule
from framesmooth.workflows.generate.deforum.reader import Deforum, is_settings_file, read_deforum
from framesmooth.workflows.generate.deforum.schedule import read_schedule, written

CORPUS = sorted((Path(__file__).parents[3] / "corpus" / "deforum").iterdir())


def read(name: str) -> Deforum:
    return read_deforum(next(path for path in CORPUS if path.stem == name), {})


def values(options: Any, name: str) -> list[float]:
    frames = options["num_frames"]
    return Schedule.parse(options[name], frames, options.get("fps", Fraction(12))).values(frames)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_file_loads(path: Path) -> None:
    assert is_settings_file(str(path))
    got = read_deforum(path, {})
    moves = {name: got.options[name] for name in vars(Moves()) if name in got.options}
    Moves(**moves).values(got.options["num_frames"], got.options["fps"])
    if "strength" in got.options:
        assert all(0 <= value <= 1 for value in values(got.options, "strength"))
    for prompt in got.prompts:
        parse_weights(prompt.prompt)
        parse_weights(prompt.negative)
    assert not any("\n" in told for told in (*got.notes, *got.unused))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "0:(2*1), 71:(-2*1)",
            {0: 2, 36: 2, 70: 2, 71: -2, 99: -2},
            marks=pytest.mark.input_table("Deforum files", "`0:(2*1), 71:(-2*1)`", "expressions hold"),
        ),
        pytest.param(
            "0:(2), 71:(-2)",
            {0: 2, 36: -0.028169014084507005, 71: -2},
            marks=pytest.mark.input_table(
                "Deforum files", "`0:(2), 71:(-2)`", "plain numbers are interpolated"
            ),
        ),
        pytest.param(
            "0:( 1.0 ), 50:(2)",
            {49: 1, 50: 2},
            marks=pytest.mark.input_table(
                "Deforum files", "`0:( 1.0 ), 50:(2)`", "a space within brackets makes an expression"
            ),
        ),
        pytest.param(
            "0: 0: (sin(t))",
            {0: 0, 5: 0, 99: 0},
            marks=pytest.mark.input_table(
                "Deforum files", "`0: 0: (sin(t))`", "nothing after a second colon is read, and that is said"
            ),
        ),
        pytest.param(
            "0:(1), 10:(2), 10:(4)",
            {5: 2.5, 10: 4},
            marks=pytest.mark.input_table(
                "Deforum files", "`0:(1), 10:(2), 10:(4)`", "the last value of a frame counts"
            ),
        ),
        pytest.param(
            "0:(0).3",
            {0: 0.3, 99: 0.3},
            marks=pytest.mark.input_table("Deforum files", "`0:(0).3`", "it is 0.3"),
        ),
        pytest.param(
            '0:(0), "max_f/2":(49)',
            {24: 24, 49: 49, 99: 49},
            marks=pytest.mark.input_table(
                "Deforum files", '`0:(0), "max_f/2":(49)`', "the frame is truncated: 49 of 99"
            ),
        ),
        pytest.param(
            "0:(0), 200:(5)",
            {50: 0, 99: 0},
            marks=pytest.mark.input_table(
                "Deforum files", "`0:(0), 200:(5)`", "keys beyond the clip are not reached, and that is said"
            ),
        ),
        pytest.param(
            "0:((t-50)**0.5), 60:(7)",
            {0: 0, 49: 0, 59: 3, 99: 7},
            marks=pytest.mark.input_table(
                "Deforum files", "`0:((t-50)**0.5), 60:(7)`", "what has no value is interpolated"
            ),
        ),
        pytest.param(
            "0:(arcsin(t/99))",
            {99: 1.5707963268},
            marks=pytest.mark.input_table("Deforum files", "`0:(arcsin(t/99))`", "all functions of numexpr"),
        ),
        pytest.param(
            "0:(where((t>5)&(t<9), 1, 2))",
            {5: 2, 6: 1, 9: 2},
            marks=pytest.mark.input_table(
                "Deforum files", "`0:(where((t>5)&(t<9), 1, 2))`", "conditions are combined by & and |"
            ),
        ),
        pytest.param(
            "0:(1.0), 30:(1.5",
            {30: 1.5},
            marks=pytest.mark.input_table(
                "Deforum files", "`0:(1.0), 30:(1.5`", "brackets of numbers need not match"
            ),
        ),
        pytest.param(
            "1.5",
            {0: 1.5, 99: 1.5},
            marks=pytest.mark.input_table("Deforum files", "`1.5`", "a number alone holds"),
        ),
    ],
)
def test_schedules_have_the_values_of_deforum(text: str, expected: dict[int, float]) -> None:
    schedule = read_schedule(text, 100)
    assert {frame: schedule.values[frame] for frame in expected} == pytest.approx(expected, abs=1e-9)
    ours, outside = written(schedule)
    assert not outside
    assert Schedule.parse(ours, 100).values(100) == pytest.approx(schedule.values, abs=1e-8)


@pytest.mark.input_table("Deforum files", "strength outside 0 to 1", "clamped, and that is said")
def test_strength_is_clamped() -> None:
    got = read("strength-beyond")
    strength = values(got.options, "strength")
    assert strength[0] == 0  # 1.2 is kept, so nothing is drawn anew
    assert strength[30] == strength[59] == 1
    assert strength[15] == pytest.approx(1 - 0.55, abs=1e-6)
    assert "strength_schedule is clamped to 0 to 1" in got.notes


@pytest.mark.input_table("Deforum files", "moves too fast for a picture", "clamped, and that is said")
def test_moves_are_clamped() -> None:
    got = read("too-fast")
    assert max(values(got.options, "translate_z")) == 90
    assert any(note.startswith("rotation_3d_y is clamped") for note in got.notes)


@pytest.mark.input_table("Deforum files", "`width` and `height`, or `W` and `H`", "the size")
def test_sizes_by_either_name() -> None:
    assert (read("width-height").options["width"], read("width-height").options["height"]) == (768, 448)
    assert (read("texts-as-values").options["width"], read("texts-as-values").options["height"]) == (640, 360)


@pytest.mark.input_table("Deforum files", "texts and null as values", "the number; left out")
def test_values_as_texts_and_nulls() -> None:
    options = read("texts-as-values").options
    assert (options["steps"], options["fps"], options["seed"]) == (25, Fraction("12.5"), 12)
    assert options["color_anchor"] == 0
    assert not {"steps", "seed", "scheduler", "roll"} & set(read("nulls").options)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("odd-half", [(0, "a boat"), (29, "a whale"), (40, "a castle")]),
        ("hosted", [(0, "a beautiful portrait"), (20, "a beautiful coconut"), (40, "a durian")]),
        ("server", [(0, "a boat"), (20, "a whale")]),
        ("notebook", [(0, "a calm sea"), (20, "a stormy sea")]),
        ("prompt-list", [(None, "a boat"), (None, "a whale"), (None, "a castle")]),
        ("prompt-text", [(None, "a boat in the fog")]),
        ("prompts-twice", [(0, "a boat"), (59, "a castle")]),
        ("late-keys", [(0, "a boat")]),
        ("negative-keys", [(0, "a boat")]),
        ("broken-lines", [(0, "a boat in the\n fog"), (30, "a lighthouse at night")]),
        ("trailing-commas", [(0, "a boat in the fog"), (30, "a lighthouse at night")]),
        ("comments", [(0, "a boat in the fog"), (30, "a lighthouse at night")]),
        ("studio", [(0, "((Symmetrical Centred))")]),
        ("empty-prompts", [(None, "")]),
    ],
)  # fmt: skip
def test_prompts_of_a_file(name: str, expected: list[tuple[int | None, str]]) -> None:
    got = read(name)
    assert [(prompt.time, prompt.prompt) for prompt in got.prompts] == expected
    assert got.has_prompts == (name != "empty-prompts")


@pytest.mark.input_table("Deforum files", "`<lora:name:0.8>` in a prompt", "left out; the option is named")
@pytest.mark.input_table("Deforum files", "weights in backticks", "the weight at the frame of the prompt")
def test_what_prompts_hold_besides_words() -> None:
    got = read("lora")
    assert got.prompts[0].prompt == "a boat , (fog:0.5)"
    assert got.prompts[1].prompt == r"a \[boat:whale:0.5\] \(unfinished :\)"
    assert got.options["negative_prompt"] == "(((text))),"
    assert any("--lora watercolour_v2.safetensors:0.8" in note for note in got.notes)
    assert any("brackets of prompts" in note for note in got.notes)


def test_a_negative_field_of_view_turns_the_moves_round() -> None:
    assert values(read("negative-fov").options, "translate_z")[0] < 0


def test_a_large_seed_has_32_bits() -> None:
    got = read("large-seed")
    assert got.options["seed"] == 98765432109876 % 2**32
    assert any(note.startswith("seed 98765432109876 counts as") for note in got.notes)


@pytest.mark.parametrize("text", ["", "0:(x)", "0:(sin())", "0:(0/0)", "0:(1), 7 (2)", "-5:(1)", "0:(9^2)"])
def test_schedules_that_deforum_cannot_read(text: str) -> None:
    with pytest.raises(UsageError, match=r"schedule, column \d+: ") as caught:
        read_schedule(text, 10)
    assert "\n" not in str(caught.value)
