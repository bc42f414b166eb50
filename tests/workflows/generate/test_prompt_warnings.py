"""What is said about prompts before a clip is made: unknown words and symbols, subjects, length, glyphs."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.models.checkpoints import BUILT_IN_FOLDER
from framesmooth.models.vocabulary import (
    Subjects,
    knows_any,
    load_subjects,
    load_vocabulary,
    unknown_words,
)
from framesmooth.reports.fonts import Typeface, default_font, typeface
from framesmooth.reports.montage import captioned

LONG = "a cat on the beach " * 40 + "antelopes"


@pytest.fixture(scope="module")
def subjects() -> Subjects:
    found = load_subjects(BUILT_IN_FOLDER)
    assert found is not None
    return found


@pytest.mark.input_table(
    "Prompts", "`a dragon over a castle` for storybook", "made; it is said that it shows one subject"
)
@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("a dragon over a castle", ["dragon", "castle"]),
        ("two cats and a dog", ["cats", "dog"]),
        ("two cats on the beach", ["cats"]),
        ("three big red horses", ["horses"]),
        ("butterflies in a meadow", ["butterflies"]),
        ("5 deer in the forest", ["deer"]),
        ("a cat by a house under a tree", ["cat", "house", "tree"]),
        ("a cat on the beach", []),
        ("a sailboat on a mountain lake", []),
        ("an astronaut riding a white horse on the moon", []),
        ("a white cat, cute cat, 4k", []),
        ("a fire-breathing dragon over the city", []),
        ("the sea at dawn", []),
        ("a hot air balloon over rolling hills", []),
    ],
)
def test_one_subject_a_picture(prompt: str, named: list[str], subjects: Subjects) -> None:
    assert subjects.too_many(prompt) == named


def test_all_names_of_a_subject_are_known_words_and_one_subject(subjects: Subjects) -> None:
    vocabulary = load_vocabulary(BUILT_IN_FOLDER)
    assert vocabulary is not None
    for phrase in (phrase for each in subjects.names.values() for phrase in each):
        assert unknown_words(phrase, vocabulary) == [], phrase
        assert subjects.too_many(f"a {phrase} on the hills") == [], phrase


@pytest.mark.input_table("Prompts", "only emoji, for storybook", "said: the model knows no word of it")
def test_symbols_are_no_known_words() -> None:
    vocabulary = frozenset({"cat", "sea", "sailing"})
    assert [str(one) for one in unknown_words("🐱 and a big cat", vocabulary)] == ["🐱 (cat face)", "big"]
    assert not knows_any("🐱🌊", vocabulary)
    assert not knows_any("123 !", vocabulary)
    assert knows_any("🐱 Cat", vocabulary)
    assert knows_any("sea-monster", vocabulary)


def ahead(tiny_model: Path, tmp_path: Path, prompt: str, option: str) -> Result:
    fixed = ["--model", str(tiny_model), "--num-frames", "2", "-W", "32", "-H", "24", "--steps", "1"]
    result = CliRunner().invoke(cli, ["generate", prompt, *fixed, "-o", str(tmp_path / "clip.mkv"), option])
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("option", ["--preview", "--dry-run"])
@pytest.mark.input_table("Prompts", "a prompt of 200 words", "read to its end where the text encoder is CLIP")
def test_a_long_prompt_is_read_to_its_end(option: str, tiny_model: Path, tmp_path: Path) -> None:
    long = ahead(tiny_model, tmp_path, LONG, option).stderr
    assert "too long" not in long
    assert len(max(long.splitlines(), key=len)) < 250 or "does not know" in max(long.splitlines(), key=len)


def test_words_of_motion_and_words_that_name_nothing_are_not_said_to_be_unknown(
    tiny_model: Path, tmp_path: Path
) -> None:
    told = ahead(
        tiny_model, tmp_path, "a cat swaying in the wind, smoke rising from the cat", "--preview"
    ).stderr
    assert "does not know" not in told


def test_emoji_are_said_ahead(tiny_model: Path, tmp_path: Path) -> None:
    told = ahead(tiny_model, tmp_path, "🐱🌊", "--preview").stderr
    assert "does not know these words: 🐱 (cat face), 🌊 (water wave)" in told
    assert "knows no word of '🐱🌊'" in told


def test_subjects_are_said_ahead(tiny_model: Path, tmp_path: Path) -> None:
    listing = tiny_model / "vocabulary.json"
    content = listing.read_text()
    try:
        listing.write_text(json.dumps(json.loads(content) | {"subjects": {"cat": ["cat"], "lion": ["lion"]}}))
        told = ahead(tiny_model, tmp_path, "a cat on a lion", "--preview").stderr
    finally:
        listing.write_text(content)
    assert "shows one subject a picture, and 'a cat on a lion' asks for cat and lion" in told


def test_glyphs_that_no_font_has_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    face = Typeface(20)
    assert face.shown("a cat ½² кот") == "a cat ½² кот"
    private = chr(0xF8FE0)
    assert face.shown(f"a {private}") == "a [u+f8fe0]"
    assert "\ufe0f" not in face.shown("☀\ufe0f")


def test_text_in_any_script_leaves_no_box() -> None:
    """The picture of a missing glyph, an empty box, is in no caption."""
    face = typeface(24)
    for text in ("🐱🦖", "一只猫在海滩", "مرحبا", "👩‍🚀"):
        shown = face.shown(text)
        for character in shown:
            fonts = [face] if ord(character) < 128 else []
            assert fonts or face.shown(character) == character
        assert face.getlength(shown) > 0
    (cell,) = captioned([np.zeros((40, 200, 3), np.uint8)], [("frame 0", "一只猫" * 40)])
    assert cell.shape[1] == 200
    assert default_font().is_file()
