"""The style that a LoRA is to learn: none of storybook, the same every time, panes between lines of lead."""

import numpy as np
from storybook.dataset import scene_at
from storybook.styles import STYLES
from storybook.unseen_style import LEAD, NAME, paint_unseen


def test_it_is_painted_in_panes_of_one_colour() -> None:
    assert NAME not in STYLES
    scene = scene_at(3, complete=True)
    picture = paint_unseen(scene, 128, 128)
    assert np.array_equal(picture, paint_unseen(scene, 128, 128))
    dark = np.abs(picture.astype(float) - LEAD).max(axis=2) < 60
    assert 0.1 < dark.mean() < 0.6
    panes = picture[~dark].reshape(-1, 3)
    _, counts = np.unique(panes, axis=0, return_counts=True)
    assert counts.max() > 20, "a pane has one colour"
    assert not np.array_equal(picture, paint_unseen(scene_at(4, complete=True), 128, 128))
