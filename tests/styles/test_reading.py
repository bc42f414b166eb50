"""Files of styles of several tools, and what becomes of prompts in them."""

from pathlib import Path

import pytest

from framesmooth.errors import UsageError
from framesmooth.styles.reading import read_styles, shipped_styles
from framesmooth.styles.style import Style, find_styles, stacked

A1111 = """\ufeffname,prompt,negative_prompt
=== mine ===,,
Oil,"{prompt}, oil on canvas",photo
Soft,"soft, dreamy",
"""
OLDER = "name,text\nOil,oil on canvas\n"
FOOOCUS = '[{"name": "sai-anime", "prompt": "anime artwork {prompt} . vibrant", "negative_prompt": "photo"}]'
INVOKE = """[{"name": "Ink", "type": "user", "preset_data":
    {"positive_prompt": "{prompt}, ink", "negative_prompt": "blur"}}]"""
INVOKE_FLAT = '{"name": "Ink", "prompt": "{prompt}, ink", "negative_prompt": "blur"}'
OWN = """
dusk:
  about: low sun
  prompt: "{prompt}, at dusk"
  guidance-scale: 4
  lora: [dusk.safetensors:0.7]
plain: words only
"""


@pytest.mark.parametrize(
    ("name", "text", "words", "avoided"),
    [
        ("styles.csv", A1111, {"Oil": "a cat, oil on canvas", "Soft": "a cat, soft, dreamy"}, "blur, photo"),
        ("older.csv", OLDER, {"Oil": "a cat, oil on canvas"}, "blur"),
        ("sdxl.json", FOOOCUS, {"sai-anime": "anime artwork a cat . vibrant"}, "blur, photo"),
        ("invoke.json", INVOKE, {"Ink": "a cat, ink"}, "blur, blur"),
        ("one.json", INVOKE_FLAT, {"Ink": "a cat, ink"}, "blur, blur"),
        ("own.yaml", OWN, {"dusk": "a cat, at dusk", "plain": "a cat, words only"}, "blur"),
    ],
)
def test_files_of_all_tools_are_read(
    tmp_path: Path, name: str, text: str, words: dict[str, str], avoided: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found = read_styles(path)
    assert {style.name: style.words("a cat") for style in found} == words
    assert found[0].avoided("blur") == avoided


def test_own_styles_hold_any_setting(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    assert read_styles(path)[0].settings == {"guidance-scale": 4, "lora": ["dusk.safetensors:0.7"]}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "[1, 2]", "style 1 has no name"),
        ("a.yaml", "a: 3", "a is no style"),
        ("a.yaml", "a: [", "no YAML"),
        ("a.yaml", "", "holds no styles"),
        ("a.json", "{", "line 1"),
        ("a.csv", "x,y\n1,2\n", "columns"),
        ("a.txt", "x", "no file of styles"),
    ],
)
def test_files_that_hold_none_are_refused(tmp_path: Path, name: str, text: str, told: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError, match=told):
        read_styles(path)


def test_an_unknown_name_brings_a_suggestion() -> None:
    with pytest.raises(UsageError, match="did you mean cinematic"):
        find_styles(["cinematik"], shipped_styles())
    assert find_styles(["NOIR"], shipped_styles())[0].name == "noir"


def test_later_styles_take_precedence_and_lists_are_joined() -> None:
    first = Style(name="a", settings={"bars": 2.39, "lora": ["a"]})
    second = Style(name="b", settings={"bars": 1.85, "lora": ["b"]})
    assert stacked([first, second]) == {"bars": 1.85, "lora": ["a", "b"]}
