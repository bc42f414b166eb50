"""Stories are read key by key; what is wrong is told with file, line, key and the nearest known word."""

from fractions import Fraction
from pathlib import Path

import pytest

from framesmooth.errors import UsageError
from framesmooth.story.reader import read_story
from framesmooth.story.spec import MOST_SHOTS
from tests.story.stories import SETTINGS, story

WHOLE = """
fps: 24
size: 640x360
style: [documentary, noir]
duration: 3
transition: dissolve 0.5
defaults: {steps: 4, smooth-strength: 0.3}
end: fade black 1
handles: 0.5
shots:
- prompt: the sea at dawn
  camera: slow pan left
  title: {text: Dawn, at: 0.5, duration: 2, position: top, color: "#ffcc00"}
  say: "It begins at sea."
- {prompt: a castle, duration: 1:04.5, transition: wipe left 0.25, style: watercolour, seed: -1}
- the castle at night
"""


def test_a_whole_story() -> None:
    film = story(WHOLE)
    assert film.fps == Fraction(24)
    assert film.size == (360, 640)
    assert film.handles == Fraction(1, 2)
    assert str(film.end) == "fade black 1"
    sea, castle, night = film.shots
    assert [shot.number for shot in film.shots] == [1, 2, 3]
    assert sea.prompts == ("the sea at dawn",)
    assert sea.duration == Fraction(3)
    assert [sea.camera, sea.say] == ["slow pan left", "It begins at sea."]
    assert sea.title is not None
    assert sea.title.text == "Dawn"
    assert [sea.title.at, sea.title.duration] == [Fraction(1, 2), Fraction(2)]
    assert (sea.title.position, sea.title.color) == ("top", (255, 204, 0))
    assert sea.transition.kind == "cut", "the transition for all shots is between them"
    assert (castle.duration, castle.transition.name) == (Fraction(129, 2), "left")
    assert castle.style == ("documentary", "noir", "watercolour")
    assert castle.settings == {"steps": "4", "smooth_strength": "0.3", "seed": "-1"}
    assert (night.prompts, night.transition.kind) == (("the castle at night",), "dissolve")


def test_words_of_yaml_stay_words() -> None:
    (shot,) = story("shots: [{prompt: no, negative_prompt: yes, title: 1:30}]").shots
    assert (shot.prompts, shot.settings["negative_prompt"]) == (("no",), "yes")
    assert shot.title is not None
    assert shot.title.text == "1:30"


def test_a_list_is_a_story_and_json_is_one_too() -> None:
    assert [shot.prompts[0] for shot in story("- a sea\n- prompt: a castle\n").shots] == ["a sea", "a castle"]
    assert story('{"fps": 8, "shots": [{"prompt": "a sea"}]}').fps == 8


def test_anchors_and_merges_give_defaults() -> None:
    text = "shots:\n- &first {prompt: a sea, duration: 2, seed: 5}\n- {<<: *first, prompt: a castle}\n"
    first, second = story(text).shots
    assert [first.prompts, second.prompts] == [("a sea",), ("a castle",)]
    assert first.duration == second.duration == Fraction(2)
    assert first.settings == second.settings == {"seed": "5"}


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (
            "shots:\n- prompt: a\n  durration: 3\n",
            3,
            "shots[1].durration: unknown key: did you mean duration",
        ),
        ("fsp: 3\nshots: [a]\n", 1, "fsp: unknown key: did you mean fps"),
        ("shots:\n- prompt: a\n  duration: 0\n", 3, "shots[1].duration: 0 seconds"),
        ("shots:\n- prompt: a\n  duration: 1000000000\n", 3, "shots[1].duration: 1000000000 seconds"),
        ("shots:\n- prompt: a\n  duration: -4\n", 3, "'-4' is no number of seconds"),
        ("shots:\n- prompt: a\n- prompt: b\n  transition: disolve\n", 4, "did you mean dissolve"),
        ("shots:\n- prompt: a\n- prompt: b\n  transition: dissolve 99\n", 4, "at most 10 seconds"),
        ("shots:\n- prompt: a\n  transition: dissolve\n", 3, "the first shot begins with a cut or a fade"),
        ("shots:\n- prompt: a\n  title: {text: b, position: left}\n", 3, "top, center, bottom"),
        ("shots:\n- prompt: a\n  title: {text: b, colour: red}\n", 3, "did you mean color"),
        ("shots:\n- prompt: ''\n", 2, "shots[1].prompt: is empty"),
        ("shots:\n- duration: 3\n", 2, "has no prompt"),
        ("shots:\n- prompt: a\n  prompt: b\n", 3, "given twice"),
        ("shots: []\n", 1, "is empty"),
        ("shots: a castle\n", 1, "shots are a list"),
        ("fps: 12\n", 1, "there are no shots"),
        ("fps: 0\nshots: [a]\n", 1, "more than 0"),
        ("size: 641x360\nshots: [a]\n", 1, "odd side"),
        ("size: big\nshots: [a]\n", 1, "is no size"),
        ("end: wipe left\nshots: [a]\n", 1, "a film ends with"),
        ("music: nowhere.mp3\nshots: [a]\n", 1, "does not exist beside the story"),
        ("shots:\n- include: nowhere.yaml\n", 2, "does not exist beside the story"),
        ("shots:\n- &a [*a]\n", 2, "refers to itself"),
        ("shots:\n- prompt: a: b\n", 2, "no YAML"),
        ("shots:\n- seed: {a: b}\n  prompt: c\n", 2, "a setting is a value or a list"),
    ],
)
def test_errors_name_file_line_and_key(tmp_path: Path, text: str, line: int, told: str) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        read_story(path, SETTINGS)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_shots_are_included_from_other_files(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text("- a castle\n- {prompt: a gate, seed: 3}\n")
    (tmp_path / "story.yaml").write_text("shots:\n- a sea\n- include: part.yaml\n- a forest\n")
    film = read_story(tmp_path / "story.yaml", SETTINGS)
    assert [shot.prompts[0] for shot in film.shots] == ["a sea", "a castle", "a gate", "a forest"]
    assert [shot.number for shot in film.shots] == [1, 2, 3, 4]
    (tmp_path / "part.yaml").write_text("- a castle\n- {prompt: a gate, sed: 3}\n")
    with pytest.raises(UsageError, match=r"part\.yaml:2: \[2\]\.sed: unknown key"):
        read_story(tmp_path / "story.yaml", SETTINGS)


def test_includes_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("shots:\n- include: b.yaml\n")
    (tmp_path / "b.yaml").write_text("shots:\n- include: a.yaml\n")
    with pytest.raises(UsageError, match=r"b\.yaml:2: shots\[1\]\.include: a\.yaml includes itself"):
        read_story(tmp_path / "a.yaml", SETTINGS)


def test_files_that_multiply_are_refused(tmp_path: Path) -> None:
    """Nine aliases of nine aliases: a billion values if they were all made."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(UsageError, match="more than 50000 values"):
        story("\n".join(lines))
    with pytest.raises(UsageError, match=f"more than {MOST_SHOTS} shots"):
        story("shots:\n" + "- a\n" * (MOST_SHOTS + 1))
    with pytest.raises(UsageError, match="nested too deeply"):
        story("[" * 5000)
