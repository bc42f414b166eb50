"""Shots of the page become a story of texts and numbers, which names no file."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.ui.settings import ServerSettings
from framesmooth.ui.stories import story_request, title_of, with_new_seed, write_story

OWNER = ServerSettings(max_frames=100, max_pixels=128 * 128)
SHOT = {"prompt": "the sea", "duration": "2"}


def test_shots_become_a_story(tmp_path: Path) -> None:
    shots = [SHOT | {"transition": "fade from black 0.5"}, {"prompt": "a castle: at night #1", "seed": "3"}]
    request = story_request(shots, {"size": "64 x 48", "fps": "8", "steps": "4"}, OWNER)
    assert yaml.safe_load(write_story(tmp_path, request).read_text()) == {
        "size": "64x48",
        "fps": "8",
        "defaults": {"steps": "4"},
        "shots": [
            {"prompt": "the sea", "transition": "fade from black 0.5", "duration": "2"},
            {"prompt": "a castle: at night #1", "duration": "4", "seed": "3"},
        ],
    }
    assert title_of(request) == "the sea → a castle: at night #1"
    again = with_new_seed(request, 2)
    assert again["story"]["shots"][1]["seed"] == "4"
    assert again["story"]["shots"][0] == request["story"]["shots"][0]
    with pytest.raises(UsageError, match="the film has 2"):
        with_new_seed(request, 3)


@pytest.mark.parametrize(
    ("shots", "film", "words"),
    [
        ([], {}, "no shot"),
        ([{"prompt": " "}], {}, "no shot"),
        ([SHOT] * 101, {}, "100 at most"),
        ([SHOT | {"duration": "x"}], {}, "no duration of shot 1"),
        ([SHOT | {"duration": "nan"}], {}, "no duration of shot 1"),
        ([SHOT | {"seed": "-1"}], {}, "no seed of shot 1"),
        ([SHOT | {"duration": "60"}], {}, "720 frames are too many"),
        ([SHOT], {"size": "big"}, "no size"),
        ([SHOT], {"size": "1000x1000"}, "too large here"),
        ([SHOT], {"fps": "0"}, "no rate"),
        ([{"prompt": "secret.yaml"}], {}, "name of a file"),
        ([{"prompt": "/etc/a b.TXT "}], {}, "name of a file"),
        ([{"prompt": "x" * 3000}], {}, "write less"),
    ],
)
def test_shots_that_are_refused(shots: Any, film: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        story_request(shots, film, OWNER)


@given(
    st.dictionaries(
        st.sampled_from(["prompt", "transition", "camera", "title", "say", "include", "music"]), st.text()
    )
)
def test_a_story_holds_nothing_but_texts(shot: dict[str, str]) -> None:
    try:
        request = story_request([SHOT | shot], {}, OWNER)
    except UsageError:
        return
    found = yaml.safe_load(yaml.safe_dump(request["story"]))["shots"][0]
    assert set(found) <= {"prompt", "duration", "transition", "camera", "title", "seed"}
    assert all(isinstance(value, str) for value in found.values())
