"""Ghosts of smoothed versions are seen, and no strength with any is chosen."""

import numpy as np

from framesmooth.frames import Frame
from framesmooth.tuning.blind_quality import Sample, Segment, motions_of
from framesmooth.tuning.ghosts import ghosting_in, small_pictures
from framesmooth.tuning.search import COARSE, Experiment, Goal, SmootherConfig, around, search
from framesmooth.tuning.trial import Trial
from tests.scenes import moving_scene

PAN = moving_scene(frames=8, size=(64, 96), pan=(2.0, 0.5), seed=3).frames
SETUP = SmootherConfig()


def cross_faded(frames: list[Frame]) -> list[Frame]:
    """Return a fade from the first to the last of some frames, as long as they are."""
    first, last = (frame.astype(np.float32) for frame in (frames[0], frames[-1]))
    mixes = np.linspace(0, 1, len(frames))
    return [np.asarray(np.rint(first + mix * (last - first)), np.uint8) for mix in mixes]


def test_what_moves_has_no_ghosts_and_what_fades_instead_does() -> None:
    assert ghosting_in([small_pictures(PAN)]) < 5
    assert ghosting_in([small_pictures(cross_faded(PAN))]) > 50
    assert ghosting_in([]) == 0


def test_large_frames_are_kept_small() -> None:
    (small,) = small_pictures([np.zeros((600, 1024, 3), np.uint8)])
    assert small.shape == (150, 256, 3)


def experiment(ghosts_from: float) -> Experiment:
    """Return one that has tried all strengths: flicker falls to three quarters, ghosts come with one."""
    moved, faded = small_pictures(PAN), small_pictures(cross_faded(PAN))
    found = Experiment([PAN], sample=Sample.of([Segment(PAN, motions_of(PAN))]))
    tried = {strength for each in COARSE for strength in (each, *around(each))}
    found.trials[SETUP] = {each: Trial(each, 1, 4 - each, 1, 12 - 3 * each, 0) for each in tried}
    found.pictures[SETUP] = {each: [faded if each >= ghosts_from else moved] for each in tried}
    return found


def test_a_strength_that_dissolves_what_moves_is_not_chosen() -> None:
    assert search(experiment(2.0), Goal(), [SETUP]).trial.strength == 1
    spared = search(experiment(0.6), Goal(), [SETUP])
    assert (spared.kind, spared.trial.strength, spared.ghosts_from) == ("tuned", 0.55, 0.6)
    none = search(experiment(0.05), Goal(), [SETUP])
    assert (none.kind, none.trial.strength, none.ghosts_from) == ("impossible", 0, 0.05)
