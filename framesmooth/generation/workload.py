"""How much work a source has left: counts, from what is asked for and what is stored already."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from framesmooth.generation.adaptive_keyframes import most_times
from framesmooth.generation.camera_feedback import CameraFeedback
from framesmooth.generation.latent_path import Sampling
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.video_to_video import VideoToVideo

Source = PromptTravel | CameraFeedback | VideoToVideo

PLAIN_SHARE: Final = 0.5
"""What a step after the end of guidance costs, of a guided one: that takes a second evaluation."""


@dataclass(frozen=True)
class Tally:
    """Calls of a network, and the pictures that went through in all of them."""

    calls: int = 0
    pictures: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Return both together."""
        return Tally(self.calls + other.calls, self.pictures + other.pictures)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is left to do.

    Attributes:
        keyframes: frames to diffuse whole, or to draw from the one before.
        guided: denoising steps with guidance as asked, where there is any.
        plain: denoising steps after guidance has ended.
        coded: pictures to decode or encode.
        mixed: frames to be made of the pixels of two diffused ones.
        frames: frames that are not there.
    """

    keyframes: int
    guided: Tally
    plain: Tally
    coded: Tally
    mixed: int
    frames: int

    def evaluations(self, of_guided_step: float) -> int:
        """Return how often the network sees a picture, ``of_guided_step`` times in each guided step."""
        return round(of_guided_step * (self.guided.pictures + PLAIN_SHARE * self.plain.pictures))


def at_most(source: Source) -> Source:
    """Return the source as it is if it diffuses all that it may; at what pace isn't measured."""
    if not isinstance(source, PromptTravel) or not (source.bisects or source.pacing != "linear"):
        return source
    most = replace(source, bisects=False)
    vars(most)["travelled"] = most.path
    if source.bisects:
        vars(most)["key_times"] = most_times(source.path.timeline)  # in the place of those of a cadence
    return most


def workload(source: Source, is_there: Callable[[int], bool]) -> Work:
    """Count what ``source`` has to do; ``is_there`` tells which frames are made already."""
    counted = _counted(source, [batch for batch in source.batches if not all(map(is_there, batch))])
    if not source.path.cross_frame:
        return counted
    guided, plain = (Tally(one.calls, one.pictures + one.calls) for one in (counted.guided, counted.plain))
    return replace(counted, guided=guided, plain=plain)  # the first frame goes along in every call


def _counted(source: Source, batches: list[range]) -> Work:
    if isinstance(source, CameraFeedback):
        return _chained(source, batches)
    if isinstance(source, VideoToVideo):
        return _drawn_over(source, batches)
    return _travelled(source, batches)


def _travelled(source: PromptTravel, batches: list[range]) -> Work:
    sampling = source.path.sampling
    at_once = 1 if source.path.model.low_vram else sampling.batch_size
    chunks = [chunk for chunk in source.chunks if not all(time in source.store for time in chunk[0])]
    guided, plain = Tally(), Tally()
    steps = [(first, len(times)) for times, first in chunks]
    if source.inbetween == "latent" and sampling.branch_step < sampling.steps:
        paced = source.pacing != "linear"  # then no keyframes but the prompts' are shown as they are
        prompts = (time for time in range(source.num_frames) if source.path.at(time)[2] == 0)
        shown = set(prompts if paced else source.key_times)
        steps += [(sampling.branch_step, sum(time not in shown for time in batch)) for batch in batches]
    for first, pictures in steps:
        some, others = _divided(sampling, first)
        calls = ceil(pictures / at_once)
        guided += Tally(some * calls, some * pictures)
        plain += Tally(others * calls, others * pictures)
    latent = source.inbetween == "latent"
    decoded = [len(batch) if latent else 2 for batch in batches]
    return Work(
        keyframes=sum(len(times) for times, _ in chunks),
        guided=guided,
        plain=plain,
        coded=Tally(sum(ceil(count / at_once) for count in decoded), sum(decoded)),
        mixed=0 if latent else sum(len(batch) - 1 for batch in batches),
        frames=sum(map(len, batches)),
    )


def _divided(sampling: Sampling, first: int) -> tuple[int, int]:
    """Return how many of the steps from ``first`` on are guided, and how many are not."""
    left = sampling.steps - first
    if sampling.guided_steps is None or sampling.guidance.scale <= 1:
        return left, 0
    guided = max(0, sampling.guided_steps - first)
    return guided, left - guided


def _chained(source: CameraFeedback, batches: list[range]) -> Work:
    path = source.path
    left = [time for time in source.diffused_times if time not in source.store]
    over = [steps for time in left if time > 0 and (steps := source.steps_of(time))]
    whole = int(0 in left and source.first is None)
    if over:  # colours are held against those of each prompt's own picture
        whole += len({(key.prompt, key.negative) for key in path.timeline.keyframes}) - 1
    some, others = _divided(path.sampling, 0)
    guided, coded = sum(over) + whole * some, whole + _codings(source) * len(over)
    return Work(
        keyframes=len(left),
        guided=Tally(guided, guided),
        plain=Tally(whole * others, whole * others),
        coded=Tally(coded, coded),
        mixed=sum(len(batch) - 1 for batch in batches),
        frames=sum(map(len, batches)),
    )


def _drawn_over(source: VideoToVideo, batches: list[range]) -> Work:
    groups = [group for group in source.groups if not all(time in source.store for time in group)]
    drawn = [group for group in groups if source.steps_of(group[0])]
    guided, coded = Tally(), Tally()
    for group in drawn:
        calls, steps = 1 if not source.path.model.low_vram else len(group), source.steps_of(group[0])
        guided += Tally(steps * calls, steps * len(group))
        coded += Tally(_codings(source) * calls, _codings(source) * len(group))
    return Work(
        keyframes=sum(map(len, groups)),
        guided=guided,
        plain=Tally(),
        coded=coded,
        mixed=sum(len(batch) - 1 for batch in batches),
        frames=sum(map(len, batches)),
    )


def _codings(source: Source) -> int:
    """Return how many pictures are coded for one that is drawn over another."""
    return source.path.model.autoencoder.inversion + 1
