"""Prompts with times in the spellings of other tools: read as they are meant, or refused with ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from framesmooth.cli import generate as command
from framesmooth.cli.main import cli
from framesmooth.errors import UsageError
from framesmooth.models.prompt_weighting_spec import parse_weights
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.workflows.generate.settings import GenerateSettings

CAT_AND_DOG = [(0, "a cat"), (12, "a dog")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '"0": "a cat", "12": "a dog"',
            CAT_AND_DOG,
            marks=pytest.mark.input_table(
                "Prompts", '`"0": "a cat", "12": "a dog"`', "two prompts (FizzNodes)"
            ),
        ),
        pytest.param(
            '"0": "a cat",\n"12": "a dog",\n',
            CAT_AND_DOG,
            marks=pytest.mark.input_table("Prompts", '`"0": "a cat",⏎"12": "a dog",⏎`', "the same"),
        ),
        pytest.param(
            "0: a cat, 12: a dog",
            CAT_AND_DOG,
            marks=pytest.mark.input_table("Prompts", "`0: a cat, 12: a dog`", "the same"),
        ),
        pytest.param(
            "0: a cat; 12: a dog;",
            CAT_AND_DOG,
            marks=pytest.mark.input_table("Prompts", "`0: a cat; 12: a dog;`", "the same"),
        ),
        pytest.param(
            "0: a cat\n12: a dog\n",
            CAT_AND_DOG,
            marks=pytest.mark.input_table("Prompts", "`0: a cat⏎12: a dog⏎`", "the same"),
        ),
        pytest.param(
            '{"0": "a cat", "12": "a dog"}',
            CAT_AND_DOG,
            marks=pytest.mark.input_table("Prompts", '`{"0": "a cat", "12": "a dog"}`', "the same (JSON)"),
        ),
        ("“0”: “a cat”, “12”: “a dog”", CAT_AND_DOG),
        ("‘0’: ‘a cat’, ‘12’: ‘a dog’", CAT_AND_DOG),
        ("a cat with a “12”: a sign", [(None, "a cat with a “12”: a sign")]),
        ('{"prompt_map": {"0": "a cat", "12": "a dog"}}', None),
        ('{"prompts": {"0": "a cat"}, "max_frames": 24}', None),
        ("0.0: a cat, 12.0: a dog", None),
        ("0%: a cat, 50%: a dog", None),
        ("1.5:1 crop of a cat", [(None, "1.5:1 crop of a cat")]),
        ("{a|b} cat", [(None, "{a|b} cat")]),
        pytest.param(
            "{0: a}",
            None,
            marks=pytest.mark.input_table("Prompts", "`{0: a}`", "refused with the spelling that works"),
        ),
        pytest.param(
            "0: a cat, asleep, 12: a dog",
            [(0, "a cat, asleep"), (12, "a dog")],
            marks=pytest.mark.input_table(
                "Prompts", "`0: a cat, asleep, 12: a dog`", "commas stay in prompts"
            ),
        ),
        pytest.param(
            "16:9 photo of a cat",
            [(None, "16:9 photo of a cat")],
            marks=pytest.mark.input_table("Prompts", "`16:9 photo of a cat`", "no frame 16"),
        ),
        pytest.param(
            "12:30 in the city",
            [(None, "12:30 in the city")],
            marks=pytest.mark.input_table("Prompts", "`12:30 in the city`", "no frame 12"),
        ),
        pytest.param(
            "0:1girl, solo, 12:2girls",
            [(0, "1girl, solo"), (12, "2girls")],
            marks=pytest.mark.input_table("Prompts", "`0:1girl, solo, 12:2girls`", "frames 0 and 12"),
        ),
        pytest.param(
            "0: a 16:9 photo, 4:3 crop, 12: a dog",
            [(0, "a 16:9 photo, 4:3 crop"), (12, "a dog")],
            marks=pytest.mark.input_table(
                "Prompts", "`0: a 16:9 photo, 4:3 crop, 12: a dog`", "ratios stay in prompts"
            ),
        ),
        pytest.param(
            "0-10: a cat, 11-20: a dog",
            None,
            marks=pytest.mark.input_table(
                "Prompts", "`0-10: a cat, 11-20: a dog`", "refused: a prompt starts at one frame"
            ),
        ),
        pytest.param(
            '["a cat", "a dog"]',
            [(None, "a cat"), (None, "a dog")],
            marks=pytest.mark.input_table("Prompts", '`["a cat", "a dog"]`', "two prompts, spread evenly"),
        ),
        pytest.param(
            "[fog] a cat",
            [(None, "[fog] a cat")],
            marks=pytest.mark.input_table("Prompts", "`[fog] a cat`", "a prompt with a weaker word"),
        ),
    ],
)
def test_lists_in_one_text(text: str, expected: list[tuple[int | None, str]] | None) -> None:
    if expected is None:
        with pytest.raises(UsageError, match="0: a cat") as caught:
            parse_prompts([text])
        assert "\n" not in str(caught.value)
        return
    assert [(prompt.time, prompt.prompt) for prompt in parse_prompts([text])] == expected


def test_negative_prompts_within_lists() -> None:
    found = parse_prompts(['"0": "a cat --neg fog", "12": "a \\"big\\" dog"'])
    assert [(one.time, one.prompt, one.negative) for one in found] == [
        (0, "a cat", "fog"),
        (12, 'a "big" dog', ""),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0: a cat\n\n12: a dog\n", CAT_AND_DOG),
        ("a cat\na dog\n", [(None, "a cat"), (None, "a dog")]),
        ('"0": "a cat",\n"12": "a dog"', CAT_AND_DOG),
    ],
)
@pytest.mark.input_table(
    "Prompts", "a .txt file that is no settings file", "a prompt a line, with frames or not"
)
def test_text_files(text: str, expected: list[tuple[int | None, str]], tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text(text)
    asked = asked_of([str(tmp_path / "prompts.txt")], tmp_path)
    assert [(prompt.time, prompt.prompt) for prompt in asked.prompts] == expected


@pytest.mark.parametrize(
    ("prompt", "advice"),
    [
        ("a (fluffy:`0.5+0.5*sin(t/10)`) cat", "0: a (fluffy:0.5) cat | 24: a (fluffy:1.5) cat"),
        ("a cat <lora:ink_v2:0.8>", "--lora ink_v2.safetensors:0.8"),
        ("a cat <lora:ink>", "--lora ink.safetensors"),
        ("<lyco: ink : .5 > a cat", "--lora ink.safetensors:.5"),
    ],
)
@pytest.mark.input_table("Prompts", "`<lora:name:0.8>`, formulas as weights", "refused; the option is named")
def test_what_is_no_prompt_is_refused(prompt: str, advice: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_weights(prompt)
    assert advice in str(caught.value)
    assert "\n" not in str(caught.value)


def asked_of(arguments: list[str], tmp_path: Path) -> GenerateSettings:
    asked: list[GenerateSettings] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "make_and_show", lambda settings, *_, **__: asked.append(settings))
        result = CliRunner().invoke(cli, ["generate", *arguments, "-o", str(tmp_path / "clip.mp4")])
    assert result.exit_code == 0, result.output
    return asked[0]


CONFIG: dict[str, Any] = {
    "name": "sample",
    "path": "share/Stable-diffusion/model.safetensors",
    "motion_module": "models/motion-module/mm.ckpt",
    "seed": [341774366206100],
    "steps": 20,
    "guidance_scale": 7.5,
    "head_prompt": "masterpiece",
    "prompt_map": {"0": "a cat", "12": "a dog"},
    "tail_prompt": "clouds",
    "n_prompt": ["worst quality"],
    "lora_map": {},
}


@pytest.mark.input_table(
    "Prompts", "a configuration of animatediff-cli", "prompts, seed and sampling; the rest is named"
)
def test_configurations_of_animatediff(tmp_path: Path) -> None:
    path = tmp_path / "prompt_travel.json"
    path.write_text(json.dumps(CONFIG))
    asked = asked_of([str(path)], tmp_path)
    assert [(prompt.time, prompt.prompt) for prompt in asked.prompts] == [
        (0, "masterpiece, a cat, clouds"),
        (12, "masterpiece, a dog, clouds"),
    ]
    assert (asked.sampling.negative_prompt, asked.sampling.steps, asked.sampling.guidance_scale) == (
        "worst quality",
        20,
        7.5,
    )
    assert asked.seeding.seed == 341774366206100 % 2**32
    path.write_text(json.dumps({"motion_module": "x", "prompt": ["a cat"], "n_prompt": [""]}))
    assert [prompt.prompt for prompt in asked_of([str(path)], tmp_path).prompts] == ["a cat"]


@pytest.mark.input_table(
    "Deforum files", "a preset whose prompt is empty", "a prompt after its name goes with it"
)
def test_a_preset_takes_a_prompt_beside_it(tmp_path: Path) -> None:
    path = Path(__file__).parents[1] / "corpus" / "deforum" / "empty-prompts.txt"
    asked = asked_of([str(path), "0: a cat | 12: a dog"], tmp_path)
    assert [(prompt.time, prompt.prompt) for prompt in asked.prompts] == CAT_AND_DOG
    assert asked.timeline.num_frames == 60
    result = CliRunner().invoke(
        cli, ["generate", str(path.with_name("commas.txt")), "a cat", "-o", str(tmp_path / "clip.mp4")]
    )
    assert result.exit_code == 2
    assert "prompts of its own" in result.stderr


@pytest.mark.input_table(
    "Prompts", "`0-10: 1, 11-20: 2` as a schedule", "refused; the spelling that works is shown"
)
def test_ranges_in_schedules() -> None:
    result = CliRunner().invoke(cli, ["schedule", "0-10: 1, 11-20: 2"])
    assert result.exit_code == 2
    assert "'0 hold: 1'" in result.stderr
