"""The search for a strength: one pass over the sample for a coarse grid, one more around its best."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from scipy.optimize import minimize_scalar

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.metrics.benefit import CLEAN_FLICKER, CLEAN_LUMA, adds_ghosts
from framesmooth.metrics.verdict import LARGEST_DETAIL_LOSS
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.timeline.schedule import Schedule
from framesmooth.tuning.blind_quality import (
    MOTION_STRENGTH,
    Sample,
    Segment,
    motions_of,
)
from framesmooth.tuning.ghosts import ghosting_in, small_pictures
from framesmooth.tuning.jitter import jitter_evidence
from framesmooth.tuning.trial import Trial, retention

COARSE: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
STEP: Final = 0.05
"""Strengths closer than this are not told apart."""

_LEAST_COVERAGE: Final = 0.05
_POLISHING: Final = 6  # strengths at most
# A clip has the flicker that a selective method is made for if that lowers its flicker to this share.
_SUITED: Final = 0.9

TargetMetric = Literal["warping_error", "luma_flicker", "flicker"]
Kind = Literal["tuned", "clean", "no-motion", "impossible"]


@dataclass(frozen=True, kw_only=True)
class SmootherConfig:
    """A smoother without its strength."""

    method: str = "trajectory"
    flow: str | None = None

    def smoother(self, strength: float | Schedule = MOTION_STRENGTH) -> MotionSmoother:
        """Return it at a strength or at a schedule of it.

        Raises:
            UsageError: unknown names, or a smoother that doesn't work along the motion.
        """
        made = create_smoother(self.method, strength, **({} if self.flow is None else {"flow": self.flow}))
        if not isinstance(made, MotionSmoother):
            raise UsageError(f"{self.method} cannot be tuned: use another --smoother")
        return made

    @property
    def selective(self) -> bool:
        """Whether the method leaves clips without its own kind of flicker as they are."""
        return self.smoother().selective

    @property
    def label(self) -> str:
        """The method, and the flow where it isn't the usual one."""
        return self.method if self.flow is None else f"{self.method} with {self.flow}"


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The goal: the least error within the detail floor, or the gentlest strength below a target."""

    max_detail_loss: float = LARGEST_DETAIL_LOSS
    metric: TargetMetric | None = None
    target: float = 0.0

    def best(self, trials: Iterable[Trial], *, below: float = math.inf) -> Trial:
        """Return the best of some trials that keep enough detail, of strengths ``below`` one.

        One of the trials has strength 0.
        """
        allowed = [trial for trial in self.allowed(trials) if trial.strength < below]
        if self.metric is None:
            return min(allowed, key=lambda trial: (trial.error, trial.strength))
        reached = [trial for trial in allowed if self.value(trial) <= self.target]
        if reached:
            return min(reached, key=lambda trial: trial.strength)
        return min(allowed, key=self.value)

    def allowed(self, trials: Iterable[Trial]) -> list[Trial]:
        """Return the trials that keep enough detail, by rising strength."""
        rising = sorted(trials, key=lambda trial: trial.strength)
        pairs = zip(rising, retention(rising), strict=True)
        return [trial for trial, kept in pairs if 1 - kept <= self.max_detail_loss + 1e-9]

    def value(self, trial: Trial) -> float:
        """Return the target's metric of a trial."""
        return float(getattr(trial, self.metric or "flicker"))


@dataclass
class Experiment:
    """Smooths segments at several strengths at once, and judges the results along one motion.

    ``trials`` holds all that was found, by setup and strength; ``on_frames`` is called for every frame.
    """

    clips: Sequence[Sequence[Frame]]
    trials: dict[SmootherConfig, dict[float, Trial]] = field(default_factory=dict)
    sample: Sample | None = None
    pictures: dict[SmootherConfig, dict[float, list[list[Frame]]]] = field(default_factory=dict)
    """What ghosting is seen by in each version: the frames of every segment, by setup and strength."""
    on_frames: Callable[[int], None] = lambda done: None
    passes: int = 0

    def run(self, setup: SmootherConfig, strengths: Sequence[float]) -> None:
        """Fill the trials of ``strengths`` that are missing; the very first call makes the motion, too."""
        known = self.trials.setdefault(setup, {})
        wanted = [strength for strength in strengths if strength not in known]
        if not wanted:
            return
        lanes = sorted({*wanted, *(() if self.sample else (MOTION_STRENGTH,))})
        self.passes += 1
        versions = [self._smoothed(setup, clip, lanes) for clip in self.clips]
        if self.sample is None:
            middle = lanes.index(MOTION_STRENGTH)
            seen = [[frames[middle] for frames in version] for version in versions]
            segments = zip(self.clips, seen, strict=True)
            self.sample = Sample.of([Segment(clip, motions_of(frames)) for clip, frames in segments])
        small = self.pictures.setdefault(setup, {})
        for lane, strength in enumerate(lanes):
            of_lane = [[frames[lane] for frames in version] for version in versions]
            known[strength] = self.sample.judge(strength, of_lane)
            small[strength] = list(map(small_pictures, of_lane))

    def adds_ghosts(self, setup: SmootherConfig, strength: float) -> bool:
        """Tell whether what moves dissolves at a strength that was tried, and doesn't at 0."""
        before, after = (ghosting_in(self.pictures[setup][each]) for each in (0.0, strength))
        still, smoothed = (self.trials[setup][each].flicker for each in (0.0, strength))
        return adds_ghosts(before, after, smoothed / still if still else None)

    def _smoothed(
        self, setup: SmootherConfig, clip: Sequence[Frame], lanes: Sequence[float]
    ) -> list[tuple[Frame, ...]]:
        found = []
        for versions in setup.smoother().at_strengths(clip, lanes):
            found.append(versions)
            self.on_frames(1)
        return found

    @property
    def tried(self) -> int:
        """How many trials there are."""
        return sum(map(len, self.trials.values()))


@dataclass(frozen=True)
class SearchResult:
    """What a search found on its sample.

    Attributes:
        trials: of the chosen setup, by rising strength.
        stopped: whether the time budget or the user ended the search early.
        ghosts_from: the gentlest strength that was found to dissolve what moves; None without any.
    """

    kind: Kind
    setup: SmootherConfig
    trial: Trial
    trials: tuple[Trial, ...]
    coverage: float
    stopped: bool = False
    ghosts_from: float | None = None

    @property
    def pareto(self) -> list[dict[str, float]]:
        """Plain types for JSON: every trial with its detail_retention."""
        kept = retention(self.trials)
        return [
            trial.as_dict() | {"detail_retention": share}
            for trial, share in zip(self.trials, kept, strict=True)
        ]

    @property
    def detail_loss(self) -> float:
        """Of the chosen trial."""
        return 1 - self.pareto[self.trials.index(self.trial)]["detail_retention"]

    @property
    def before(self) -> Trial:
        """The trial of strength 0."""
        return self.trials[0]


def search(
    experiment: Experiment, goal: Goal, setups: Sequence[SmootherConfig], deadline: float | None = None
) -> SearchResult:
    """Return the best strength of the best setup; the first setup is the one that is known to be good.

    Each setup takes one pass over the sample, and the best one another, around its best strength. The search
    ends early, with the best so far, at ``deadline`` (``time.monotonic()``) and on KeyboardInterrupt; before
    the first result KeyboardInterrupt is raised.
    """
    stopped = False
    try:
        for setup in setups:
            if experiment.tried and _late(deadline):
                stopped = True
                break
            experiment.run(setup, COARSE)
            if setup == setups[0] and (settled := _settled(experiment, setup)) is not None:
                if settled.kind != "clean" or not _suits_any(experiment, goal, setups[1:]):
                    return settled
                break  # only that kind disturbs: key frames move too little to be more than grain
        setup = _leader(experiment, goal)
        if _late(deadline):
            stopped = True
        else:
            experiment.run(setup, around(goal.best(_cells(experiment, setup)).strength))
            if len(setups) > 1:
                _polish(experiment, goal, setup, deadline)
    except KeyboardInterrupt:
        if not any(set(COARSE) <= set(trials) for trials in experiment.trials.values()):
            raise
        stopped = True
    setup = _leader(experiment, goal)
    trials = _cells(experiment, setup)
    best, ghosts = _without_ghosts(experiment, goal, setup)
    found = SearchResult("tuned", setup, best, trials, _coverage(experiment), stopped, ghosts)
    return replace(found, kind="impossible") if found.trial.strength == 0 else found


def _without_ghosts(experiment: Experiment, goal: Goal, setup: SmootherConfig) -> tuple[Trial, float | None]:
    """Return the best trial that adds no ghosts, and the gentlest strength found that does.

    Ghosting is measured for the best trial only, and for the next one where that adds some.
    """
    below: float | None = None
    while True:
        best = goal.best(_cells(experiment, setup), below=math.inf if below is None else below)
        if best.strength == 0 or not experiment.adds_ghosts(setup, best.strength):
            return best, below
        below = best.strength


def _polish(experiment: Experiment, goal: Goal, setup: SmootherConfig, deadline: float | None) -> None:
    """Look for the least error closer than STEP to the best strength (Brent's method, bounded)."""
    best = goal.best(_cells(experiment, setup)).strength
    if goal.metric is not None or best == 0:
        return

    def error(strength: float) -> float:
        tried = round(float(strength), 3)
        if not _late(deadline):
            experiment.run(setup, [tried])
        trial = experiment.trials[setup].get(tried)
        return (
            float("inf")
            if trial is None or trial not in goal.allowed(_cells(experiment, setup))
            else trial.error
        )

    minimize_scalar(
        error,
        bounds=(max(best - STEP, 0.0), min(best + STEP, 1.0)),
        method="bounded",
        options={"maxiter": _POLISHING, "xatol": 0.005},
    )


def removable(trials: Sequence[Trial]) -> float:
    """Return the standard deviation of the flicker, in levels, that the strongest of the trials removes.

    Motion that is uneven, and fast in poor light, looks like flicker that no strength removes.
    """
    first, last = trials[0].flicker, min(trial.flicker for trial in trials)
    return float((first**2 - last**2) ** 0.5)


def around(strength: float) -> tuple[float, ...]:
    """Return the strengths between the coarse neighbours of one, STEP apart."""
    at = COARSE.index(strength) if strength in COARSE else 0
    first, last = COARSE[max(at - 1, 0)], COARSE[min(at + 1, len(COARSE) - 1)]
    count = round((last - first) / STEP)
    return tuple(round(first + STEP * k, 2) for k in range(1, count))


def _settled(experiment: Experiment, setup: SmootherConfig) -> SearchResult | None:
    """Return the verdict on a clip that needs no smoothing or has no usable motion; None for all others."""
    trials = _cells(experiment, setup)
    still = trials[0]
    if _coverage(experiment) < _LEAST_COVERAGE:
        return SearchResult("no-motion", setup, still, trials, _coverage(experiment))
    quiet = removable(trials) <= CLEAN_FLICKER and still.luma_flicker <= CLEAN_LUMA
    if quiet and not jitter_evidence(experiment.clips).is_seen:
        return SearchResult("clean", setup, still, trials, _coverage(experiment))
    return None


def _suits_any(experiment: Experiment, goal: Goal, setups: Sequence[SmootherConfig]) -> bool:
    """Try the selective setups, and tell whether the clip has the flicker that one of them is made for."""
    for setup in (setup for setup in setups if setup.selective):
        experiment.run(setup, COARSE)
        if _suits(experiment, setup, goal.best(_cells(experiment, setup))):
            return True
    return False


def _suits(experiment: Experiment, setup: SmootherConfig, best: Trial) -> bool:
    """Tell whether a setup is selective, and the clip has its kind of flicker."""
    return setup.selective and best.flicker <= _SUITED * experiment.trials[setup][0.0].flicker


def _leader(experiment: Experiment, goal: Goal) -> SmootherConfig:
    full = [setup for setup in experiment.trials if set(COARSE) <= set(experiment.trials[setup])]
    bests = {setup: goal.best(experiment.trials[setup].values()) for setup in full}
    if goal.metric is None:
        least = min(best.flicker for best in bests.values())
        for setup, best in bests.items():  # what it leaves is grain: nothing need be averaged
            grainy = best.flicker**2 - least**2 <= CLEAN_FLICKER**2 and best.luma_flicker <= CLEAN_LUMA
            if grainy and _suits(experiment, setup, best):
                return setup
        return min(bests, key=lambda setup: bests[setup].error)
    return min(bests, key=lambda setup: (max(goal.value(bests[setup]), goal.target), bests[setup].error))


def _cells(experiment: Experiment, setup: SmootherConfig) -> tuple[Trial, ...]:
    return tuple(sorted(experiment.trials[setup].values(), key=lambda trial: trial.strength))


def _coverage(experiment: Experiment) -> float:
    return 0.0 if experiment.sample is None else experiment.sample.coverage


def _late(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline
