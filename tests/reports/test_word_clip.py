"""The clip of words: which words it shows, and maps that are mixed between the frames looked at."""

import numpy as np

from framesmooth.reports.word_clip import MOST_WORDS, strongest, word_frames


def test_the_strongest_words_stand_in_their_order() -> None:
    effects = np.array([[0.1, 0.0], [0.2, 0.9], [0.3, 0.3], [0.05, 0.0], [0.5, 0.1], [0.4, 0.4], [1, 1]])
    words = list("abcdefg")
    shown = strongest(words, effects.astype(np.float32))
    assert [words[index] for index in shown] == ["b", "c", "e", "f", "g"]
    assert len(shown) == MOST_WORDS


def test_a_word_brightens_where_its_map_does() -> None:
    frames = [np.full((64, 64, 3), 200, np.uint8) for _ in range(5)]
    heats = np.zeros((1, 2, 8, 8), np.float32)
    heats[0, 1, :, 4:] = 1.0
    effects = np.array([[0.0, 1.0]], np.float32)
    shown = list(word_frames(frames, ["boat"], [0, 4], heats, effects))
    cells = [frame[-64:, -64:].astype(float).mean(axis=2) for frame in shown]
    assert len(shown) == 5
    right = [float(cell[:, 44:].mean()) for cell in cells]
    assert right == sorted(right)
    assert right[-1] > 195 > 140 > right[2] > right[0]
    assert cells[-1][:, :20].mean() < 80, "where the word draws nothing the picture is dim"
    assert (shown[0][-64:, :64] == 200).all(), "the clip is beside it"
