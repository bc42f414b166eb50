"""Files of jobs in all their forms say the same, and errors name the line."""

from pathlib import Path

import pytest

from framesmooth.errors import UsageError
from framesmooth.workflows.batch.job_file import read_job_file

SAME = {
    "jobs.yaml": "jobs:\n- {name: a, prompts: a cat, seed: 1}\n- {name: b, prompts: 'a dog, wet', seed: 2}\n",
    "list.yaml": "- {name: a, prompts: a cat, seed: 1}\n- {name: b, prompts: 'a dog, wet', seed: 2}\n",
    "jobs.json": '{"jobs": [{"name": "a", "prompts": "a cat", "seed": 1},\n'
    '{"name": "b", "prompts": "a dog, wet", "seed": 2}]}',
    "jobs.jsonl": '{"name": "a", "prompts": "a cat", "seed": 1, "steps": null}\n\n'
    '{"name": "b", "prompts": "a dog, wet", "seed": 2}\n',
    "jobs.csv": 'name,prompts,seed,steps\na,a cat,1,\nb,"a dog, wet",2,\n',
}


@pytest.mark.parametrize("name", SAME)
def test_all_forms_say_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(SAME[name], encoding="utf-8")
    found = [
        {key: value.value for key, value in entry.value.items()} for entry in read_job_file(path).entries
    ]
    assert found == [
        {"name": "a", "prompts": "a cat", "seed": "1"},
        {"name": "b", "prompts": "a dog, wet", "seed": "2"},
    ]


def test_values_know_their_line(tmp_path: Path) -> None:
    csv = tmp_path / "jobs.csv"
    csv.write_text('name,prompts\na,"two\nlines"\nb,x\n', encoding="utf-8")
    assert [entry.line for entry in read_job_file(csv).entries] == [2, 4]
    lines = tmp_path / "jobs.jsonl"
    lines.write_text('{"prompts": "a"}\n\n{"prompts": ["b", "c"]}\n', encoding="utf-8")
    assert [entry.value["prompts"].line for entry in read_job_file(lines).entries] == [1, 3]


def test_a_settings_file_of_deforum_is_one_job(tmp_path: Path) -> None:
    path = tmp_path / "20230101_settings.txt"
    path.write_text('{"prompts": {"0": "a cat"}, "max_frames": 4}', encoding="utf-8")
    (entry,) = read_job_file(path).entries
    assert entry.value["prompts"].value == str(path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "jobs: []\n", "a.yaml:1: there are no jobs"),
        ("a.yaml", "job:\n  - a cat\n", "a.yaml:1: job: unknown key: did you mean jobs?"),
        ("a.yaml", "jobs:\n- a: b: c\n", "a.yaml:2: no YAML"),
        ("a.yaml", "", "is empty: write jobs"),
        ("a.jsonl", '{"prompts": "a"}\n{"prompts": \n', "a.jsonl:2: no JSON"),
        ("a.jsonl", '["a"]\n', "a.jsonl:1: one object a line"),
        ("a.csv", "prompts,seed\na cat,1,2\n", "a.csv:2: 3 cells for 2 keys"),
        ("a.csv", "seed,seed\n1,2\n", "a.csv:1: seed is given twice"),
        ("a.csv", "", "a.csv:1: the first row names the keys"),
        ("a.csv", 'prompts\n"a cat\n', "no CSV"),
        ("a.csv", "prompts,\na,b\n", "a.csv:2: a cell in a column without a name"),
        ("a.toml", "x = 1\n", "is no file of jobs"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        read_job_file(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl", "a.yaml"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00prompts")
        with pytest.raises(UsageError):
            read_job_file(tmp_path / name)
    with pytest.raises(UsageError, match="is no file"):
        read_job_file(tmp_path / "missing.yaml")
