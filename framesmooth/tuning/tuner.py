"""Tuning a clip from end to end: look, search on a sample, decide; the whole clip is smoothed after that."""

import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, get_args

from framesmooth.errors import UsageError
from framesmooth.events import Listener, stage
from framesmooth.frames import Frame, FrameSource
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.streams import prefetch
from framesmooth.timeline.schedule import Schedule
from framesmooth.tuning.search import (
    Experiment,
    Goal,
    SearchResult,
    SmootherConfig,
    TargetMetric,
    removable,
    search,
)
from framesmooth.tuning.segments import (
    DistinctFrames,
    Overview,
    Shot,
    choose_segments,
    look,
    read_segments,
)

_SHORTEST = 3  # frames: fewer have no frame with two neighbours


@dataclass(frozen=True)
class Part:
    """A shot, or the whole clip, with the segments that were looked at and what was found there."""

    shot: Shot
    segments: tuple[Shot, ...]
    found: SearchResult


@dataclass(frozen=True)
class Tuning:
    """What was found for a clip.

    Attributes:
        parts: the whole clip, or its shots where each has a strength of its own.
        unusable: why nothing can be smoothed; None where something can.
        trials: how many strengths were tried, over all parts.
        seconds: what looking and searching took.
    """

    parts: tuple[Part, ...]
    setup: SmootherConfig
    goal: Goal
    unusable: str | None
    trials: int
    seconds: float

    @property
    def main(self) -> Part | None:
        """The longest part; None where nothing was searched."""
        return max(self.parts, key=lambda part: len(part.shot), default=None)

    @property
    def strength(self) -> float | str:
        """The strength, or a schedule where shots differ."""
        chosen = [(part.shot.start, part.found.trial.strength) for part in self.parts]
        changes = [key for index, key in enumerate(chosen) if not index or key[1] != chosen[index - 1][1]]
        if len(changes) > 1:
            starts = [0, *(start for start, _ in changes[1:])]
            keys = zip(starts, changes, strict=True)
            return ", ".join(f"{start} hold:({strength:g})" for start, (_, strength) in keys)
        return chosen[0][1] if chosen else 0.0

    def smoother(self, clip: FrameSource) -> MotionSmoother:
        """Return the smoother that was found, for the whole clip."""
        if isinstance(self.strength, str):
            total = clip.num_frames or self.parts[-1].shot.stop
            return self.setup.smoother(Schedule.parse(self.strength, total, clip.fps))
        return self.setup.smoother(self.strength)

    @property
    def kind(self) -> str:
        """Return "tuned", "clean", "no-motion" or "impossible"; of the longest part where they differ."""
        if self.unusable is not None or self.main is None:
            return "no-motion"
        kinds = {part.found.kind for part in self.parts}
        return "tuned" if "tuned" in kinds else self.main.found.kind

    @property
    def verdict(self) -> str:
        """Return one line that says what was found, and why."""
        if self.unusable is not None or self.main is None:
            return (
                f"no usable motion: {self.unusable or 'the clip has fewer than three frames'}; left as it is"
            )
        found = self.main.found
        before, after = found.before, found.trial
        if self.kind == "no-motion":
            return f"no usable motion: only {found.coverage:.0%} of the pixels can be followed; left as it is"
        if self.kind == "clean":
            return (
                f"clean: {removable(found.trials):.1f} levels of flicker could be removed, no more than "
                "film grain has; left as it is"
            )
        if self.kind == "impossible":
            harms = "than it harms" if found.ghosts_from is None else "without dissolving what moves"
            return (
                f"not better: no strength removes more of the {before.flicker:.1f} levels of flicker "
                f"{harms}; left as it is"
            )
        sentence = (
            f"tuned: {self._told} leaves {after.flicker:.1f} of {before.flicker:.1f} levels of flicker, "
            f"detail loss {found.detail_loss:.3f}"
        )
        if self.goal.metric is not None:
            value = self.goal.value(after)
            reached = "reached" if value <= self.goal.target else "out of reach within the detail floor"
            sentence += f"; {self.goal.metric} {value:.3g}, target {self.goal.target:g} {reached}"
        if found.ghosts_from is not None:
            sentence += f"; from {found.ghosts_from:g} on, what moves dissolves"
        return f"{sentence}{'; stopped early, the best so far' if found.stopped else ''}"

    @property
    def _words(self) -> str:
        return self.strength if isinstance(self.strength, str) else f"{self.strength:g}"

    @property
    def _told(self) -> str:
        return f"{'schedule' if isinstance(self.strength, str) else 'strength'} {self._words}"

    def command(self, source: str, output: str, extra: Sequence[str] = ()) -> str:
        """Return the command line that makes the same clip."""
        words = ["framesmooth", "smooth", source, "-o", output, "--smooth-strength", self._words]
        words += [] if self.setup.method == "trajectory" else ["--smoother", self.setup.method]
        words += [] if self.setup.flow is None else ["--flow", self.setup.flow]
        return shlex.join([*words, *extra])

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        main = self.main
        return {
            "strength": self.strength,
            "method": self.setup.method,
            "flow": self.setup.flow,
            "verdict": self.verdict,
            "kind": self.kind,
            "pareto": [] if main is None else main.found.pareto,
            "shots": [
                {
                    "frames": [part.shot.start, part.shot.stop],
                    "sampled": [[segment.start, segment.stop] for segment in part.segments],
                    "strength": part.found.trial.strength,
                    "kind": part.found.kind,
                    "coverage": part.found.coverage,
                    "pareto": part.found.pareto,
                }
                for part in self.parts
            ],
            "strengths_tried": self.trials,
            "seconds": round(self.seconds, 3),
        }


def tune_clip(
    clip: FrameSource,
    emit: Listener,
    *,
    goal: Goal,
    setups: Sequence[SmootherConfig],
    per_segment: bool = False,
    budget: float | None = None,
) -> Tuning:
    """Find the strength for a clip, or for each of its shots; the clip is read twice, a sample of it held.

    Held frames are left out, as they are when the clip is smoothed.

    ``budget`` are seconds for the search.

    Raises:
        UsageError: unknown names of methods or flows.
        MediaError: unreadable frames.
    """
    started = time.monotonic()
    deadline = None if budget is None else started + budget
    with stage(emit, "look", clip.num_frames, "frames") as advance, closing(prefetch(clip)) as frames:
        pictures = DistinctFrames(_counted(frames, advance))
        overview = look(pictures)
    pictures.clip = clip
    places = _places(overview, per_segment=per_segment)
    parts: list[Part] = []
    trials = 0
    if overview.unusable is None and places:
        chosen = {
            place: choose_segments(overview, None if place == _whole(overview) else [place])
            for place in places
        }
        total = (len(setups) + 1) * sum(len(segment) for each in chosen.values() for segment in each)
        with stage(emit, "search", total, "frames") as advance:
            for place, segments in chosen.items():
                lab = Experiment(read_segments(pictures, segments), on_frames=advance)
                fixed = setups if not parts else [parts[0].found.setup]
                shown = tuple(map(pictures.frames_of, segments))
                parts.append(Part(pictures.frames_of(place), shown, search(lab, goal, fixed, deadline)))
                trials += lab.tried
    return Tuning(
        parts=tuple(parts),
        setup=parts[0].found.setup if parts else setups[0],
        goal=goal,
        unusable=overview.unusable,
        trials=trials,
        seconds=time.monotonic() - started,
    )


def _counted(frames: Iterable[Frame], advance: Callable[[int], None]) -> Iterator[Frame]:
    for frame in frames:
        yield frame
        advance(1)


def _whole(overview: Overview) -> Shot:
    return Shot(0, overview.num_frames)


def _places(overview: Overview, *, per_segment: bool) -> list[Shot]:
    """Return what gets a strength of its own: the clip, or its shots; too short ones go along with others."""
    if max(map(len, overview.shots)) < _SHORTEST:
        return []
    if not per_segment or len(overview.shots) == 1:
        return [_whole(overview)]
    return [shot for shot in overview.shots if len(shot) >= _SHORTEST]


def parse_target(text: str) -> tuple[TargetMetric, float]:
    """Return (metric, value) of "warping_error=0.5".

    Raises:
        UsageError: another metric, or no number.
    """
    written_name, _, written = text.partition("=")
    name = next((known for known in get_args(TargetMetric) if known == written_name), None)
    if name is None:
        known_names = ", ".join(get_args(TargetMetric))
        raise UsageError(f"--target {text!r}: choose one of {known_names}, as warping_error=0.5")
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise UsageError(f"--target {text!r} has no number of 0 or more: write it as {name}=0.5")
    return name, value
