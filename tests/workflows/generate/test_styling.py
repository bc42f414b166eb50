"""Styles become prompts and settings, and options take precedence over them."""

from pathlib import Path

import pytest

from framesmooth.errors import UsageError
from framesmooth.models.checkpoints import locate_model
from framesmooth.models.vocabulary import load_vocabulary, unknown_words
from framesmooth.styles.reading import shipped_styles
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.styling import with_styles

CAT = parse_prompts(["a cat"])


@pytest.mark.parametrize("style", [style.name for style in shipped_styles()])
def test_every_built_in_style_makes_settings_in_words_that_the_built_in_model_knows(style: str) -> None:
    prompts, options = with_styles(CAT, {"style": [style]})
    settings = GenerateSettings.of(prompts=prompts, output=Path("clip.mp4"), **options)
    vocabulary = load_vocabulary(locate_model("storybook"))
    assert vocabulary is not None
    assert not list(unknown_words(prompts[0].prompt, vocabulary))
    assert not settings.look.look().is_plain
    settings.look.look().check()


def test_options_take_precedence_and_styles_stack() -> None:
    prompts, options = with_styles(
        CAT, {"style": ("cinematic", "noir"), "bars": 1.85, "negative_prompt": "fog"}
    )
    assert (options["bars"], options["grade"]) == (1.85, "noir")
    assert prompts[0].prompt == "a cat, cinematic, dramatic lighting, ink drawing, dramatic lighting, mist"
    assert options["negative_prompt"] == "fog"


def test_files_bring_styles_with_settings_and_paths_beside_them(tmp_path: Path) -> None:
    (tmp_path / "table.cube").write_text("")
    (tmp_path / "my.yaml").write_text(
        "mine:\n  lut: table.cube\n  zoom: 1.01\n  transition: cut\n  steps: 4\n"
    )
    _, options = with_styles(CAT, {"style": "mine", "styles": [tmp_path / "my.yaml"]})
    assert options["lut"] == str(tmp_path / "table.cube")
    assert (options["zoom"], options["steps"]) == ("1.01", 4)
    assert "transition" not in options


def test_a_styles_camera_gives_way_to_a_video() -> None:
    assert "camera" not in with_styles(CAT, {"style": "documentary", "init_video": "a.mp4"})[1]
    assert "camera" in with_styles(CAT, {"style": "documentary"})[1]


@pytest.mark.parametrize("key", ["guidence-scale", "overwrite", "output"])
def test_a_key_that_styles_cannot_have_is_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "my.yaml").write_text(f"mine:\n  {key}: 4\n")
    with pytest.raises(UsageError, match="no setting of styles"):
        with_styles(CAT, {"style": "mine", "styles": [tmp_path / "my.yaml"]})
