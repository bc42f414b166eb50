"""Jobs are the products of their lists, named after what differs, and all are checked beforehand."""

from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.video import write_png
from framesmooth.workflows.batch.job import Job, job_of
from framesmooth.workflows.batch.plan import plan
from framesmooth.workflows.batch.sharding import Shard
from framesmooth.workflows.batch.verbs import VERBS


def planned(folder: Path, text: str) -> list[Job]:
    file = folder / "jobs.yaml"
    file.write_text(text, encoding="utf-8")
    return plan([file], folder / "out")


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as error:
        planned(folder, text)
    message = str(error.value)
    assert "\n" not in message
    return message.replace(f"{folder}/", "")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Return a folder with clips raw/one and raw/two of two frames."""
    for name in ("one", "two"):
        for index in range(2):
            frame = np.full((16, 16, 3), 90 + index, np.uint8)
            write_png(tmp_path / "raw" / name / f"{index}.png", frame)
    return tmp_path


def test_lists_make_a_product(tmp_path: Path) -> None:
    jobs = planned(tmp_path, "- {name: dawn, prompts: [a castle at dawn, a hut], seed: [1, 2], steps: 4}\n")
    assert [job.name for job in jobs] == [
        "dawn-a-castle-at-dawn-seed-1",
        "dawn-a-castle-at-dawn-seed-2",
        "dawn-a-hut-seed-1",
        "dawn-a-hut-seed-2",
    ]
    assert {job.values["steps"] for job in jobs} == {"4"}
    assert len({job.key for job in jobs}) == 4
    assert len({job.model for job in jobs}) == 1
    assert jobs[0].output == tmp_path / "out" / "dawn-a-castle-at-dawn-seed-1.mp4"


def test_a_list_in_a_list_is_one_clip_of_several_prompts(tmp_path: Path) -> None:
    jobs = planned(tmp_path, "- prompts: [[a cat, a lion], a dog]\n- prompts: {0: dawn, 4: night}\n- boat\n")
    assert [job.subject for job in jobs] == [
        ("a cat", "a lion"),
        ("a dog",),
        ("0: dawn | 4: night",),
        ("boat",),
    ]


def test_an_option_that_takes_several_takes_a_list(clips: Path) -> None:
    jobs = planned(clips, "- {measure: raw/one, metric: [coverage, luma_flicker]}\n")
    assert [job.values for job in jobs] == [{"metrics": ("coverage", "luma_flicker")}]
    jobs = planned(clips, "- {measure: raw/one, metric: coverage}\n- {prompts: a cat, style: noir}\n")
    assert [job.values for job in jobs] == [{"metrics": ("coverage",)}, {"style": ("noir",)}]
    jobs = planned(clips, "- {measure: raw/one, metric: [[coverage], [coverage, luma_flicker]]}\n")
    assert [job.name for job in jobs] == ["one-metrics-coverage", "one-metrics-coverage-luma_flicker"]


def test_patterns_stand_for_clips_and_paths_begin_at_the_file(clips: Path) -> None:
    jobs = planned(clips, "- {smooth: raw/*, smooth-strength: 0.4}\n- {name: x, measure: raw/one/*.png}\n")
    assert [(job.name, job.subject) for job in jobs] == [
        ("one", (str(clips / "raw/one"),)),
        ("two", (str(clips / "raw/two"),)),
        ("x", (str(clips / "raw/one/*.png"),)),
    ]
    assert jobs[0].inputs == (clips / "raw/one",)


def test_keys_are_the_long_options_in_any_spelling(clips: Path) -> None:
    for key in ("--smooth-strength", "smooth_strength", "strength"):  # the last one is a former spelling
        (job,) = planned(clips, f"- {{smooth: raw/one, {key}: 0.4}}\n")
        assert job.values == {"smooth_strength": "0.4"}


def test_every_long_option_of_a_verb_is_a_key() -> None:
    from framesmooth.cli.main import cli

    for name, verb in VERBS.items():
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        options = {option for param in command.params for option in param.opts if option.startswith("--")}
        keys = {f"--{key.replace('_', '-')}" for key in verb.keys}
        others = {"--output", "--overwrite", "--json", "--progress", "--quiet", "--verbose", "--help"}
        others |= {
            "--preview",
            "--variations",
            "--dry-run",
            "--table",
            "--llm",
            "--fail-above",
            "--fail-below",
        }
        others |= {"--format", "--video-size", "--pixel-format"}  # of stdin and stdout
        assert options - keys <= others, name


def test_defaults_give_way_to_the_verb_and_the_job(clips: Path) -> None:
    text = """
defaults: {steps: 4, format: webp, fps: 12, smooth: {smoother: ema, format: png}}
jobs:
  - {prompts: a cat, steps: 2}
  - {prompts: a dog}
  - {smooth: raw/one}
"""
    cat, dog, one = planned(clips, text)
    assert (cat.values["steps"], dog.values["steps"]) == ("2", "4")
    assert cat.output.suffix == ".webp"
    assert one.output == clips / "out" / "one"
    assert one.values == {"smoother": "ema"}  # a rate for new clips would change the speed of this one
    assert "defaults: fps is not taken for smooth" in one.notes[0]


def test_a_verb_may_be_a_setting_of_another(clips: Path) -> None:
    upscaled, plain = planned(clips, "- {prompts: a cat, upscale: 2}\n- {smooth: raw/one, measure: false}\n")
    assert (upscaled.verb, upscaled.values) == ("generate", {"upscale": "2"})
    assert (plain.verb, plain.values) == ("smooth", {"measure": "false"})


def test_names_that_were_not_given_are_numbered(tmp_path: Path) -> None:
    jobs = planned(tmp_path, "- {prompts: a cat, seed: 1}\n- {prompts: A cat!, seed: 2}\n- {prompts: 猫}\n")
    assert [job.name for job in jobs] == ["a-cat", "a-cat-2", "猫"]


def test_files_beside_the_result_are_in_its_folder(clips: Path) -> None:
    jobs = planned(clips, "- {measure: raw/*, html: 'pages/{name}.html'}\n")
    assert jobs[1].values == {"html_file": str(clips / "out" / "pages" / "two.html")}


def test_keys_tell_results_apart(clips: Path) -> None:
    def key(line: str) -> str:
        return planned(clips, f"- {{{line}}}\n")[0].key

    assert key("smooth: raw/one") == key("smooth: raw/one, name: other")
    assert key("smooth: raw/one") != key("smooth: raw/two")
    assert key("smooth: raw/one") != key("smooth: raw/one, smooth-strength: 0.3")
    assert key("smooth: raw/one") != key("smooth: raw/one, format: webm")
    assert key("prompts: a cat") == key("prompts: a cat, low-vram: true")
    assert key("prompts: a cat") != key("prompts: a cat, crf: 30")
    assert key("prompts: a cat, seed: -1") == key("prompts: a cat, seed: -1")


def test_parts_are_of_neighbours_that_share_a_model(clips: Path) -> None:
    file = clips / "jobs.yaml"
    file.write_text(
        "- {name: a, measure: raw/one}\n- {name: b, smooth: raw/one}\n- {name: c, measure: raw/two}\n"
        "- {name: d, smooth: raw/two, smoother: ema}\n",
        encoding="utf-8",
    )
    parts = [[job.name for job in plan([file], clips / "out", Shard(number, 2))] for number in (1, 2)]
    assert parts == [["a", "c"], ["b", "d"]]


def test_a_job_travels_as_plain_values(clips: Path) -> None:
    import json

    for job in planned(clips, "- {prompts: [[a, b]], seed: 3}\n- {measure: raw/one, metric: [coverage]}\n"):
        travelled = job_of(json.loads(json.dumps(job.as_dict())))
        assert travelled.output == job.output
        assert (travelled.subject, travelled.inputs, travelled.key) == (job.subject, job.inputs, job.key)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {prompts: a cat, sede: 1}\n", "jobs.yaml:1: [1].sede: unknown key: did you mean seed?"),
        ("- prompts: a cat\n- prompts: a dog\n  steps: many\n", "jobs.yaml:3: [2].steps: --num-inf"),
        ("- {smooth: raw/one, smoother: emma}\n", "unknown --smoother 'emma'"),
        ("- {smooth: raw/three}\n", "jobs.yaml:1: [1].smooth: raw/three does not exist"),
        ("- {smooth: raw/*.mp4}\n", "raw/*.mp4 stands for no file"),
        ("- {seed: 1}\n", "jobs.yaml:1: [1]: says not what to do"),
        ("- {smoth: raw/one}\n", "smoth: unknown key: did you mean smooth?"),
        ("- {smooth: raw/one, tune: raw/one}\n", "is to be smooth and tune: make two jobs"),
        ("- {name: a, prompts: x}\n- {name: A, prompts: y}\n", "jobs.yaml:2: [2]: A is also the job in line"),
        ("- {name: ../a, prompts: x}\n", "is no name of a file"),
        ("- {name: .a, prompts: x}\n", "is no name of a file"),
        ("- {name: a.b, prompts: x, format: png}\n", "write it without a dot"),
        ("- {prompts: x, format: exe}\n", "'exe' is no format of generate"),
        ("- {measure: raw/one, format: mp4}\n", "write one of json"),
        ("- {prompts: []}\n", "is an empty list"),
        ("- {prompts: x, seed: []}\n", "is an empty list"),
        ("- {prompts: x, seed: {a: 1}}\n", "a setting is a value or a list"),
        ("- {prompts: x, overwrite: true}\n", "overwrite: unknown key"),
        ("- {prompts: x, smooth-strength: 0.1, smooth_strength: 0.2}\n", "is given twice"),
        ("- {measure: raw/*, html: page.html}\n", "page.html is also written by one: write {name} in it"),
        ("defaults: {sede: 1}\njobs: [a cat]\n", "defaults.sede: unknown key: did you mean seed?"),
        ("defaults: {smooth: {steps: 1}}\njobs: [a cat]\n", "defaults.smooth.steps: unknown key"),
        ("- {prompts: x, duration: 2, num-frames: 4}\n", "--duration and --num-frames both say"),
        (f"- {{prompts: x, seed: {[*range(1001)]}, steps: {[*range(1, 1001)]}}}\n", "more than 1000000 jobs"),
    ],
)  # fmt: skip
def test_nothing_runs_before_everything_is_right(clips: Path, text: str, message: str) -> None:
    assert message in refusal(clips, text)
